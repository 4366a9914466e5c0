"""Finds amounts in a wish: pay, years of experience, the month of a start."""

import re
from collections.abc import Iterator

from streaming.importing.parsers.salary_text import SalaryRange, read_salary
from streaming.language.lexicon import amount_words as words
from streaming.language.lexicon.fixed_values import MONTHS
from streaming.language.pattern_finder import Mention
from streaming.language.text_folding import (
    CHINESE_NUMBER,
    chinese_number,
    english_number,
)
from streaming.language.wish_values import MAX_YEARS, Pay, WishField


def _amount(side: int) -> str:
    """Return the regex of an amount, with groups for one side of a range."""
    return (
        rf"(?P<sign{side}>{words.SIGN})? ?(?P<number{side}>{words.MONEY_NUMBER})"
        rf" ?(?P<times{side}>{words.MULTIPLIER})?(?:多|来)? ?(?P<currency{side}>{words.CURRENCY_WORD})?"
    )


_EDGE = r"(?<![a-z0-9.])"
_PAY = re.compile(
    rf"(?P<before>(?:{_EDGE}(?:{words.PAY}|{words.PERIOD_BEFORE}|{words.AT_LEAST}|{words.AT_MOST}|{words.ABOUT}|a|an)[ :：]*)*)"
    rf"(?<![a-z0-9.])(?:{_amount(1)})(?: ?(?:{words.LINK}) ?{_amount(2)})?"
    rf"(?P<after>(?: ?(?:{words.PERIOD_AFTER}|{words.AT_LEAST_AFTER}|{words.AT_MOST_AFTER}|{words.ABOUT_AFTER}|gross|net|before tax|after tax|pre-tax|的?(?:薪资|薪水|工资|月薪|年薪|日薪|时薪|收入|待遇|薪)))*)"
)
_NO_MONEY = re.compile(
    r" ?(?:years?|yrs?|hours?|hrs?|days?|weeks?|months?|people|employees|minutes?|mins?|km|miles|%|percent|"
    r"年(?!薪)|个?月(?!薪)|天|小时|人|岁|分钟|公里|周|号|日|点|级|家|个|次|位|站|环|期|班|本|层|室|强|险|休|点)"
)
_AT_LEAST, _AT_MOST = re.compile(words.AT_LEAST), re.compile(words.AT_MOST)
_LEAST_AFTER, _MOST_AFTER = re.compile(words.AT_LEAST_AFTER), re.compile(words.AT_MOST_AFTER)
_PAID = re.compile(rf"{words.PAY}|{words.PERIOD_BEFORE}")
_PERIOD = re.compile(words.PERIOD_AFTER)
_YEARS = re.compile(rf"(?<![\d.a-z])(?:{words.YEARS})")
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
_MONTH = "|".join(f"(?P<m{number}>{names})" for number, names in MONTHS.items())
_START_ENGLISH = re.compile(
    rf"(?:{words.START_CUE})(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? )?(?:{_MONTH})(?![a-z])(?:,? (?:\d{{1,2}}(?:st|nd|rd|th)?,? ?)?(?P<year>20\d\d))?"
)
_START_ISO = re.compile(rf"(?:{words.START_CUE})(?P<year>20\d\d)[-/](?P<month>\d\d?)(?![\d])")
_START_BARE = re.compile(
    rf"(?<![a-z])(?:{_MONTH})(?![a-z])(?: (?P<year>20\d\d))?(?=,? (?:onwards?|start\b))"
)
_START_CHINESE = re.compile(
    rf"(?:(?P<year>20\d\d)年|明年|今年|后年|来年)?(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?:份|初|底|末|中旬?|上旬|下旬)?"
    rf"(?:\d{{1,2}}[号日])?(?:{words.START_AFTER})|"
    rf"(?:从|自|等到?|最早|最快|预计|打算|计划|准备|入职时间|到岗时间|入职)[:：是]?(?:(?P<year2>20\d\d)年|明年|今年|来年)?(?P<month2>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月"
)


def find_pay(folded: str) -> Iterator[Mention]:
    """Yield the amounts of pay of a folded text."""
    for match in _PAY.finditer(folded):
        pay = _pay(match, folded)
        if pay is not None:
            start, end = match.span()
            start += len(match[0]) - len(match[0].lstrip())
            end -= len(match[0]) - len(match[0].rstrip())
            yield Mention(start, end, WishField.SALARY, pay, rank=5)


