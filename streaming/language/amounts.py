"""Finds amounts of pay in a wish."""

import re
from collections.abc import Iterator

from streaming.importing.parsers.salary_text import SalaryRange, read_salary
from streaming.language.lexicon import amount_words as words
from streaming.language.lexicon.currencies import CODES, NAMES
from streaming.language.pattern_finder import Mention
from streaming.language.text_folding import CHINESE_NUMBER, chinese_number
from streaming.language.wish_values import Pay, Strength, WishField


def _amount(side: int) -> str:
    """Return the regex of an amount, with groups for one side of a range."""
    return (
        rf"(?P<sign{side}>{words.SIGN})? ?(?P<number{side}>{words.MONEY_NUMBER})"
        rf" ?(?P<times{side}>{words.MULTIPLIER})?(?P<tail{side}>(?<=[千万])[1-9](?![\d.千万]))?(?:多|来)? ?(?P<currency{side}>{words.CURRENCY_WORD})?"
    )


_MOST_WORDS = 6
"""Words about an amount on each side of it. Without an end, a long run of them takes quadratic
time."""
_EDGE = r"(?<![a-z0-9.])"
_PAY = re.compile(
    rf"(?P<before>(?:{_EDGE}(?:{words.PAY}|{words.PERIOD_BEFORE}|{words.AT_LEAST}|{words.AT_MOST}|{words.ABOUT}|a|an)[ :：]*){{0,{_MOST_WORDS}}})"
    rf"(?<![a-z0-9.])(?:{_amount(1)})(?: ?(?:{words.LINK}) ?{_amount(2)})?"
    rf"(?P<after>(?: ?(?:{words.PERIOD_AFTER}|{words.AT_LEAST_AFTER}|{words.AT_MOST_AFTER}|{words.ABOUT_AFTER}|gross|net|before tax|after tax|pre-tax|的?(?:薪资|薪水|工资|月薪|年薪|日薪|时薪|收入|待遇|薪))){{0,{_MOST_WORDS}}})"
)
_NO_MONEY = re.compile(
    r" ?(?:years?|yrs?|hours?|hrs?|days?|weeks?|months?|people|employees|minutes?|mins?|km|miles|%|percent|"
    r"年(?!薪)|个?月(?!薪)|天|小时|人|岁|分钟|公里|周|号|日|点|级|家|个|次|位|站|环|期|班|本|层|室|强|险|休|点)"
)
_AT_LEAST, _AT_MOST = re.compile(words.AT_LEAST), re.compile(words.AT_MOST)
_LEAST_AFTER, _MOST_AFTER = re.compile(words.AT_LEAST_AFTER), re.compile(words.AT_MOST_AFTER)
_PAID = re.compile(rf"{words.PAY}|{words.PERIOD_BEFORE}")
_PERIOD = re.compile(words.PERIOD_AFTER)
_MIN_BARE = 1_000
"""A number without currency and multiplier is pay from here on, beside a word of pay."""
_MIN_PER_PERIOD = 8
_CHINESE_PERIODS = {
    "月": "MONTH",
    "年": "YEAR",
    "日": "DAY",
    "天": "DAY",
    "时": "HOUR",
    "周": "WEEK",
}


def find_pay(folded: str) -> Iterator[Mention]:
    """Yield the amounts of pay of a folded text; a floor of pay is a condition."""
    for match in _PAY.finditer(folded):
        found = _range(match, folded)
        if found is None:
            continue
        start, end = match.span()
        start += len(match[0]) - len(match[0].lstrip())
        end -= len(match[0]) - len(match[0].rstrip())
        low, high = found.minimum, found.maximum
        is_range, bound = match["number2"] is not None, _bound(match, folded)
        if not is_range:
            low, high = (None, low) if bound == "most" else (low, None)
        meant = Strength.MUST if bound == "least" else None
        pay = Pay(min=low, max=high, currency=found.currency, unit=found.unit)
        yield Mention(start, end, WishField.SALARY, pay, rank=6, strength=meant)


