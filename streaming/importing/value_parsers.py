"""Parses single values in the formats of other people's files.

Every function returns a value or raises a ValueError with the remedy. An ambiguous value is an
error.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from streaming.contract.records import EventKind, SalaryUnit
from streaming.importing.rows import quote

_TIME_FORMATS = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%d %B %Y",
    "%d %b %Y",
    "%B %d, %Y",
    "%b %d, %Y",
)
"""Formats beside ISO 8601, RFC 2822 and Unix time in which day and month are unambiguous."""

_TIME_OF_DAY = re.compile(r"\d[T:]\d")
_END_OF_DAY = timedelta(days=1) - timedelta(microseconds=1)
_MIN_UNIX_MILLISECONDS = 10**11
"""Numbers from here on are milliseconds; as seconds they would be after the year 5138."""

_UNITS = {
    SalaryUnit.HOUR: "hour hourly hours hr hur ph p/h 小时 时",
    SalaryUnit.DAY: "day daily days diem pd p/d 天 日",
    SalaryUnit.WEEK: "week weekly weeks wee wk pw p/w 周",
    SalaryUnit.MONTH: "month monthly months mon pcm pm p/m mo p1m 月",
    SalaryUnit.YEAR: "year yearly years annual annually annum ann pa p/a p.a. p1y 年",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_WORDS = re.compile(r"p/[a-z]|p\.a\.|p1[my]|[a-z]+|[\u4e00-\u9fff]+")
_LIST_SEPARATORS = re.compile(r"[,;|、，；\n]+")  # noqa: RUF001 - Chinese commas
_LANGUAGE = re.compile(r"[a-z]{2}")


def parse_time(text: str, *, end_of_day: bool = False) -> datetime:
    """Parse a time in any unambiguous format; without a zone it is UTC.

    Formats: ISO 8601 in all its forms, "2014-11-06 11:15:51 UTC", RFC 2822, Unix seconds and
    milliseconds, and dates with the year first or the month as a word. With `end_of_day` a date
    without a time means the end of that day, as for validThrough.

    Raises:
        ValueError: it cannot be parsed, or day and month are ambiguous.
    """
    clean = " ".join(text.split())
    unix = _unix(clean)
    moment = unix or _iso(clean) or _rfc2822(clean) or _other_format(clean)
    if moment is None:
        raise ValueError(f"{quote(text)} is no time; write it as 2026-01-31T09:30:00Z")
    if end_of_day and not unix and not _TIME_OF_DAY.search(clean):
        moment += _END_OF_DAY
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_number(text: str) -> float:
    """Parse a number: "1200", "1,200.50", "1 200" or "12e3"."""
    clean = text.strip().replace("\u00a0", " ")
    if re.fullmatch(r"[+-]?\d{1,3}([, ']\d{3})+(\.\d+)?", clean):
        clean = re.sub(r"[, ']", "", clean)
    try:
        return float(clean)
    except ValueError:
        raise ValueError(f"{quote(text)} is no number; write it like 1200.50") from None


def parse_integer(text: str) -> int:
    """Parse a whole number."""
    number = parse_number(text)
    if not number.is_integer():
        raise ValueError(f"{quote(text)} is no whole number")
    return int(number)


def find_salary_unit(text: str) -> SalaryUnit | None:
    """Return a salary's period from "HOUR", "per annum" or "£9 p/h"; None if there is none."""
    words = _WORDS.findall(text.casefold())
    return next((unit for word in words if (unit := _UNIT_OF.get(word))), None)


def parse_salary_unit(text: str) -> SalaryUnit:
    """Parse a salary's period."""
    unit = find_salary_unit(text)
    if unit is None:
        known = ", ".join(SalaryUnit)
        raise ValueError(f"{quote(text)} is no period of a salary; write one of {known}")
    return unit


def parse_event_kind(text: str) -> EventKind:
    """Parse the kind of an event, in upper or lower case."""
    try:
        return EventKind(text.strip().lower())
    except ValueError:
        known = ", ".join(EventKind)
        raise ValueError(f"{quote(text)} is no kind of event; write one of {known}") from None


def parse_list(text: str) -> list[str]:
    """Split a text at commas, semicolons, bars and line ends; each part once."""
    parts = (" ".join(part.split()) for part in _LIST_SEPARATORS.split(text))
    return list(dict.fromkeys(part for part in parts if part))


def parse_language(text: str) -> str:
    """Parse a language tag ("en", "en-GB", "zh_CN") as its ISO 639-1 code."""
    code = re.split(r"[-_]", text.strip().lower(), maxsplit=1)[0]
    if not _LANGUAGE.fullmatch(code):
        raise ValueError(f"{quote(text)} is no language; write its ISO 639-1 code, like en or zh")
    return code


def _iso(text: str) -> datetime | None:
    iso = re.sub(r" ?(?:UTC|GMT|Z)$", "+00:00", text)
    iso = re.sub(r"(?<=\d) (?=[+-]\d{2}:?\d{2}$)", "", iso)
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return None


def _unix(text: str) -> datetime | None:
    if not re.fullmatch(r"\d{9,13}(\.\d+)?", text):
        return None
    seconds = float(text)
    return datetime.fromtimestamp(
        seconds / 1000 if seconds >= _MIN_UNIX_MILLISECONDS else seconds, tz=UTC
    )


def _rfc2822(text: str) -> datetime | None:
    if not re.match(r"([a-z]{3}, )?\d{1,2} [a-z]{3} \d{4} \d{1,2}:", text, re.IGNORECASE):
        return None
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def _other_format(text: str) -> datetime | None:
    for form in _TIME_FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - parse_time adds the zone
        except ValueError:
            continue
    return None