def _pay(match: re.Match[str], folded: str) -> Pay | None:
    before, after = match["before"], match["after"]
    marked = any(match[f"{part}{side}"] for part in ("sign", "currency") for side in "12")
    multiplied = match["times1"] or match["times2"]
    counts = not marked and not _PERIOD.search(after) and _NO_MONEY.match(folded, match.end())
    if counts:
        return None
    found = _read(match)
    if found is None or found.minimum is None:
        return None
    chinese_count = re.fullmatch(CHINESE_NUMBER, match["number1"])
    paid = _PAID.search(before)
    period = _PERIOD.search(after) or re.search(words.PERIOD_BEFORE, before)
    large = found.minimum >= (_MIN_PER_PERIOD if period else _MIN_BARE)
    bare = (paid or period or after.strip() or _AT_LEAST.search(before)) and large
    if chinese_count and found.minimum < _MIN_BARE and not (marked or period):
        return None
    if not (marked or bare or (multiplied and found.minimum >= _MIN_BARE)):
        return None
    low, high = _ends(found, before, after, is_range=match["number2"] is not None)
    return Pay(min=low, max=high, currency=found.currency, unit=found.unit)


def _ends(
    found: SalaryRange, before: str, after: str, *, is_range: bool
) -> tuple[float | None, float | None]:
    if is_range:
        return found.minimum, found.maximum
    least = _AT_LEAST.search(before) or _LEAST_AFTER.search(after)
    if not least and (_AT_MOST.search(before) or _MOST_AFTER.search(after)):
        return None, found.minimum
    return found.minimum, None  # what is said plainly is a floor


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
        currency = match[f"currency{side}"] or ""
        currency = words.CURRENCY_SYNONYMS.get(currency, currency)
        times = {"w": "万", "grand": "k", "thousand": "k"}.get(times, times)
        ends.append(f"{(match[f'sign{side}'] or '').upper()}{number}{times} {currency}".strip())
    period = _PERIOD.search(match["after"])
    unit = _period_text(period[0] if period else "") or _period_text(match["before"])
    return read_salary(f"{' - '.join(ends)} {unit}".strip(), trusted=True)


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
    found = re.search(r"hour|h\b|day|week|w\b|month|m\b|mo\b|year|annual|annum|a\b|yr|y\b", text)
    units = {"h": "hour", "d": "day", "w": "week", "m": "month", "y": "year", "a": "year"}
    return f"per {units[found[0][0]]}" if found else ""


def find_years(folded: str) -> Iterator[Mention]:
    """Yield the years of experience of a folded text."""
    for match in _YEARS.finditer(folded):
        text = next(filter(None, (match[name] for name in _YEAR_GROUPS)))
        number = _count(text)
        if number is not None and number <= MAX_YEARS:
            yield Mention(*match.span(), WishField.YEARS, float(number), rank=4)


_YEAR_GROUPS = ("english", "after", "had", "doing", "chinese", "done")


def _count(text: str) -> float | None:
    if text == "a":
        return 1.0
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    return chinese_number(text) if re.fullmatch(CHINESE_NUMBER, text) else english_number(text)


def find_start(folded: str) -> Iterator[Mention]:
    """Yield the months from which somebody can start."""
    for pattern in (_START_ENGLISH, _START_BARE):
        for match in pattern.finditer(folded):
            month = next(
                name[1:] for name, text in match.groupdict().items() if text and name[0] == "m"
            )
            yield _start(match, match["year"], month)
    for match in _START_ISO.finditer(folded):
        yield _start(match, match["year"], match["month"])
    for match in _START_CHINESE.finditer(folded):
        month = match["month"] or match["month2"]
        number = chinese_number(month)
        month = month if number is None else f"{number:.0f}"
        yield _start(match, match["year"] or match["year2"], month)


def _start(match: re.Match[str], year: str | None, month: str) -> Mention:
    value = f"{year}-{int(month):02d}" if year else f"{int(month):02d}"
    return Mention(*match.span(), WishField.START, value, rank=6)