def _range(match: re.Match[str], folded: str) -> SalaryRange | None:
    """Return the money of a match; None where its numbers count something else."""
    before, after = match["before"], match["after"]
    marked = any(match[f"{part}{side}"] for part in ("sign", "currency") for side in "12")
    multiplied = match["times1"] or match["times2"]
    period = _PERIOD.search(after) or re.search(words.PERIOD_BEFORE, before)
    if not marked and not period and _NO_MONEY.match(folded, match.end()):
        return None
    found = _read(match)
    if found is None or found.minimum is None:
        return None
    if re.fullmatch(CHINESE_NUMBER, match["number1"]) and found.minimum < _MIN_BARE:
        return found if marked or period else None
    large = found.minimum >= (_MIN_PER_PERIOD if period else _MIN_BARE)
    near = _PAID.search(before) or period or after.strip() or _AT_LEAST.search(before)
    is_pay = marked or (near and large) or (multiplied and found.minimum >= _MIN_BARE)
    return found if is_pay else None


def _bound(match: re.Match[str], folded: str) -> str:
    """Return whether an amount is the least or the most that is wished for; "" for neither."""
    before, after = match["before"], folded[match.start("after") : match.end() + _LOOK_AHEAD]
    if _AT_LEAST.search(before) or _LEAST_AFTER.match(after.lstrip()):
        return "least"
    if _LEAST_AFTER.search(match["after"]) or _FLOOR.search(after):
        return "least"
    number = match.start("number1")
    clause = re.split(r"[.;!?,。；！？，]", folded[max(0, number - _LOOK_BACK) : number])[-1]
    most = _AT_MOST.search(clause)
    if most and (_REFUSED.search(clause[: most.start()]) or _REFUSED.search(after)):
        return "least"
    if _DEMANDED.search(clause):
        return "least"
    return "most" if most or _MOST_AFTER.search(match["after"]) else ""


_LOOK_AHEAD, _LOOK_BACK = 24, 40
_REFUSED = re.compile(
    r"\b(?:not?|never|nothing|won't|don't|can't|cannot|wouldn't|isn't|refuse)\b|[不别免勿没]"
)
_FLOOR = re.compile(
    r"^[^.;!?,。；！？，]{0,6}(?:(?:is|as) (?:my|the|a) (?:absolute )?(?:floor|minimum|bottom line)|"
    r"(?:是|为)?(?:我的)?(?:底线|下限|最低)|才(?:行|够|考虑|去|干|做)|打底|以上)"
)
_DEMANDED = re.compile(
    r"\b(?:must|(?:have|has|needs?) to (?:earn|make|be|pay|bring)|floor(?: is|:)?|bottom line)\b|"
    r"必须|一定要|底线|下限|不能再低"
)


def _read(match: re.Match[str]) -> SalaryRange | None:
    """Read the amounts by the one reader of salaries, in the words that it knows."""
    ends = []
    for side in "12":
        if match[f"number{side}"] is None:
            continue
        number, times = match[f"number{side}"], match[f"times{side}"] or ""
        if (value := chinese_number(number)) is not None:
            number = f"{value:.0f}"
            times = "" if times in ("千", "万") else times
        if tail := match[f"tail{side}"]:  # 6千5 is 6,500
            factor = {"千": 1_000, "万": 10_000}[times]
            number, times = f"{float(number) * factor + int(tail) * factor / 10:.0f}", ""
        currency = _currency(match[f"currency{side}"] or "") or _currency(
            match[f"sign{side}"] or ""
        )
        times = {"w": "万", "grand": "k", "thousand": "k", "lacs": "lakh"}.get(times, times)
        ends.append(f"{number}{times} {currency}".strip())
    period = _PERIOD.search(match["after"])
    unit = _period_text(period[0] if period else "") or _period_text(match["before"])
    return read_salary(f"{' - '.join(ends)} {unit}".strip(), trusted=True)


def _currency(text: str) -> str:
    """Return the code of a currency's name; a sign stays for the reader of salaries."""
    if text in CODES:
        return "CNY" if text == "rmb" else text.upper()
    named = (code for code, regex in NAMES.items() if re.fullmatch(regex, text))
    return next(named, text.upper())


def _period_text(text: str) -> str:
    """Return a period as the reader of salaries knows it; '' for none."""
    for sign, unit in _CHINESE_PERIODS.items():
        if re.search(
            rf"(?:每个?|一个?|/|个|^){sign}(?!薪)|{sign}(?:薪|入|收入|工资|结)|每?{sign}$", text
        ):
            return f"per {unit.lower()}"
    if "小时" in text or "钟头" in text:
        return "per hour"
    if "星期" in text:
        return "per week"
    found = re.search(
        r"hour|\bhr|h\b|day|daily|week|w\b|month|m\b|mo\b|year|annual|annum|[/.p]a\b|yr|y\b", text
    )
    units = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year"}
    return f"per {units.get(found[0][0], 'year')}" if found else ""
