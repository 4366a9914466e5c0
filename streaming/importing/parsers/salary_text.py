"""Reads the salary in a free text: "£31,365 to £37,890 pa", "45.000 € im Jahr", "1.5-2万/月".

A text is cut into tokens (`tokens`), which are read from left to right. In this grammar
{ } repeats, [ ] may be absent, and all other names are kinds of tokens::

    salary  = { context } amount [ link amount ]
    context = currency | period | minimum | maximum | until | pay | to | word
    amount  = { currency } number [ multiplier ] { currency | period | or_more | or_less | pay }
    link    = ( to | until | maximum ) { to | until | maximum }

    "Salary up to £35k pa"    pay, maximum, currency, number, multiplier, period
    "1.5-2万/月"              number, to, number, multiplier, period

Fillers and marks may stand everywhere. The first amount that is money counts: it has a currency,
a multiplier or groups of thousands, or is large for its period; "Band 6" and "3 years" are none.
What follows a plus is paid in addition, so an `extra` ends the salary. A text that contradicts
itself ("$50 - €60") has no salary: a missing one misleads nobody.
"""

import math
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from streaming.contract.records import SalaryUnit
from streaming.importing.parsers.salary_tokens import (
    FACTORS,
    INDIAN_ONLY,
    ISO_4217,
    Candidates,
    Token,
    choose_currency,
    currency_candidates,
    read_number,
    tokenise,
)
from streaming.importing.parsers.values import find_salary_unit

_ONE_GROUP = re.compile(r"\d{1,3}[.,]\d{3}")
MAX_RATIO = 100
"""A range in a text whose ends differ by a larger factor is misread ("45-50.000")."""
_MAX_WITHOUT_CURRENCY = 10_000_000
"""Numbers without a currency from here on are dates, ids or telephone numbers."""
_MIN_WITHOUT_CURRENCY = 10_000
"""Numbers without currency and period count from here on. Smaller ones are years or hours."""
_MIN_OF_PAY = 3_000
"""The same beside a word like "salary"."""
_MIN_OF_UNIT = {
    SalaryUnit.HOUR: 1,
    SalaryUnit.DAY: 10,
    SalaryUnit.WEEK: 50,
    SalaryUnit.MONTH: 100,
    SalaryUnit.YEAR: 3_000,
}
"""The same beside a period."""
_BARE = {"number", "currency", "multiplier", "to", "until", "period", "filler", "mark", "end"}
"""Kinds of the tokens in a text that is nothing but an amount or a range."""


@dataclass(frozen=True)
class SalaryRange:
    """A range of money; each part may be unknown."""

    minimum: float | None
    maximum: float | None
    currency: str | None = None
    unit: SalaryUnit | None = None


@dataclass
class _Amount:
    """An amount, or before its number is read, what stands before it."""

    currencies: list[Candidates] = field(default_factory=list)
    unit: SalaryUnit | None = None
    bound: str | None = None
    """The kind of token that makes it only a minimum or only a maximum, or "negative"."""
    pay: bool = False
    counting: bool = False
    """Whether it counts hours or people."""
    number: float | None = None
    """None if it is malformed, or part of something that is no amount."""
    grouped: bool = False
    """Whether its thousands are separated."""
    multiplier: str = ""

    @property
    def is_chinese(self) -> bool:
        """Whether its multiplier is a Chinese one, such as 万."""
        return self.multiplier > "\u2e80"

    def times(self, multiplier: str) -> float:
        number = self.number or 0.0
        return round(number * FACTORS[multiplier], 4) if multiplier else number

    @property
    def value(self) -> float:
        return self.times(self.multiplier)


def read_salary(
    text: str,
    given: str | None = None,
    stated: SalaryUnit | None = None,
    *,
    trusted: bool = False,
) -> SalaryRange | None:
    """Return the salary of a text; the currency and unit stated elsewhere count if it has none.

    A trusted text is known to be about money, so a number that stands alone is an amount.
    """
    tokens = tokenise(text)
    kinds = [token.kind for token in tokens]
    is_grade = kinds[0] == "to" and tokens[0].text.isalpha()  # "E13", where E is Italian for and
    bare = trusted and set(kinds) <= _BARE and not is_grade
    before, i = _Amount(), 0
    while kinds[i] not in ("extra", "bonus", "end"):
        if kinds[i] != "number":
            _add_context(before, tokens, i)
            i += 1
            continue
        low, i = _parse_amount(tokens, i, before)
        high, i = _parse_linked(tokens, i)
        unit = before.unit or (stated if bare else None)
        if (bare and kinds.count("number") == 1) or _is_money(low, high, unit):
            ends = [low, high] if high and not high.counting else [low]
            mentioned = {token.text for token in tokens} & ISO_4217
            return _salary(ends, before.unit or stated, mentioned, given)
        before = _Amount(counting=True)
    return None


def _add_context(before: _Amount, tokens: Sequence[Token], i: int) -> None:
    """Add token i to what stands before an amount."""
    kind, text, glued = tokens[i]
    if kind == "currency":
        before.currencies.append(currency_candidates(text))
    elif kind == "period" and not before.counting:
        before.unit = find_salary_unit(text)
    elif kind in ("minimum", "maximum", "until"):
        before.bound = "minimum" if kind == "minimum" else "maximum"
    elif kind == "pay":
        before.pay = True
    elif text in ("-", "~"):
        before.currencies.clear()
        signed = not glued or tokens[i - 1].kind == "currency"
        if text == "-" and signed and tokens[i + 1].glued:
            before.bound = "negative"
    elif text in (".", ",", ";", "|", "!", "?"):
        before.unit = before.bound = None
    elif kind in ("word", "count", "junk"):
        before.currencies.clear()
        before.unit, before.pay = None, False
    before.counting = kind == "count" or (before.counting and kind in ("period", "filler"))


