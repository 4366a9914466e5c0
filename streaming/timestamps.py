"""Times as they stand in every value careerstream writes.

One format, `2026-01-31T09:30:00.000000Z`: RFC 3339 in UTC with exactly six decimals, so that the
order of the strings is the order of the times and equal times are equal bytes.
"""

from datetime import UTC, datetime

SPARK_FORMAT = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"


def to_text(moment: datetime) -> str:
    """Write an aware datetime in the canonical format; a naive one is an error."""
    if moment.tzinfo is None:
        raise ValueError(f"time {moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def from_text(text: str) -> datetime:
    """Read any RFC 3339 time; one without a zone is taken as UTC."""
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
