"""Reads money: the one reader of salaries, for JSON-LD, CSV cells and free text."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from streaming.contract.records import SalaryUnit
from streaming.errors import quote
from streaming.importing.parsers.salary_text import MAX_RATIO, SalaryRange, read_salary
from streaming.importing.parsers.salary_tokens import parse_currency, tokenise
from streaming.importing.parsers.values import find_salary_unit

T = TypeVar("T")

_MAX_DEPTH = 6
"""Nested objects and lists that are read."""
_MAX_PARTS = 8
"""Parts of a list that are read where one value is expected."""
_MAX_NAME = 100
"""Characters of a currency or a period that are read."""
_PROPERTIES = ("currency", "minValue", "maxValue", "unitText", "unitCode")
"""What describes a value."""


def parse_salary(value: Any, currency: Any = None) -> dict[str, Any] | None:
    """Parse schema.org's baseSalary.

    Numbers in minValue, maxValue and value take precedence. Free text ("£31,365 to £37,890 pa") is
    parsed only if they are missing; its currency and period then take precedence. A text without
    an amount of money ("Competitive", "Band 6") is no salary. The value is a MonetaryAmount,
    QuantitativeValue, number, text, or a list of them, of which the first with a salary counts. The
    currency is the posting's salaryCurrency. Values of any other shape are no salary.

    Returns:
        Values of `records.Salary`, or None.
    """
    found = _parse_value(value, {"salaryCurrency": currency}, _MAX_DEPTH)
    if found is None:
        return None
    known = {
        "currency": found.currency,
        "minimum": found.minimum,
        "maximum": found.maximum,
        "unit": found.unit,
    }
    return {name: part for name, part in known.items() if part is not None}


def parse_salary_text(text: str) -> SalaryRange | None:
    """Return the first amount or range of money in a free text; None if there is none."""
    return read_salary(text)


def parse_amount(text: str) -> float:
    """Parse one amount of money: "45.000", "12,50", "€45k" or "1,234.50".

    Raises:
        ValueError: there is none, or a range or limit ("up to 50k"), or it is not positive.
    """
    found = read_salary(text, trusted=True)
    numbers = sum(token.kind == "number" for token in tokenise(text))
    if found is None or found.minimum is None or found.minimum != found.maximum or numbers != 1:
        raise ValueError(f"{quote(text)} is no amount of money; write it like 1200.50")
    return found.minimum


def _parse_value(value: Any, outer: Mapping[str, Any], depth: int) -> SalaryRange | None:
    """Parse a value within an object, whose other properties describe it."""
    if isinstance(value, list):
        parts = (_parse_value(part, outer, depth - 1) for part in value if depth)
        return next(filter(None, parts), None)
    if isinstance(value, Mapping):
        own = {name: value[name] for name in _PROPERTIES if value.get(name) not in (None, "", [])}
        inner = value.get("value") or value.get("@value")
        return _parse_value(inner, {**outer, **own}, depth - 1) if depth else None
    return _parse_fields(outer, value)


def _parse_fields(fields: Mapping[str, Any], value: Any) -> SalaryRange | None:
    """Parse minValue and maxValue; or if they make no salary, the value (no object, no list)."""
    currency = _first_text(fields, ("currency", "salaryCurrency"), parse_currency)
    unit = _first_text(fields, ("unitText", "unitCode"), find_salary_unit)

    def parse(part: Any) -> SalaryRange | None:
        found = (_parse_scalar(scalar, currency, unit) for scalar in _scalars(part))
        return next(filter(None, found), None)

    low, high = parse(fields.get("minValue")), parse(fields.get("maxValue"))
    ends = [end for end in (low, high) if end]
    if not ends:
        return parse(value)
    if len(ends) == 1 and ends[0].minimum != ends[0].maximum:
        return ends[0]  # a text with a range
    minimum = low.minimum or low.maximum if low else None
    maximum = high.maximum or high.minimum if high else None
    if minimum and maximum and minimum > maximum:
        minimum, maximum = maximum, minimum
    currencies = {end.currency for end in ends if end.currency}
    units = {end.unit for end in ends if end.unit}
    in_text = any(isinstance(fields.get(name), str) for name in ("minValue", "maxValue"))
    misread = in_text and minimum and maximum and maximum > MAX_RATIO * minimum  # "30" and "40k"
    if misread or len(currencies) > 1 or len(units) > 1:
        return parse(value)
    currency = currency if currencies <= {currency} else None
    return SalaryRange(minimum, maximum, currency, next(iter(units), None))


def _first_text(
    fields: Mapping[str, Any], names: Iterable[str], parse: Callable[[str], T | None]
) -> T | None:
    """Return what the first text that can be parsed gives."""
    scalars = (scalar for name in names for scalar in _scalars(fields.get(name)))
    found = (parse(scalar[:_MAX_NAME]) for scalar in scalars if isinstance(scalar, str))
    return next(filter(None, found), None)


def _scalars(value: Any, depth: int = 2) -> Iterator[str | float]:
    """Yield the first texts and numbers of a property of any shape."""
    if isinstance(value, Mapping):
        value = [value.get(name) for name in ("@value", "value", "name", "codeValue")]
    if isinstance(value, list):
        for part in value[:_MAX_PARTS] if depth else ():
            yield from _scalars(part, depth - 1)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield value


def _parse_scalar(
    value: str | float, given: str | None, stated: SalaryUnit | None
) -> SalaryRange | None:
    if isinstance(value, str):
        return read_salary(value, given, stated, trusted=True)
    try:
        number = float(value)
    except OverflowError:
        return None
    return SalaryRange(number, number, given, stated) if 0 < number < math.inf else None
