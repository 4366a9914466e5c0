"""How easy a text is to read."""

import re
from dataclasses import dataclass

from streaming.language.writing.section_kind import Language

_SENTENCE_END = re.compile(r"[。！？]+|[.!?]+(?=\s|$)|\n+")
_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ]+(?:['’-][A-Za-z]+)*")
_LETTER = re.compile(r"[\u3400-\u9fff]|[A-Za-z0-9]+")
_VOWELS = re.compile(r"[aeiouy]+", re.IGNORECASE)


@dataclass(frozen=True)
class Readability:
    """Measures of one text."""

    sentence_length: float
    """Mean words of a sentence or line; in Chinese, characters and Latin words."""
    longest: int
    """The same of the longest one."""
    reading_ease: float | None
    """Flesch 1948, higher is easier, 60 to 70 is plain English; None for Chinese."""


def readability(text: str, language: Language) -> Readability:
    """Measure a text; one without words has the length 0."""
    unit = _WORD if language == "en" else _LETTER
    lengths = [length for part in _SENTENCE_END.split(text) if (length := len(unit.findall(part)))]
    if not lengths:
        return Readability(0.0, 0, None)
    mean = sum(lengths) / len(lengths)
    return Readability(mean, max(lengths), _flesch(text, mean) if language == "en" else None)


def _flesch(text: str, sentence_length: float) -> float:
    words = _WORD.findall(text)
    syllables = sum(map(_syllables, words))
    return 206.835 - 1.015 * sentence_length - 84.6 * syllables / len(words)


def _syllables(word: str) -> int:
    """Count groups of vowels; a final e is silent except after l ("table")."""
    count = len(_VOWELS.findall(word))
    if count > 1 and word.lower().endswith("e") and not word.lower().endswith("le"):
        count -= 1
    return max(1, count)
