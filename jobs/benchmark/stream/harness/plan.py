"""What a run of the benchmark measures and how much of it: all that must be said to repeat it."""

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from streaming.errors import SettingsError

PARTS = ("latency", "backlog", "state", "memory", "broken", "closing")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes of every part; the defaults are the promised ones."""

    parts: tuple[str, ...] = PARTS
    seed: int = 7
    """Of everything random."""
    trained: bool = True
    """Whether a trained model serves, and not the most-popular baseline."""
    epochs: int = 2
    """Of that training: the shape of the model decides how long scoring takes, not its quality."""
    rate: float = 200.0
    """Events a second of the latency part."""
    seconds: float = 180.0
    """How long its latency is measured."""
    warm_up_seconds: float = 300.0
    """How long the same rate runs before; drawn, but not counted. So long does a JVM compile what
    it has just come to know."""
    beside_seconds: float = 60.0
    """How long pass-through and chain are measured beside each other."""
    beside_warm_up_seconds: float = 30.0
    """How long before: the chain is warm by then, and the pass-through has copied everything."""
    profiles: int = 50_000
    """In state during the latency part; also the candidates of a backlog."""
    postings: int = 10_000
    """All of them open."""
    backlog: int = 500_000
    """Events."""
    quix: bool = False
    """Whether Quix Streams works the same backlog off."""
    few: int = 10_000
    """Profiles in the smaller state."""
    many: int = 1_000_000
    """Profiles in the larger state."""
    touched: int = 2_000
    """Profiles touched by a batch of the state part."""
    batches: int = 20
    """Batches measured with each state."""
    memory_rate: float = 500.0
    """Events a second of the memory part."""
    minutes: float = 30.0
    """How long the memory part lasts."""
    good: int = 200_000
    """Events that can be read, of the part with broken ones."""
    broken: int = 20_000
    """Messages that cannot."""
    closed: int = 60
    """Postings that close one after the other during the seconds of the part closing."""

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
        """Return a plan that only shows that everything works: its numbers mean little."""
        return cls(
            epochs=1, rate=50.0, seconds=10.0, warm_up_seconds=5.0, beside_seconds=5.0,
            beside_warm_up_seconds=5.0, profiles=1_000, postings=300, backlog=20_000, few=1_000,
            many=5_000, touched=200, batches=3, memory_rate=50.0, minutes=0.5, good=5_000,
            broken=500, closed=5,
        )  # fmt: skip

    def with_choices(self, **choices: Any) -> Self:
        """Return this plan with what was chosen; None leaves a size as it is."""
        return replace(self, **{name: v for name, v in choices.items() if v is not None})

    def sizes(self) -> dict[str, Any]:
        """Return every size by its name, the parts left out."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "parts"}
