"""Parses levels of skills, as people write them: beginner, advanced, beginner to intermediate."""

import re

from streaming.contract.learning.course import CourseSkill, SkillLevel
from streaming.importing.parsers.values import parse_list

_WORDS = {
    SkillLevel.BEGINNER: (
        *("beginner", "beginners", "basic", "basics", "entry", "novice", "foundation", "familiar"),
        *("elementary", "introductory", "modest", "fundamental", "初级", "入门"),
    ),
    SkillLevel.INTERMEDIATE: ("intermediate", "medium", "mid", "moderate", "working", "中级"),
    SkillLevel.EXPERT: ("expert", "advanced", "high", "proficient", "mastery", "高级", "精通"),
}
_LEVEL_OF = {word: level for level, words in _WORDS.items() for word in words}
_ORDER = list(SkillLevel)
_WORD = re.compile(r"[a-z]+|[一-鿿]+")
_IN_PARENTHESES = re.compile(r"^(?P<skill>.+?)\s*[(（](?P<level>[^()（）]+)[)）]$")  # noqa: RUF001 - Chinese ones, too


def parse_level_range(text: str) -> tuple[SkillLevel, SkillLevel] | None:
    """Return the lowest and the highest level that a text names; None where it names none."""
    found = [_LEVEL_OF[word] for word in _WORD.findall(text.casefold()) if word in _LEVEL_OF]
    if not found:
        return None
    return min(found, key=_ORDER.index), max(found, key=_ORDER.index)


def needed_level(text: str) -> SkillLevel | None:
    """Return the level that suffices: of 'beginner or intermediate' the lower."""
    levels = parse_level_range(text)
    return levels[0] if levels else None


def given_level(text: str) -> SkillLevel | None:
    """Return the level that is reached: of 'beginner to advanced' the higher."""
    levels = parse_level_range(text)
    return levels[1] if levels else None


def parse_needs(text: str) -> list[CourseSkill]:
    """Parse a list of skills that are needed: 'Python (intermediate); SQL'."""
    return [_skill(item, needed=True) for item in parse_list(text)]


def parse_gives(text: str) -> list[CourseSkill]:
    """Parse a list of skills that are given."""
    return [_skill(item, needed=False) for item in parse_list(text)]


def _skill(text: str, *, needed: bool) -> CourseSkill:
    """Return a skill, with the level in parentheses after it."""
    found = _IN_PARENTHESES.match(text)
    level = (needed_level if needed else given_level)(found["level"]) if found else None
    return CourseSkill(skill=found["skill"] if found and level else text, level=level)
