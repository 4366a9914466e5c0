"""Finds when a position was held: "Jan 2019 - Mar 2021", "2019.01-至今", "since 2020"."""

# ruff: noqa: RUF001 - Chinese signs and dashes stand in texts

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from streaming.importing.parsers.times import parse_time
from streaming.importing.resumes.slices import Slice

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?:19|20)\d\d"
_NUMBER_OF_MONTH = r"(?:1[0-2]|0?[1-9])"
_DATE = "|".join(
    (
        rf"(?:\d{{1,2}}(?:st|nd|rd|th)? )?{_MONTH},? ?{_YEAR}",
        rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?, ?{_YEAR}",
        rf"{_MONTH} ?['’]\d\d",
        rf"{_YEAR} ?年(?: ?\d{{1,2}} ?月(?:底|初|份)?(?: ?\d{{1,2}} ?[日号])?)?",
        rf"{_YEAR}[-./]\d{{1,2}}[-./]\d{{1,2}}",
        rf"{_YEAR}[-./]{_NUMBER_OF_MONTH}",
        rf"\d{{1,2}}[-./]\d{{1,2}}[-./]{_YEAR}",
        rf"{_NUMBER_OF_MONTH} ?[-./] ?{_YEAR}",
        _YEAR,
    )
)
_BEFORE, _AFTER = r"(?<![^\W_])(?<!\d[-./])", r"(?!\d)(?![-./]\d)"
_DASH = "-‐‑–—―－~～〜→−"
_TO = rf" ?(?:[{_DASH}]{{1,3}}>?|至|到|\b(?:to|until|till?|through|and|bis)\b) ?"
_STILL = (
    r"(?:(?:the )?(?:present|current(?:ly)?|now|today|ongoing|to date|date)|heute)\b"
    r"|至今|迄今|现在|目前|今"
)
_RANGE = re.compile(
    rf"{_BEFORE}(?:"
    rf"(?:(?:from|between) |自|从)?(?P<first>{_DATE}){_TO}"
    rf"(?:(?P<last>{_DATE}){_AFTER}|(?:{_STILL}))"
    rf"|(?P<month>{_MONTH}){_TO}(?P<ending>{_MONTH} {_YEAR}){_AFTER}"
    rf"|(?P<from>{_YEAR}) ?[-/–] ?(?P<short>1[3-9]|[2-9]\d){_AFTER}"
    rf"|(?:\b(?:since|from)\b|自|从) ?(?P<since>{_DATE}){_AFTER}(?: ?(?:起|{_STILL}))?"
    rf"|(?P<on>{_DATE}) ?(?:起|(?:{_STILL})|[{_DASH}]{{1,2}}(?= ?$|\s*[,，|)）])))",
    re.IGNORECASE,
)
_SINGLE = re.compile(
    rf"{_BEFORE}(?P<date>{_DATE}){_AFTER}(?=\W*$)|^\W*(?P<leading>{_DATE}){_AFTER}",
    re.IGNORECASE,
)
"""A date without an end, where a line begins or ends."""
_SPACES = re.compile(r"\s")


@dataclass(frozen=True)
class DatedSlice:
    """A date in a text, as a day in UTC."""

    place: Slice
    day: datetime


@dataclass(frozen=True)
class DateRange:
    """From when until when; an end that is absent is open or unknown."""

    place: Slice
    """All of it, with the words between the dates."""
    start: DatedSlice | None
    end: DatedSlice | None


def find_dates(line: Slice, *, single: bool = False) -> DateRange | None:
    """Return the first range of dates in a line.

    A date that names a month or a year begins with its first day and ends with its last. With
    `single`, a line that begins or ends with a date has that as beginning and end. A date with two
    readings, such as 03/04/2020, is left out. So are both dates where the end is before the start.
    """
    text = _SPACES.sub(" ", line.text)  # as long as before
    if match := _RANGE.search(text):
        if match["month"]:
            year = match["ending"][-4:]
            start = _dated(line, match, "month", lambda month: f"{month} {year}")
            end = _dated(line, match, "ending", last=True)
        elif match["short"]:
            century = match["from"][:2]
            start = _dated(line, match, "from")
            end = _dated(line, match, "short", lambda short: century + short, last=True)
        else:
            begins = next(name for name in ("first", "since", "on") if match[name])
            start = _dated(line, match, begins)
            end = _dated(line, match, "last", last=True) if match["last"] else None
        if start and end and end.day < start.day:
            return DateRange(line.group(match), None, None)
        return DateRange(line.group(match), start, end)
    if single and (match := _SINGLE.search(text)):
        name = "date" if match["date"] else "leading"
        start, end = _dated(line, match, name), _dated(line, match, name, last=True)
        return DateRange(line.group(match, name), start, end)
    return None


def _dated(
    line: Slice,
    match: re.Match[str],
    name: str,
    complete: Callable[[str], str] = str,
    *,
    last: bool = False,
) -> DatedSlice | None:
    """Return a group as a date; `complete` adds what stands elsewhere, such as the year."""
    found = _days_of(complete(match[name]))
    return DatedSlice(line.group(match, name), found[last]) if found else None


def _days_of(text: str) -> tuple[datetime, datetime] | None:
    """Return the first and the last day of a date; None for one that is ambiguous or no date."""
    year = re.search(rf"(?<!\d){_YEAR}(?!\d)", text)
    words = re.findall(r"[a-z]{3,}", text.lower())
    month = next((_MONTHS.index(word[:3]) + 1 for word in words if word[:3] in _MONTHS), None)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if not year:  # Jan '19; the years from 70 on are of the last century
        short = numbers[-1]
        return _month(short + (1900 if short >= 70 else 2000), month)  # noqa: PLR2004 - POSIX
    numbers.remove(int(year[0]))
    if len(numbers) + (month is not None) >= 2:  # noqa: PLR2004 - a month and a day
        return _day(text, numbers)
    return _month(int(year[0]), month or (numbers[0] if numbers else None))


def _day(text: str, numbers: list[int]) -> tuple[datetime, datetime] | None:
    """Return a date with a day, which `parse_time` reads but where it begins with day or month."""
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", text).replace("号", "日").replace(".", "-")
    if re.match(r"\d{1,2}[-/]", text):
        month, day = sorted(numbers)
        is_clear = day > 12 or day == month  # noqa: PLR2004 - months
        text = f"{text[-4:]}-{month}-{day}" if is_clear else ""
    try:
        moment = parse_time(text.replace(" ", "") if "年" in text else text)
    except ValueError:
        return None
    return moment, moment


def _month(year: int, month: int | None) -> tuple[datetime, datetime]:
    """Return the first and last day of a month, or of a year."""
    first, last = month or 1, month or 12
    days = monthrange(year, last)[1]
    return datetime(year, first, 1, tzinfo=UTC), datetime(year, last, days, tzinfo=UTC)
