"""Reads times in the formats of other people's files: one reader for CSV, JSON and JSON-LD.

A time that could mean two things is refused: 03/04/2020, and 202512310930, which is a date or Unix
milliseconds.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from streaming.errors import quote
from streaming.timestamps import parse_timestamp

_DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%d %B %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%B %d %Y",
    "%b %d %Y",
)
"""The year first, or the month as a word."""

_TIME_OF_DAY = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2})?$", re.IGNORECASE)
_CLOCK = r"\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d+)?)?)?"
_ISO = re.compile(
    rf"(?P<date>\d{{4}}-\d{{2}}-\d{{2}}|\d{{8}}|\d{{4}}-?W\d{{2}}-?\d)(?:[ T](?P<time>{_CLOCK}))?"
    # No zone is further than 14 hours from UTC: "09:00-17:00" is a span.
    r" ?(?P<zone>Z|UTC|GMT|[+-](?:0\d|1[0-4]):\d{2}|(?(time)[+-](?:0\d|1[0-4])(?:\d{2})?|Z))?",
    re.IGNORECASE,
)
_ZONES = {"UTC": "Z", "GMT": "Z"}
_RFC_2822 = re.compile(
    r"(?:[a-z]{3}, ?)?\d{1,2} [a-z]{3} \d{4} \d{1,2}:\d{2}(?::\d{2})?(?: (?:GMT|UTC?|[+-]\d{4}))?",
    re.IGNORECASE,
)
_UNIX_SECONDS, _UNIX_MILLISECONDS = r"\d{9,10}", r"\d{13}"
_END_OF_DAY = timedelta(days=1) - timedelta(microseconds=1)
_REMEDY = "write it as 2026-01-31T09:30:00Z"


def parse_time(text: str, *, end_of_day: bool = False) -> datetime:
    """Parse a time in any unambiguous format, as UTC; without a zone it is UTC.

    Formats: ISO 8601, dates with a zone (xsd:date), "2014-11-06 11:15:51 UTC", RFC 2822, digits as
    20260131, 20260131093000, Unix seconds (9 or 10 digits) or milliseconds (13), and dates with the
    year first or the month as a word. With `end_of_day` a date without a time means the end of that
    day, as for validThrough.

    Raises:
        ValueError: it cannot be parsed, is ambiguous, or lies outside the years 1 to 9999 in UTC.
    """
    clean = " ".join(unicodedata.normalize("NFKC", text).split())
    try:
        for parse in _FORMATS:
            if found := parse(clean):
                moment, is_date = found
                if is_date and end_of_day:
                    moment += _END_OF_DAY
                return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{quote(text)} is outside the years 1 to 9999 in UTC") from None
    except ValueError:  # such as day 31 of February
        pass
    raise ValueError(f"{quote(text)} is no time, or an ambiguous one; {_REMEDY}")


_Found = tuple[datetime, bool]
"""A time, and whether it is a date without a time of day."""


def _rfc_3339(text: str) -> _Found | None:
    try:
        return parse_timestamp(text), False
    except ValueError:
        return None


def _digits(text: str) -> _Found | None:
    if re.fullmatch(rf"{_UNIX_SECONDS}(?:\.\d+)?", text):
        return datetime.fromtimestamp(float(text), tz=UTC), False
    if re.fullmatch(rf"{_UNIX_MILLISECONDS}(?:\.\d+)?", text):
        return datetime.fromtimestamp(float(text) / 1000, tz=UTC), False
    if re.fullmatch(r"\d{14}", text):
        return datetime.strptime(text, "%Y%m%d%H%M%S"), False  # noqa: DTZ007 - parse_time adds the zone
    return None


def _iso(text: str) -> _Found | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    zone = (match["zone"] or "").upper()
    iso = f"{match['date'].upper()}T{match['time'] or '00:00'}{_ZONES.get(zone, zone)}"
    return datetime.fromisoformat(iso), match["time"] is None


def _rfc_2822(text: str) -> _Found | None:
    return (parsedate_to_datetime(text), False) if _RFC_2822.fullmatch(text) else None


def _other_format(text: str) -> _Found | None:
    time = _TIME_OF_DAY.search(text)
    date = text[: time.start()] if time else text
    for form in _DATE_FORMATS:
        try:
            day = datetime.strptime(date, form)  # noqa: DTZ007 - parse_time adds the zone
        except ValueError:
            continue
        if time is None:
            return day, True
        hour, minute, second = (*map(int, time[0][1:].split(":")), 0)[:3]
        return day.replace(hour=hour, minute=minute, second=second), False
    return None


_FORMATS: tuple[Callable[[str], _Found | None], ...] = (
    _rfc_3339,
    _digits,
    _iso,
    _rfc_2822,
    _other_format,
)
