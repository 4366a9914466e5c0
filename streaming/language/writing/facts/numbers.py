"""Finds numbers with their units and limits: "at least 3 years" and "3年以上" are one fact."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

_NUMBER = r"\d+(?:[.,]\d+)*"
_SCALE = r"(?:k\b|K\b|万|千|亿|w\b|W\b|million\b)"
_UNIT_WORDS = {
    "year": r"years?|yrs?|周?年(?!级|会|轻|代|终|假|薪|度|底|龄|货)",
    "month": r"months?|个?月(?!薪|刊|饼)",
    "week": r"weeks?|星期|周(?!边|期|转|末|年)",
    "day": r"days?|天|工作日|日(?!语|本|常|志|文|企)",
    "hour": r"hours?|hrs?|小时",
    "minute": r"minutes?|mins?|分钟",
    "percent": r"%|％|per ?cent\b",
    "age": r"周?岁",
    "person": r"people\b|名|人(?!民|工|员|力|才|事|脸|机|性|物|生|数)",
    "pay": r"薪",
    "CNY": r"元|块钱|rmb\b|cny\b|人民币",
    "GBP": r"gbp\b|pounds?\b",
    "EUR": r"eur(?:os?)?\b|€|欧元",
    "USD": r"usd\b|dollars?\b|美元",
    "band": r"(?!)",
}
_CURRENCY_SIGNS = {"£": "GBP", "$": "USD", "€": "EUR", "¥": "CNY", "￥": "CNY"}
_UNIT = "|".join(f"(?P<{name}>{words})" for name, words in _UNIT_WORDS.items())
_AMOUNT = re.compile(
    rf"(?P<sign>[£$€¥￥]\s?)?(?P<number>{_NUMBER})\s?(?P<scale>{_SCALE})?(?P<plus>\+|\s?plus\b)?"
    rf"(?:[\s-]?(?:{_UNIT}))?",
    re.IGNORECASE,
)
_ENGLISH_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
)
_ENGLISH = _ENGLISH_WORDS.split()
_WORD_NUMBER = re.compile(
    rf"\b({'|'.join(_ENGLISH[1:])})\b(?=\s*(?:\(\d+\)\s*)?(?:(?:to|or|-) ?\w+ )?"
    r"(?:or more |plus |\+ ?)?[\s-]?"
    r"(?:full |calendar |working )?(?:years?|yrs?|months?|weeks?|days?|hours?|minutes?)\b)",
    re.IGNORECASE,
)
_CHINESE_DIGITS = dict(zip("一二三四五六七八九", range(1, 10), strict=True)) | {"两": 2, "半": 0.5}
_CHINESE_NUMBER = re.compile(
    r"(?<![一二两三四五六七八九十第几之])(?P<ten>[一二三四五六七八九]?十)?(?P<one>[一二两三四五六七八九半])?"
    r"(?=(?:个月|个?小时|年(?!级|会)|周(?!边|期|末|六|日|一|五)|天|名|万元|位))"
)
_RANGE = re.compile(r"\s*(?:-|–|—|~|～|至|到|to|and|&)\s*(?:[£$€¥￥]\s?)?", re.IGNORECASE)
_BEFORE_MINIMUM = re.compile(
    r"(?:at least|minimum(?: of)?|no less than|more than|over|至少|不少于|不低于|超过|最少|大于|≥"
    r"|>=?)"
    r"\s*(?:an? |有|具有|具备|拥有)?[£$€¥￥]?\s*$",
    re.IGNORECASE,
)
_BEFORE_MAXIMUM = re.compile(
    r"(?:up to|maximum(?: of)?|at most|no more than|less than|under|最多|最高|不超过|至多|≤|<=?)"
    r"\s*[£$€¥￥]?\s*$",
    re.IGNORECASE,
)
_AFTER_MINIMUM = re.compile(
    r"\s?(?:[(（]?含[)）]?)?(?:或?及?以上|or more\b|or above\b|and above\b|minimum\b|起)",
    re.IGNORECASE,
)
_AFTER_MAXIMUM = re.compile(
    r"\s?(?:[(（]?含[)）]?)?(?:或?及?以[下内]|之内|or less\b|or fewer\b|maximum\b)", re.IGNORECASE
)
_SCALES = {"k": 10**3, "千": 10**3, "万": 10**4, "w": 10**4, "亿": 10**8, "million": 10**6}
_CONTEXT = 24


def numbers_in(text: str) -> Iterator[str]:
    """Yield the numbers of a sentence as "VALUE UNIT LIMIT", without the parts that are absent.

    Both ends of a range have its unit: "3-5 years" gives "3 year" and "5 year". UNIT is year,
    month, week, day, hour, minute, percent, age, person, pay (monthly pays a year) or a currency
    (ISO 4217), LIMIT min or max.
    """
    text = _digits(text)
    waiting: list[re.Match[str]] = []
    for found in _AMOUNT.finditer(text):
        if waiting and not _RANGE.fullmatch(text[waiting[-1].end() : found.start()]):
            yield from _facts(text, waiting)
            waiting = []
        waiting.append(found)
    yield from _facts(text, waiting)


def _digits(text: str) -> str:
    """Return a text with the number words before units as digits."""
    text = _WORD_NUMBER.sub(lambda found: str(_ENGLISH.index(found[1].casefold())), text)
    return _CHINESE_NUMBER.sub(_chinese_digits, text)


def _chinese_digits(found: re.Match[str]) -> str:
    if not found[0]:
        return ""
    ten, one = found["ten"], found["one"]
    tens = (_CHINESE_DIGITS[ten[0]] if ten and len(ten) > 1 else 1) * 10 if ten else 0
    return f"{tens + (_CHINESE_DIGITS[one] if one else 0):g}"


def _facts(text: str, ends: list[re.Match[str]]) -> Iterator[str]:
    """Yield the numbers of a range, or of what stands alone."""
    if not ends:
        return
    scale = ends[-1]["scale"] or ""
    unit = next(filter(None, (_unit(end) for end in reversed(ends))), "")
    before, after = text[max(0, ends[0].start() - _CONTEXT) : ends[0].start()], ends[-1].end()
    tail = text[after : after + _CONTEXT]
    limit = ""
    if len(ends) == 1:
        if ends[0]["plus"] or _BEFORE_MINIMUM.search(before) or _AFTER_MINIMUM.match(tail):
            limit = "min"
        elif _BEFORE_MAXIMUM.search(before) or _AFTER_MAXIMUM.match(tail):
            limit = "max"
    for end in ends:
        value = _value(end["number"], end["scale"] or scale)
        yield " ".join(filter(None, (value, unit, limit)))


def _unit(found: re.Match[str]) -> str | None:
    sign = (found["sign"] or "").strip()
    named = next((name for name in _UNIT_WORDS if found[name]), None)
    return _CURRENCY_SIGNS.get(sign, named)


def _value(number: str, scale: str) -> str:
    plain = (
        number.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number) else number
    )
    try:
        value = Decimal(plain) * _SCALES.get(scale.casefold(), 1)
    except InvalidOperation:  # a version or a date: 1.2.3, 2020.11.15
        return plain
    return f"{value.normalize():f}"
