"""Parses how long something takes: ISO 8601 durations and plain words."""

import re

from streaming.errors import quote
from streaming.importing.parsers.values import parse_number

_DAY = 8.0
"""Hours of study of a day; a week has five days, a month four weeks."""
_HOURS = {
    "minute": 1 / 60,
    "min": 1 / 60,
    "hour": 1.0,
    "hr": 1.0,
    "h": 1.0,
    "day": _DAY,
    "week": 5 * _DAY,
    "month": 20 * _DAY,
    "year": 240 * _DAY,
}
_ISO = re.compile(
    r"P(?:(?P<year>[\d.]+)Y)?(?:(?P<month>[\d.]+)M)?(?:(?P<week>[\d.]+)W)?(?:(?P<day>[\d.]+)D)?"
    r"(?:T(?:(?P<hour>[\d.]+)H)?(?:(?P<minute>[\d.]+)M)?(?:[\d.]+S)?)?",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"(?P<number>[\d.]+)\s*(?P<unit>[a-z]+?)s?\.?", re.IGNORECASE)


def parse_hours(text: str) -> float:
    """Return hours of study of 'PT20H', '3 weeks', '90 min' or '12'; a day has 8, a week 40.

    Raises:
        ValueError: it is none of these.
    """
    clean = text.strip()
    plain, iso = _PLAIN.fullmatch(clean), _ISO.fullmatch(clean)
    if plain and plain["unit"].lower() in _HOURS:
        return parse_number(plain["number"]) * _HOURS[plain["unit"].lower()]
    if iso and any(iso.groupdict().values()):
        parts = iso.groupdict().items()
        return sum(parse_number(number) * _HOURS[unit] for unit, number in parts if number)
    try:
        return parse_number(clean)
    except ValueError:
        raise ValueError(
            f"{quote(text)} is no duration; write hours, or like PT20H or 3 weeks"
        ) from None
