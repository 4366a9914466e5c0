"""Texts in a form in which words can be compared, character for character."""

import re
import unicodedata

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_DIGITS |= {"六": 6, "七": 7, "八": 8, "九": 9}
_TENS = {"十": 10, "百": 100, "千": 1_000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
CHINESE_NUMBER = "[零〇一二两三四五六七八九十百千万亿]+"
_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
ENGLISH_NUMBER = rf"(?:{'|'.join(_WORDS)})(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"


def fold(text: str) -> str:
    """Return a text in lower case and half width, with as many characters as before.

    So a place in the folded text is a place in the text itself.
    """
    return "".join(map(_folded, text))


def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).lower()
    plain = {"’": "'", "‘": "'", "–": "-", "—": "-", "〜": "~", "～": "~"}.get(plain, plain)
    return plain if len(plain) == 1 else character.lower()[0]


def chinese_number(text: str) -> float | None:
    """Read a number in Chinese numerals: 两万五, 八千, 十五; None for another text."""
    if not re.fullmatch(CHINESE_NUMBER, text):
        return None
    total = section = digit = 0
    unit = 1
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _TENS:
            unit = _TENS[character]
            section += (digit or 1) * unit
            digit = 0
        else:
            unit = _LARGE[character]
            total = (total + section + digit or 1) * unit
            section = digit = 0
    # 两万五 is 25,000, but 两万零五 is 20,005.
    spoken = digit and unit >= 100 and text[-2:-1] not in ("零", "〇")  # noqa: PLR2004
    return total + section + (digit * unit // 10 if spoken else digit)


def english_number(text: str) -> float | None:
    """Read a number in English words, up to ninety-nine; None for another text."""
    parts = re.split("[- ]", text)
    if not all(part in _WORDS for part in parts):
        return None
    return float(sum(_WORDS[part] for part in parts))


def is_near(word: str, known: str) -> bool:
    """Return whether a word is a known one with one letter wrong, missing, added or swapped.

    The first letter and the last two must be right: designed is no designer.
    """
    if word[0] != known[0] or word[-2:] != known[-2:] or abs(len(word) - len(known)) > 1:
        return False
    if len(word) == len(known):
        wrong = [i for i, (a, b) in enumerate(zip(word, known, strict=True)) if a != b]
        pair = slice(wrong[0], wrong[0] + 2) if wrong else slice(0)
        swapped = len(wrong) == 2 and word[pair] == known[pair][::-1]  # noqa: PLR2004
        return len(wrong) <= 1 or swapped
    short, long = sorted((word, known), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
