"""Parses single values in the formats of other people's files.

Every function returns a value or raises a ValueError with the remedy. An ambiguous value is an
error.
"""

import ast
import math
import re

from streaming.contract.records import EventKind, SalaryUnit
from streaming.errors import quote

_UNITS = {
    SalaryUnit.HOUR: "hour hourly hours hr hur ph p/h 小时 时",
    SalaryUnit.DAY: "day daily days diem pd p/d 天 日",
    SalaryUnit.WEEK: "week weekly weeks wee wk pw p/w 周",
    SalaryUnit.MONTH: "month monthly months mon pcm pm p/m mo p1m 月",
    SalaryUnit.YEAR: "year yearly years annual annually annum ann pa p/a p.a. p1y 年",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_WORDS = re.compile(r"p/[a-z]|p\.a\.|p1[my]|[a-z]+|[\u4e00-\u9fff]+")
_SEPARATORS = re.compile(r"[;|、；\n]+")  # noqa: RUF001 - Chinese semicolon
_SEPARATORS_AND_COMMAS = re.compile(r"[,;|、，；\n]+")  # noqa: RUF001 - Chinese commas
_LANGUAGE = re.compile(r"[a-z]{2}")


def parse_number(text: str) -> float:
    """Parse a number: "1200", "1,200.50", "1 200" or "12e3"."""
    clean = text.strip().replace("\u00a0", " ")
    if re.fullmatch(r"[+-]?\d{1,3}([, ']\d{3})+(\.\d+)?", clean):
        clean = re.sub(r"[, ']", "", clean)
    try:
        number = float("" if "_" in clean else clean)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{quote(text)} is no number; write it like 1200.50")
    return number


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


def parse_list(text: str, *, commas: bool = True) -> list[str]:
    """Split a text at semicolons, bars, line ends and, unless told otherwise, commas.

    A list as JSON or Python writes it (["Java", "SQL"]) gives its texts. Each part is taken once.
    """
    separators = _SEPARATORS_AND_COMMAS if commas else _SEPARATORS
    written = _written_list(text)
    parts = separators.split(text) if written is None else written
    lines = (" ".join(part.split()) for part in parts)
    return list(dict.fromkeys(line for line in lines if line))


def _written_list(text: str) -> list[str] | None:
    """Return the texts and numbers of a list in JSON or Python; None for everything else."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        values = ast.literal_eval(text)  # reads JSON, too, but for its constants
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return [str(value) for value in values if isinstance(value, str | int | float)]


def parse_language(text: str) -> str:
    """Parse a language tag ("en", "en-GB", "zh_CN") as its ISO 639-1 code."""
    code = re.split(r"[-_]", text.strip().lower(), maxsplit=1)[0]
    if not _LANGUAGE.fullmatch(code):
        raise ValueError(f"{quote(text)} is no language; write its ISO 639-1 code, like en or zh")
    return code
