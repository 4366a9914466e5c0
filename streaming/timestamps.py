"""The canonical format of times, used in every value that careerstream writes.

`2026-01-31T09:30:00.000000Z` is RFC 3339 in UTC with exactly six decimals. So strings sort like
their times, and equal times are equal bytes.
"""

from datetime import UTC, datetime

SPARK_FORMAT = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"


def format_timestamp(moment: datetime) -> str:
    """Return an aware datetime in the canonical format; a naive one is a ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"time {moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def parse_timestamp(text: str) -> datetime:
    """Parse any RFC 3339 time; one without a zone is UTC."""
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
