"""Parses salaries of schema.org postings: MonetaryAmount, QuantitativeValue, and free text."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from streaming.contract.records import SalaryUnit
from streaming.importing.value_parsers import find_salary_unit, parse_number

_SYMBOLS = {"£": "GBP", "€": "EUR", "$": "USD", "¥": "CNY", "￥": "CNY", "₹": "INR", "RMB": "CNY"}
_SIGN = r"[£€$¥￥₹]|\b(?:GBP|EUR|USD|CNY|RMB|INR|JPY|CHF|AUD|CAD|SGD|HKD|NZD|SEK|NOK|DKK|PLN|ZAR)\b"
_NUMBER = r"\d{1,3}(?:[,.' \u00a0]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"


def _amount(which: str) -> str:
    """Return the pattern of one amount of money; the names of its groups end in `which`."""
    return (
        rf"(?P<before{which}>{_SIGN})?\s*(?P<number{which}>{_NUMBER})(?![\d%])"
        rf"\s*(?P<thousand{which}>k\b)?\s*(?P<after{which}>{_SIGN})?"
    )


_MONEY = re.compile(
    rf"(?<![\d.,]){_amount('1')}(?:\s*(?:[-–—~]|\bto\b|\band\b|\bbis\b)\s*{_amount('2')})?",  # noqa: RUF001 - dashes in use
    re.IGNORECASE,
)
# What follows is paid in addition: "£17 per hour + £4,000 bonus".
_EXTRAS = re.compile(r"\+|\bplus\b|\brising\b|\(", re.IGNORECASE)
_UP_TO = re.compile(r"\b(?:up ?to|max(?:imum)?|bis)\W*$", re.IGNORECASE)
_FROM = re.compile(r"\b(?:from|min(?:imum)?|at least|ab)\W*$", re.IGNORECASE)
_MIN_WITHOUT_CURRENCY = 10_000
"""A number without a currency counts as a salary from here on, or if its thousands are separated.
Smaller ones are pay bands, hours or years."""


@dataclass(frozen=True)
class SalaryRange:
    """A range of money; each part may be unknown."""

    minimum: float | None
    maximum: float | None
    currency: str | None = None
    unit: SalaryUnit | None = None


def parse_salary(value: Any, currency: str | None = None) -> dict[str, Any] | None:
    """Parse schema.org's baseSalary.

    Numbers in minValue, maxValue and value take precedence. Free text ("£31,365 to £37,890 pa") is
    parsed only if they are missing; its currency and period then take precedence. A text without
    an amount of money ("Competitive", "Band 6") is no salary. The value is a MonetaryAmount,
    QuantitativeValue, number, text, or a list of them, of which the first with a salary counts. The
    currency is the posting's salaryCurrency.

    Returns:
        Values of `records.Salary`, or None.
    """
    for part in value if isinstance(value, list) else [value]:
        if salary := _parse_part(part, currency):
            return salary
    return None


def _parse_part(value: Any, currency: str | None) -> dict[str, Any] | None:
    outer = value if isinstance(value, Mapping) else {}
    inner = outer.get("value", value)
    inner = inner[0] if isinstance(inner, list) and inner else inner
    # minValue may be in the MonetaryAmount itself or in the QuantitativeValue within.
    fields = {**outer, **inner} if isinstance(inner, Mapping) else {**outer, "value": inner}
    amounts = _range(fields)
    if amounts is None:
        return None
    stated = fields.get("unitText") or fields.get("unitCode")
    named = fields.get("currency") or currency
    known = {
        "currency": amounts.currency or (str(named).strip().upper() if named else None),
        "minimum": amounts.minimum,
        "maximum": amounts.maximum,
        "unit": amounts.unit or (find_salary_unit(str(stated)) if stated else None),
    }
    return {name: part for name, part in known.items() if part is not None}


def _range(fields: Mapping[str, Any]) -> SalaryRange | None:
    low, high = _number(fields.get("minValue")), _number(fields.get("maxValue"))
    if low is not None or high is not None:
        return _ordered(low, high)
    text = str(fields.get("value") or "")
    return parse_salary_text(text) or _ordered(_number(text), _number(text))


def parse_salary_text(text: str) -> SalaryRange | None:
    """Return the first amount or range of money in a free text; None if there is none."""
    head = _EXTRAS.split(text.lstrip(" ("), maxsplit=1)[0]
    match = next(filter(_is_money, _MONEY.finditer(head)), None)
    if match is None:
        return None
    low, high = _value(match, "1"), _value(match, "2") if match["number2"] else None
    if high is not None and match["thousand2"] and not match["thousand1"] and low < high / 100:
        low *= 1000  # "30-40k": the k belongs to both
    before = head[: match.start()]
    amounts = _ordered(
        None if high is None and _UP_TO.search(before) else low,
        high or (None if _FROM.search(before) else low),
    )
    unit = find_salary_unit(head[match.end() :])
    return amounts and replace(amounts, currency=_currency(match), unit=unit)


def _is_money(match: re.Match[str]) -> bool:
    signs = ("before1", "after1", "before2", "after2", "thousand1", "thousand2")
    separated = re.search(r"[,.' ]\d{3}", match["number1"])
    return (
        any(match[sign] for sign in signs)
        or bool(separated)
        or (_value(match, "1") >= _MIN_WITHOUT_CURRENCY)
    )


def _value(match: re.Match[str], which: str) -> float:
    """Return the amount; the last separator before one or two digits is the decimal point."""
    whole, _, decimals = re.sub(r"[.,](\d{1,2})$", r"|\1", match[f"number{which}"]).partition("|")
    digits = re.sub(r"\D", "", whole)
    return float(f"{digits}.{decimals or 0}") * (1000 if match[f"thousand{which}"] else 1)


def _currency(match: re.Match[str]) -> str | None:
    signs = (match[name] for name in ("before1", "after1", "before2", "after2"))
    sign = next(filter(None, signs), "").upper()
    return _SYMBOLS.get(sign, sign) or None


def _number(value: Any) -> float | None:
    """Return a number or the number in a text ("£31,365"); None if it is not positive."""
    try:
        number = float(value) if isinstance(value, int | float) else parse_number(str(value))
    except ValueError:
        amounts = parse_salary_text(str(value))
        return (amounts.minimum or amounts.maximum) if amounts else None
    return number if 0 < number < math.inf else None


def _ordered(low: float | None, high: float | None) -> SalaryRange | None:
    if low is None and high is None:
        return None
    if low is not None and high is not None:
        low, high = min(low, high), max(low, high)
    return SalaryRange(low, high)
