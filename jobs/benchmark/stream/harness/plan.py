"""What a run of the stream benchmark measures, and how much of it."""

from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from streaming.errors import SettingsError

DEFAULT_PARTS = ("latency", "backlog", "state", "memory", "broken", "closing")
PARTS = (*DEFAULT_PARTS, "tuning", "matches", "turns", "pseudonyms")
"""The last four take long and run only when they are named."""


def _size(default: float, description: str, minimum: float = 1) -> Any:
    """Declare a size; the command line makes an option of its description and minimum."""
    return field(default=default, metadata={"description": description, "minimum": minimum})


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes of every part. The published numbers are measured with the defaults.

    Raises:
        SettingsError: a part is unknown, or two sizes contradict each other.
    """

    parts: tuple[str, ...] = DEFAULT_PARTS
    trained: bool = True
    """Whether a trained model serves instead of the most-popular baseline."""
    quix: bool = False
    """Whether Quix Streams processes the same backlog."""
    seed: int = _size(7, "Seed of everything random.", minimum=0)
    # The time of scoring depends on the model's shape and not on its quality: two epochs do.
    epochs: int = _size(2, "Epochs of the training.")
    rate: float = _size(200.0, "Events a second of the latency part.")
    seconds: float = _size(180.0, "Seconds of the latency part that are measured.")
    # The JVM compiles the code paths of a new load for minutes.
    warm_up_seconds: float = _size(
        300.0, "Seconds at the same rate before the latency is measured.", minimum=0
    )
    beside_seconds: float = _size(
        60.0, "Seconds that chain and pass-through are measured at the same time."
    )
    beside_warm_up_seconds: float = _size(
        30.0, "Seconds before chain and pass-through are measured.", minimum=0
    )
    profiles: int = _size(50_000, "Profiles in state, and candidates of a backlog.")
    postings: int = _size(10_000, "Open postings.")
    backlog: int = _size(500_000, "Events of the backlog.")
    few: int = _size(10_000, "Profiles in the smaller state.", minimum=2)
    many: int = _size(1_000_000, "Profiles in the larger state.", minimum=2)
    touched: int = _size(2_000, "Profiles that each batch of the state part changes.")
    batches: int = _size(20, "Batches measured with each state.")
    memory_rate: float = _size(500.0, "Events a second of the memory part.")
    minutes: float = _size(30.0, "Minutes of the memory part.", minimum=0.1)
    good: int = _size(200_000, "Readable events of the part broken.")
    broken: int = _size(20_000, "Unreadable messages of the part broken.", minimum=15)
    closed: int = _size(60, "Postings that close during the seconds of the part closing.")
    match_rate: float = _size(20.0, "Events a second of the part matches.")
    withdrawn: int = _size(20, "Candidates of the part matches who withdraw their consent.")
    turn_rate: float = _size(5.0, "Turns of conversations a second of the part turns.")
    pairs: int = _size(
        6,
        "Alternating pairs of runs: of pseudonyms, and of each private part of the part tuning.",
        minimum=2,
    )
    tuning_backlog: int = _size(40_000, "Events that each of these runs processes.")
    tuning_profiles: int = _size(5_000, "Candidates of these runs.")
    tuning_seconds: float = _size(12.0, "Seconds of such a run that are measured.")
    tuning_warm_up_seconds: float = _size(
        10.0, "Seconds at the same rate before that in each of these runs.", minimum=0
    )

    def __post_init__(self) -> None:
        unknown = [part for part in self.parts if part not in PARTS]
        if unknown or not self.parts:
            raise SettingsError(
                f"there is no part {', '.join(map(repr, unknown)) or 'to measure'}; "
                f"choose among: {', '.join(PARTS)}"
            )
        if self.many <= self.few:
            raise SettingsError(
                f"--many {self.many:,} is not more than --few {self.few:,}; give more of them"
            )
        if 2 * self.touched > self.few:
            raise SettingsError(
                f"--touched {self.touched:,} is more than half of --few {self.few:,}; "
                "each batch touches a candidate once: give fewer, or a larger state"
            )

    @classmethod
    def quick(cls) -> Self:
        """Return a small plan that shows that everything works. Its numbers mean little."""
        return cls(
            epochs=1, rate=50.0, seconds=10.0, warm_up_seconds=5.0, beside_seconds=5.0,
            beside_warm_up_seconds=5.0, profiles=1_000, postings=300, backlog=20_000, few=1_000,
            many=5_000, touched=200, batches=3, memory_rate=50.0, minutes=0.5, good=5_000,
            broken=500, closed=5, withdrawn=5, pairs=2, tuning_backlog=500, tuning_profiles=100,
            tuning_seconds=2.0, tuning_warm_up_seconds=1.0,
        )  # fmt: skip

    def with_choices(self, **choices: Any) -> Self:
        """Return a plan with other values; None keeps the value of this plan."""
        return replace(self, **{name: v for name, v in choices.items() if v is not None})

    def warm_up_count(self, rate: float) -> int:
        """Return the events of the warm-up at so many a second."""
        return round(self.warm_up_seconds * rate)

    def count(self, rate: float) -> int:
        """Return the events of the warm-up and of what is measured."""
        return self.warm_up_count(rate) + round(self.seconds * rate)

    def sizes(self) -> dict[str, Any]:
        """Return every value by its name, without the parts."""
        return {
            each.name: getattr(self, each.name) for each in fields(self) if each.name != "parts"
        }
