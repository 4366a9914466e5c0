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

LATIN = "a-z\u00df-\u00f6\u00f8-\u024f\u0400-\u04ff"
"""Letters of words with gaps between them (Latin and Cyrillic), as a class of a regex."""

UNIT_NOUNS = {
    SalaryUnit.HOUR: "hours?|hrs?|h|stunden?|std|heures?|horas?|or[ae]|uur|小时|小時|时|時",
    SalaryUnit.DAY: "days?|diem|tage?|jours?|d[ií]as?|giorn[oi]|dag|天|日",
    SalaryUnit.WEEK: "weeks?|wks?|wochen?|semaines?|semanas?|settiman[ae]|周|週",
    SalaryUnit.MONTH: "months?|mo|mth|monate?|mois|m[eê]s(?:es)?|mes[ei]|maand|月",
    SalaryUnit.YEAR: "years?|yrs?|annum|jahre?|ann[ée]es?|a[ñn]os?|ann[oi]|jaar|年",
}
"""What follows "per" or a count ("40 hours"), as regexes."""
UNIT_PHRASES = {
    SalaryUnit.HOUR: r"hourly|p[./]?h\.?",
    SalaryUnit.DAY: r"daily|day ?rate|p[./]?d\.?",
    SalaryUnit.WEEK: r"weekly|p[./]?w\.?",
    SalaryUnit.MONTH: r"monthly|p\.?c\.?m\.?|p[./]?m\.?|monatlich",
    SalaryUnit.YEAR: r"yearly|annual(?:ly)?|p[./]?a\.?|jährlich|(?:par |/ ?)an",
}
"""What says the period by itself, as regexes."""
_UNIT_CODES = {
    SalaryUnit.HOUR: "hur|pt1h",
    SalaryUnit.DAY: "p1d",
    SalaryUnit.WEEK: "wee|wk|p1w",
    SalaryUnit.MONTH: "mon|p1m",
    SalaryUnit.YEAR: "ann|p1y",
}
"""Codes of UN/CEFACT and ISO 8601."""
_UNIT = re.compile(
    rf"(?<![{LATIN}])(?<!bi[- ])(?<!semi[- ])(?:"
    + "|".join(
        f"(?P<{unit}>{UNIT_NOUNS[unit]}|{UNIT_PHRASES[unit]}|{_UNIT_CODES[unit]})"
        for unit in SalaryUnit
    )
    + rf")(?![{LATIN}])",
    re.IGNORECASE,
)
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
    match = _UNIT.search(text)
    return SalaryUnit(str(match.lastgroup)) if match else None


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
