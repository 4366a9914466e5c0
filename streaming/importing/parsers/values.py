"""Parses single values in the formats of other people's files.

Every function returns a value or raises a ValueError with the remedy. An ambiguous value is an
error.
"""

import ast
import json
import math
import re

from streaming.contract.records import EventKind, SalaryUnit
from streaming.errors import quote

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
_SEPARATORS = re.compile(r"[;|、；\n]+")  # noqa: RUF001 - Chinese semicolon
_SEPARATORS_AND_COMMAS = re.compile(r"[,;|、，；\n]+")  # noqa: RUF001 - Chinese commas
_BULLETS = re.compile(r"^[^\S\n]*[-*–•·▪◦‣][^\S\n]+", re.MULTILINE)  # noqa: RUF001 - a dash in use
_BETWEEN_TEXTS = re.compile(r"(?<=['\"])\s+(?=['\"])")
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


def parse_list(text: str, *, commas: bool = True) -> list[str]:
    """Split a text at semicolons, bars, line ends and, unless told otherwise, commas.

    A list as JSON or Python writes it (["Java", "SQL"]) gives its texts. Bullets before the parts
    go. Each part is taken once.
    """
    separators = _SEPARATORS_AND_COMMAS if commas else _SEPARATORS
    written = _written_list(text)
    parts = separators.split(_BULLETS.sub("", text)) if written is None else written
    lines = (" ".join(part.split()) for part in parts)
    return list(dict.fromkeys(line for line in lines if line))


def _written_list(text: str) -> list[str] | None:
    """Return the texts and numbers of a list in JSON, Python or NumPy; None for all else."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        try:
            # NumPy prints no commas, and Python would join the texts.
            values = ast.literal_eval(_BETWEEN_TEXTS.sub(", ", text))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    kinds = (str, int, float)
    return [str(v) for v in values if isinstance(v, kinds) and not isinstance(v, bool)]


def parse_language(text: str) -> str:
    """Parse a language tag ("en", "en-GB", "zh_CN") as its ISO 639-1 code."""
    code = re.split(r"[-_]", text.strip().lower(), maxsplit=1)[0]
    if not _LANGUAGE.fullmatch(code):
        raise ValueError(f"{quote(text)} is no language; write its ISO 639-1 code, like en or zh")
    return code
