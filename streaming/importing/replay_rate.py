"""The rate at which a file is replayed."""

import re
from dataclasses import dataclass
from typing import Self

from streaming.errors import InputError


@dataclass(frozen=True, kw_only=True)
class ReplayRate:
    """Says when each row is due; by default as fast as the broker takes them."""

    speed: float | None = None
    """Seconds of event time per second of real time."""
    rate: float | None = None
    """Maximum rows per second."""

    @classmethod
    def parse(cls, speed: str = "max", rate: str | None = None) -> Self:
        """Parse the flags: `--speed 60x` or `--speed max`, and `--rate 200/s`.

        Raises:
            InputError: they are malformed, or not above zero.
        """
        return cls(
            speed=None if speed.strip().lower() == "max" else _positive("--speed", speed, "x"),
            rate=None if rate is None else _positive("--rate", rate, "/s"),
        )

    def due(self, index: int, elapsed: float) -> float:
        """Return when a row is due, in seconds after the start.

        It does not depend on when the row before was sent, so delays do not add up.

        Args:
            index: of the row, from 0.
            elapsed: seconds of event time since the first row.
        """
        by_time = elapsed / self.speed if self.speed else 0.0
        by_count = index / self.rate if self.rate else 0.0
        return max(by_time, by_count)


def _positive(flag: str, text: str, unit: str) -> float:
    match = re.fullmatch(rf"(\d+(?:\.\d+)?)\s*(?:{re.escape(unit)})?", text.strip().lower())
    number = float(match[1]) if match else 0.0
    if number <= 0:
        example = "60x, or max" if unit == "x" else "200/s"
        raise InputError(f"{flag} {text} is no number above zero; write {flag} {example}")
    return number
