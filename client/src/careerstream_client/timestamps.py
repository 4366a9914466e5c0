"""The canonical format of times, used in every value that careerstream writes.

`2026-01-31T09:30:00.000000Z` is RFC 3339 in UTC with exactly six decimals. So strings sort like
their times, and equal times are equal bytes. Other people's values may hold any RFC 3339 time.

`python -m infra.client_source` copies this file from careerstream. Do not edit it.
"""

import re
from datetime import UTC, datetime, timedelta

RFC3339_PATTERN = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]((?:[01][0-9]|2[0-3]):[0-5][0-9]):([0-5][0-9]|60)"
    r"(\.[0-9]+)?([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""The syntax of RFC 3339, section 5.6. The calendar and the hour of a leap second remain to check.

Groups: date, hour and minute, second, fraction, zone.
"""

OUT_OF_RANGE_PATTERN = (
    r"^(0000"
    r"|0001-01-01(.(0|1[01]).*\+.*[1-9]|.*\+(1[2-9]|2))"
    r"|9999-12-31(.23:59:60|.(1[2-9]|2).*-.*[1-9]|.*-(1[2-9]|2)))"
)
"""Times of that syntax that are not read: they may be outside the years 1 to 9999 in UTC.

A pattern cannot subtract an offset. So on the first day no morning has an offset east of UTC, on
the last day no afternoon has one west of UTC, and neither day has such an offset of 12 hours or
more. All times that are outside are among these.
"""

_RFC3339 = re.compile(RFC3339_PATTERN)
_OUT_OF_RANGE = re.compile(OUT_OF_RANGE_PATTERN)
_CANONICAL = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
)
_FRACTION_LENGTH = len(".123456")


def format_timestamp(moment: datetime) -> str:
    """Return an aware datetime in the canonical format; a naive one is a ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"time {moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def parse_timestamp(text: str) -> datetime:
    """Parse an RFC 3339 time, in UTC.

    Decimals after the sixth are cut off. A leap second, 23:59:60 in UTC, is the second after it, as
    in POSIX time.

    Raises:
        ValueError: the text is no such time, or in `OUT_OF_RANGE_PATTERN`.
    """
    if _CANONICAL.fullmatch(text):
        return datetime.fromisoformat(text)
    match = _RFC3339.fullmatch(text)
    if match is None or _OUT_OF_RANGE.match(text):
        raise ValueError(f"{text[:60]!r} is no RFC 3339 time in the years 1 to 9999, UTC")
    date, minute, second, fraction, zone = match.groups()
    is_leap_second = second == "60"
    clock = f"{minute}:{'59' if is_leap_second else second}{(fraction or '')[:_FRACTION_LENGTH]}"
    moment = datetime.fromisoformat(f"{date}T{clock}{zone.upper()}").astimezone(UTC)
    if not is_leap_second:
        return moment
    if (moment.hour, moment.minute) != (23, 59):
        raise ValueError(f"{text[:60]!r} is a leap second, but not 23:59:60 in UTC")
    return moment + timedelta(seconds=1)


def canonical_timestamp(text: str) -> str:
    """Return an RFC 3339 time in the canonical format; a ValueError as `parse_timestamp`."""
    if _CANONICAL.fullmatch(text):
        datetime.fromisoformat(text)  # refuses 30 February
        return text
    return format_timestamp(parse_timestamp(text))
