"""Single values in the spellings of other people's files.

Every function either understands a value or raises ValueError with the remedy; nothing is guessed
where two readings are possible.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from streaming.contract.records import EventKind, SalaryUnit
from streaming.importing.rows import shown

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
"""Spellings beside ISO 8601, RFC 2822 and Unix time whose day and month cannot be confused."""

_TIME_OF_DAY = re.compile(r"\d[T:]\d")
_END_OF_DAY = timedelta(days=1) - timedelta(microseconds=1)
_UNIX_MILLISECONDS = 10**11
"""Numbers from here on are milliseconds; as seconds they would lie after the year 5138."""

_UNITS = {
    SalaryUnit.HOUR: "hour hourly hours hr hur ph p/h 小时 时",
    SalaryUnit.DAY: "day daily days diem pd p/d 天 日",
    SalaryUnit.WEEK: "week weekly weeks wee wk pw p/w 周",
    SalaryUnit.MONTH: "month monthly months mon pcm pm p/m mo p1m 月",
    SalaryUnit.YEAR: "year yearly years annual annually annum ann pa p/a p.a. p1y 年",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_WORDS = re.compile(r"p/[a-z]|p\.a\.|p1[my]|[a-z]+|[\u4e00-\u9fff]+")
_LIST_ENDS = re.compile(r"[,;|、，；\n]+")  # noqa: RUF001 - Chinese commas
_LANGUAGE = re.compile(r"[a-z]{2}")


def read_time(text: str, *, end_of_day: bool = False) -> datetime:
    """Read a time in any unmistakable spelling; without a zone it is UTC.

    Understood: ISO 8601 in all its forms, "2014-11-06 11:15:51 UTC", RFC 2822, Unix seconds and
    milliseconds, and dates with the year first or the month as a word.

    Args:
        text: the time.
        end_of_day: a date without a time means its last moment (validThrough includes the day).

    Raises:
        ValueError: it cannot be read, or day and month could be confused.
    """
    clean = " ".join(text.split())
    unix = _unix(clean)
    moment = unix or _iso(clean) or _rfc2822(clean) or _spelt(clean)
    if moment is None:
        raise ValueError(f"{shown(text)} is no time; write it as 2026-01-31T09:30:00Z")
    if end_of_day and not unix and not _TIME_OF_DAY.search(clean):
        moment += _END_OF_DAY
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_number(text: str) -> float:
    """Read a number: "1200", "1,200.50", "1 200", "12e3"; anything else is an error."""
    clean = text.strip().replace("\u00a0", " ")
    if re.fullmatch(r"[+-]?\d{1,3}([, ']\d{3})+(\.\d+)?", clean):
        clean = re.sub(r"[, ']", "", clean)
    try:
        return float(clean)
    except ValueError:
        raise ValueError(f"{shown(text)} is no number; write it like 1200.50") from None


def read_whole(text: str) -> int:
    """Read a whole number."""
    number = read_number(text)
    if not number.is_integer():
        raise ValueError(f"{shown(text)} is no whole number")
    return int(number)


def find_unit(text: str) -> SalaryUnit | None:
    """Find the period a salary is paid for in "HOUR", "per annum", "£9 p/h"; None if not said."""
    words = _WORDS.findall(text.casefold())
    return next((unit for word in words if (unit := _UNIT_OF.get(word))), None)


def read_unit(text: str) -> SalaryUnit:
    """Read a salary's period; one that is not known is an error."""
    unit = find_unit(text)
    if unit is None:
        known = ", ".join(SalaryUnit)
        raise ValueError(f"{shown(text)} is no period of a salary; write one of {known}")
    return unit


def read_kind(text: str) -> EventKind:
    """Read the kind of an event, in upper or lower case."""
    try:
        return EventKind(text.strip().lower())
    except ValueError:
        known = ", ".join(EventKind)
        raise ValueError(f"{shown(text)} is no kind of event; write one of {known}") from None


def read_list(text: str) -> list[str]:
    """Split on commas, semicolons, bars and line ends, Western and Chinese; each part once."""
    parts = (" ".join(part.split()) for part in _LIST_ENDS.split(text))
    return list(dict.fromkeys(part for part in parts if part))


def read_language(text: str) -> str:
    """Read a language tag ("en", "en-GB", "zh_CN") as its ISO 639-1 code."""
    code = re.split(r"[-_]", text.strip().lower(), maxsplit=1)[0]
    if not _LANGUAGE.fullmatch(code):
        raise ValueError(f"{shown(text)} is no language; write its ISO 639-1 code, like en or zh")
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
        seconds / 1000 if seconds >= _UNIX_MILLISECONDS else seconds, tz=UTC
    )


def _rfc2822(text: str) -> datetime | None:
    if not re.match(r"([a-z]{3}, )?\d{1,2} [a-z]{3} \d{4} \d{1,2}:", text, re.IGNORECASE):
        return None
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def _spelt(text: str) -> datetime | None:
    for form in _TIME_FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - read_time adds the zone
        except ValueError:
            continue
    return None