def _parse_amount(tokens: Sequence[Token], i: int, before: _Amount) -> tuple[_Amount, int]:
    """Return the amount whose number is token i, and the index of the token after it."""
    number, previous = tokens[i], tokens[i - 1]
    amount = _Amount([*before.currencies], bound=before.bound, pay=before.pay)
    in_word = previous.kind == "word" and number.glued and previous.text < "\u2e80"  # "NP22"
    in_decimals = previous.text in (".", ",") and number.glued and tokens[i - 2].kind != "word"
    in_numbers = in_decimals or (
        not amount.currencies and "number" in (previous.kind, tokens[i + 1].kind)
    )
    if not in_word and not in_numbers and before.bound != "negative":
        amount.number = read_number(number.text)
        amount.grouped = bool(re.match(r"[1-9][\d,]*[.,' ]\d{3}(?!\d)", number.text))
    i += 1
    if tokens[i].kind == "multiplier":
        amount.multiplier = tokens[i].text.lower().rstrip(".")
        if _ONE_GROUP.fullmatch(number.text) and not ("," in number.text and amount.is_chinese):
            amount.number = None  # "1.125M": thousands or decimals
        i += 1
    if amount.multiplier == "lpa":
        amount.unit = SalaryUnit.YEAR
        amount.currencies.append(("INR",))
    if tokens[i].kind == "count" and (tokens[i].text in "%‰" or not amount.currencies):
        amount.counting = True
        return amount, i + 1
    if tokens[i].glued and tokens[i].kind in ("word", "number", "junk"):
        amount.number = None
    return amount, _parse_tail(tokens, i, amount)


def _parse_tail(tokens: Sequence[Token], i: int, amount: _Amount) -> int:
    """Add what follows the number of an amount; return the index of the token after it."""
    marks = ""
    while True:
        kind, text, _ = tokens[i]
        if kind == "mark":
            marks += text
        elif kind == "currency" and not marks.strip("(/)"):
            beside = tokens[i - 1].kind in ("number", "multiplier")
            if tokens[i + 1].kind == "number" and (amount.currencies or not beside):
                return i  # it belongs to the next number
            amount.currencies.append(currency_candidates(text))
        elif kind == "period" and amount.unit is None:
            amount.unit = find_salary_unit(text)
        elif kind in ("or_more", "or_less"):
            amount.bound = "minimum" if kind == "or_more" else "maximum"
        elif kind == "pay":
            amount.pay = True
        elif kind == "bonus" and not marks:
            amount.number = None
            return i
        elif kind != "filler":
            return i
        i += 1


def _parse_linked(tokens: Sequence[Token], i: int) -> tuple[_Amount | None, int]:
    """Return the second end of a range, if one follows, and the index of the token after it."""
    start, before = i, _Amount()
    while tokens[i].kind in ("to", "until", "maximum"):
        i += 1
    while i > start and tokens[i].kind in ("currency", "filler", "mark"):
        if tokens[i].kind == "currency":
            before.currencies.append(currency_candidates(tokens[i].text))
        i += 1
    bracket = tokens[start - 1].text == "("  # "£43,000 (~ £20 per hour)" is no range
    if i > start and tokens[i].kind == "number" and not bracket:
        return _parse_amount(tokens, i, before)
    return None, start


def _is_money(low: _Amount, high: _Amount | None, unit: SalaryUnit | None) -> bool:
    """Return whether an amount or a range is money; `unit` is the period before it."""
    if low.counting:
        return False
    ends = [low, high] if high and not high.counting else [low]
    if any(end.currencies or end.multiplier for end in ends):
        return True
    if (high and high.counting) or any(end.number is None for end in ends):
        return False
    unit = next((end.unit for end in ends if end.unit), unit)
    pay = any(end.pay for end in ends)
    least = _MIN_OF_UNIT[unit] if unit else _MIN_OF_PAY if pay else _MIN_WITHOUT_CURRENCY
    largest = ends[-1 if unit or pay else 0].value
    large = largest >= least or any(end.grouped for end in ends)
    return large and largest < _MAX_WITHOUT_CURRENCY


def _salary(
    ends: Sequence[_Amount], unit: SalaryUnit | None, mentioned: AbstractSet[str], given: str | None
) -> SalaryRange | None:
    """Return what the ends of a range say together; None if they contradict each other."""
    first, last = ends[0], ends[-1]
    signs = [sign for end in ends for sign in end.currencies]
    units = {end.unit for end in ends if end.unit}
    indian = given == "INR" or any("INR" in sign for sign in signs)
    low, high = first.value, last.value
    if not first.multiplier and first.times(last.multiplier) <= high:
        low = first.times(last.multiplier)  # "30-40k": the k belongs to both
    elif not first.multiplier and first.grouped and last.is_chinese:
        return None  # "1.125-1.5万": thousands or decimals
    if (
        any(end.number is None or (end.multiplier in INDIAN_ONLY and not indian) for end in ends)
        or len(units) > 1
        or (signs and not set(signs[0]).intersection(*signs))
        or not 0 < low <= high <= MAX_RATIO * low < math.inf
    ):
        return None
    bound = first.bound if first is last else None
    return SalaryRange(
        None if bound == "maximum" else low,
        None if bound == "minimum" else high,
        choose_currency(signs, mentioned, given) if signs else given,
        next(iter(units), unit),
    )
