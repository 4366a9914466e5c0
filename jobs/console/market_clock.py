"""The time of the market: that of the wall, unless a market of another time is replayed."""

import threading
import time
from datetime import UTC, datetime, timedelta

from streaming.timestamps import format_timestamp, parse_timestamp

_PRESENT = timedelta(days=1)
"""A market whose newest time is no older is one of the present."""


class MarketClock:
    """Tells the time at which something is done in the console.

    A simulated or replayed market has a time of its own: its newest record. What is done now comes
    after that record, and not years later, when all postings have expired.
    """

    def __init__(self) -> None:
        self._newest, self._seen_at = "", time.monotonic()
        self._lock = threading.Lock()

    def see(self, as_of: str) -> None:
        """Take note of the canonical time of a record."""
        with self._lock:
            if as_of > self._newest:
                self._newest, self._seen_at = as_of, time.monotonic()

    def now(self) -> datetime:
        """Return the present time of the market."""
        real = datetime.now(tz=UTC)
        with self._lock:
            newest, elapsed = self._newest, time.monotonic() - self._seen_at
        if not newest or (newest_time := parse_timestamp(newest)) > real - _PRESENT:
            return real
        return min(real, newest_time + timedelta(seconds=elapsed, microseconds=1))

    def moment_of(self, as_of: str) -> str:
        """Return the time at which a list of that time is looked at, canonical.

        A list of the present is looked at now, so that what has expired since is left out.
        """
        real = datetime.now(tz=UTC)
        if parse_timestamp(as_of) < real - _PRESENT:
            return as_of
        return format_timestamp(real)
