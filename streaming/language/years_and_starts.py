"""Finds times in a wish: years of experience, the month of a start."""

import re
from collections.abc import Iterator

from streaming.language.lexicon import amount_words as words
from streaming.language.lexicon.fixed_values import MONTHS
from streaming.language.pattern_finder import Mention
from streaming.language.text_folding import (
    CHINESE_NUMBER,
    chinese_number,
    english_number,
)
from streaming.language.wish_values import MAX_YEARS, Strength, WishField

_YEARS = re.compile(rf"(?<![\d.a-z]){words.YEARS}")
_YEARS_CHINESE = re.compile(rf"(?<![\d.]){words.YEARS_CHINESE}")
_NO_YEARS = re.compile(words.NO_YEARS_BEFORE)
_NO_YEARS_CHINESE = re.compile(words.NO_YEARS_BEFORE_CHINESE)
_MAX_BARE = 45
"""More years than this are no experience, unless they are called so."""
_MONTHS_PER_UNIT = {"month": 1, "个月": 1, "decade": 120}
_MONTH = "|".join(f"(?P<m{number}>{names})" for number, names in MONTHS.items())
_MONTH_AGAIN = _MONTH.replace("(?P<m", "(?P<n")
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_START_ENGLISH = re.compile(
    rf"(?:{words.START_CUE})(?:{_DAY}(?: of)? )?(?:{_MONTH})(?![a-z])"
    rf"(?:,? (?:{_DAY},? ?)?(?P<year>20\d\d))?"
)
_START_DIGITS = re.compile(
    rf"(?:{words.START_CUE})(?:(?P<year>20\d\d)[-/.](?P<month>\d\d?)|(?P<month2>0?[1-9]|1[0-2])[-/.](?P<year2>20\d\d))(?!\d)"
)
_START_BARE = re.compile(
    rf"(?<![a-z])(?:{_MONTH})(?![a-z])(?: (?P<year>20\d\d))?(?=,? (?:onwards?|start\b|or later))"
    rf"|(?:^|(?<=[,;:.] )|(?<=- ))(?:{_MONTH_AGAIN})(?![a-z]) (?P<year2>20\d\d)(?= *(?:[,;.]|$))"
)
_START_CHINESE = re.compile(
    rf"(?:(?P<year>20\d\d)年|明年|今年|后年|来年)?(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?:份|初|底|末|中旬?|上旬|下旬)?"
    rf"(?:\d{{1,2}}[号日])?(?:{words.START_AFTER})|"
    rf"(?:从|自|等到?|最早|最快|预计|打算|计划|准备|入职时间|到岗时间|入职)[:：是]?(?:(?P<year2>20\d\d)年|明年|今年|来年)?(?P<month2>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月"
)


def find_years(folded: str, *, chatty: bool) -> Iterator[Mention]:
    """Yield the years of experience of a folded text; a chatty one must call them experience."""
    for pattern, barred in ((_YEARS, _NO_YEARS), (_YEARS_CHINESE, _NO_YEARS_CHINESE)):
        for match in pattern.finditer(folded):
            number, called = _years(match), bool(match["experience"])
            if match["unit"] == "yoe":
                called = True
            if number is None or number > MAX_YEARS:
                continue
            vague = match["count"] in ("a", "an", "half") and match["unit"] != "decade"
            months = match["unit"] in ("month", "months", "个月")
            barely = number > _MAX_BARE or vague or months or match["count"] == "半"
            barred_before = barred.search(folded[max(0, match.start() - 12) : match.start()])
            if called or not (barely or chatty or barred_before):
                rank = 4 if called else 2
                yield Mention(*match.span(), WishField.YEARS, number, rank)


def _years(match: re.Match[str]) -> float | None:
    text = match["count"]
    count = {"a": 1.0, "an": 1.0, "half a": 0.5, "half an": 0.5, "半": 0.5, "a couple of": 2.0}.get(
        text
    )
    if count is None:
        count = _count(text)
    if count is None:
        return None
    if match["half"] or match.groupdict().get("more"):
        count += 0.5
    return round(count * _MONTHS_PER_UNIT.get(match["unit"].rstrip("s"), 12) / 12, 2)


def _count(text: str) -> float | None:
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    return chinese_number(text) if re.fullmatch(CHINESE_NUMBER, text) else english_number(text)


def find_start(folded: str) -> Iterator[Mention]:
    """Yield the months from which somebody can start."""
    for pattern in (_START_ENGLISH, _START_BARE, _START_DIGITS, _START_CHINESE):
        for match in pattern.finditer(folded):
            groups = {name: text for name, text in match.groupdict().items() if text}
            named = [name[1:] for name in groups if name[1:].isdigit()]
            month = named[0] if named else groups.get("month") or groups["month2"]
            number = chinese_number(month)
            month = month if number is None else f"{number:.0f}"
            year = groups.get("year") or groups.get("year2")
            yield _start(match, folded, year, month)


def _start(match: re.Match[str], folded: str, year: str | None, month: str) -> Mention:
    value = f"{year}-{int(month):02d}" if year else f"{int(month):02d}"
    before = re.split(r"[.;!?,。；！？，]", folded[max(0, match.start() - 24) : match.start()])[-1]
    near = before + folded[match.start() : match.end() + 8]
    meant = Strength.MUST if _NOT_BEFORE.search(near) else None
    return Mention(*match.span(), WishField.START, value, rank=6, strength=meant)


_NOT_BEFORE = re.compile(words.NOT_BEFORE_START)
