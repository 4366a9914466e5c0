"""The configuration of a simulated market: size, length and composition."""

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
    """Everything a market depends on. Equal configurations give equal bytes.

    Raises:
        SettingsError: a value is of the wrong type or outside its limits.
    """

    candidates: int = 1_200
    """People looking for work."""
    postings: int = 8_000
    """Advertised positions, posted evenly over four weeks before `start` and over `days`."""
    events_per_candidate: float = 14.0
    """Mean number of events over `days`, impressions aside; activity varies between candidates."""
    days: int = 60
    """Number of days with events."""
    more_days: int = 0
    """Further days, with as many postings and events a day. The records of the first `days` do not
    change by a byte."""
    start: datetime = datetime(2025, 1, 6, tzinfo=UTC)
    """When the first day begins."""
    seed: int = 7
    share_chinese: float = 0.65
    """Share of Chinese candidates and postings; the others are English."""
    occupations: int = len(OCCUPATIONS)
    """How many occupations the market has: the first ones of `occupations()`."""
    impressions: float = 0.0
    """Share of the postings shown but not opened that become impression events."""

    def __post_init__(self) -> None:
        for name, (low, high) in _LIMITS.items():
            _check_number(name, getattr(self, name), low, high)
        _check_start(self.start)

    @property
    def total_days(self) -> int:
        """All days with events."""
        return self.days + self.more_days


def _check_number(name: str, value: object, low: float, high: float) -> None:
    types = (int, float) if name in _FRACTIONS else (int,)
    what = "a number" if name in _FRACTIONS else "a whole number"
    # `not (low <= value <= high)` also refuses NaN.
    if isinstance(value, bool) or not isinstance(value, types) or not (low <= value <= high):
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
