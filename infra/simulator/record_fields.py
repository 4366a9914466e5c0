"""Fields that all simulated records share: ids, times and the source."""

from datetime import UTC, datetime

from streaming.timestamps import format_timestamp

SOURCE = "simulator"
"""The source that every simulated record names."""

_MICROS_PER_SECOND = 1_000_000


def posting_id(number: int) -> str:
    """Return the id of a posting."""
    return f"p{number:06d}"


def candidate_id(number: int) -> str:
    """Return the id of a candidate."""
    return f"c{number:06d}"


def event_id(number: int) -> str:
    """Return the id of an event."""
    return f"e{number:09d}"


def time_text(micros: int) -> str:
    """Write microseconds since 1970 in the canonical format."""
    seconds, rest = divmod(int(micros), _MICROS_PER_SECOND)
    return format_timestamp(datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest))
