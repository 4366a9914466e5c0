"""How large a simulated market is, how long it runs and what it is made of."""

from dataclasses import dataclass
from datetime import UTC, datetime

from infra.simulator.vocabulary.occupations import OCCUPATIONS
from streaming.errors import SettingsError

_LIMITS: dict[str, tuple[float, float]] = {
    "candidates": (0, 5_000_000),
    "postings": (0, 2_000_000),
    "events_per_candidate": (0, 100_000),
    "days": (1, 3_650),
    "more_days": (0, 3_650),
    "seed": (0, 2**63 - 1),
    "share_chinese": (0, 1),
    "occupations": (1, len(OCCUPATIONS)),
    "impressions": (0, 1),
}
_FRACTIONS = ("events_per_candidate", "share_chinese", "impressions")
_FIRST_YEAR, _LAST_YEAR = 1971, 2200


@dataclass(frozen=True, kw_only=True)
class MarketConfig:
    """Everything a market depends on: equal configurations give equal bytes.

    Raises:
        SettingsError: a value is of the wrong type or outside its limits.
    """

    candidates: int = 1_200
    """People looking for work."""
    postings: int = 8_000
    """Advertised positions, posted evenly over four weeks before `start` and over `days`."""
    events_per_candidate: float = 14.0
    """Mean number of events other than impressions over `days`; some do much more, some little."""
    days: int = 60
    """How long the market is watched."""
    more_days: int = 0
    """Days that the market goes on after `days`, with as many postings and events a day as before.
    All records of the first `days` stay as they are, byte for byte."""
    start: datetime = datetime(2025, 1, 6, tzinfo=UTC)
    """When the first day begins."""
    seed: int = 7
    """Of everything random."""
    share_chinese: float = 0.65
    """Share of candidates, and of postings, that are Chinese; the others are English."""
    occupations: int = len(OCCUPATIONS)
    """How many of the occupations there are, taken from the head of `occupations()`."""
    impressions: float = 0.0
    """Share of the postings shown but not opened that become events of kind impression."""

    def __post_init__(self) -> None:
        for name, (low, high) in _LIMITS.items():
            _check_number(name, getattr(self, name), low, high)
        _check_start(self.start)

    @property
    def total_days(self) -> int:
        """Days with events."""
        return self.days + self.more_days


def _check_number(name: str, value: object, low: float, high: float) -> None:
    kinds = (int, float) if name in _FRACTIONS else (int,)
    what = "a number" if name in _FRACTIONS else "a whole number"
    # note: `not (low <= value <= high)` also refuses nan
    if isinstance(value, bool) or not isinstance(value, kinds) or not (low <= value <= high):
        raise SettingsError(
            f"the simulator's {name} is {value!r}; give {what} from {low:,} to {high:,}"
        )


def _check_start(start: object) -> None:
    if not isinstance(start, datetime) or start.tzinfo is None:
        raise SettingsError(f"the simulator's start is {start!r}; give a datetime with a time zone")
    if not _FIRST_YEAR <= start.year <= _LAST_YEAR:
        raise SettingsError(
            f"the simulator's start is in the year {start.year}; "
            f"give one from {_FIRST_YEAR} to {_LAST_YEAR}"
        )
