"""Finds skills by the words around them: "skilled in X and Y", 擅长X和Y."""

import re
from collections.abc import Iterator

from streaming.language.lexicon import skill_cues as cues
from streaming.language.pattern_finder import Mention
from streaming.language.wish_values import WishField

_BEFORE, _END = re.compile(cues.BEFORE_SKILLS), re.compile(cues.SKILLS_END)
_BETWEEN, _FILLER = re.compile(cues.BETWEEN_SKILLS), re.compile(cues.BEFORE_A_SKILL)
_BEFORE_CHINESE = re.compile(cues.BEFORE_SKILLS_CHINESE)
_END_CHINESE = re.compile(cues.SKILLS_END_CHINESE)
_BETWEEN_CHINESE = re.compile(cues.BETWEEN_SKILLS_CHINESE)
_LISTED_CHINESE = re.compile(cues.SKILL_BEFORE_VERB_CHINESE)
_NO_SKILL_CHINESE = re.compile(cues.NO_SKILLS_CHINESE)
_MAX_WORDS = 3
_MAX_CHINESE = 7


def find_skills(folded: str) -> Iterator[Mention]:
    """Yield the skills that words around them name."""
    for match in _BEFORE.finditer(folded):
        for start, item in _items(folded, match.end(), _END, _BETWEEN):
            filler = _FILLER.match(item)
            begin = start + (filler.end() if filler else 0)
            name = folded[begin : start + len(item)].rstrip()
            words = name.split()
            if not 0 < len(words) <= _MAX_WORDS or cues.NO_SKILLS.intersection(words):
                break
            yield Mention(begin, begin + len(name), WishField.SKILL, rank=3)
    for match in _BEFORE_CHINESE.finditer(folded):
        yield from _chinese(folded, match.end(), len(folded))
    for match in _LISTED_CHINESE.finditer(folded):
        yield from _chinese(folded, *match.span("list"))


def _chinese(folded: str, begin: int, end: int) -> Iterator[Mention]:
    for start, item in _items(folded[:end], begin, _END_CHINESE, _BETWEEN_CHINESE):
        verb = item.startswith("会")
        name = item[verb:].strip()
        if not 1 < len(name) <= 2 * _MAX_CHINESE or _NO_SKILL_CHINESE.search(name):
            break
        if len(name) > _MAX_CHINESE and not name.isascii():
            break
        first = start + verb + len(item[verb:]) - len(item[verb:].lstrip())
        yield Mention(first, first + len(name), WishField.SKILL, rank=2)


def _items(
    folded: str, begin: int, end: re.Pattern[str], between: re.Pattern[str]
) -> Iterator[tuple[int, str]]:
    """Yield the items of a list with where they begin."""
    stop = end.search(folded, begin)
    last = stop.start() if stop else len(folded)
    start = begin
    for joint in between.finditer(folded, begin, last):
        yield start, folded[start : joint.start()]
        start = joint.end()
    yield start, folded[start:last]
