"""Levels of skills as people write them."""

import pytest

from streaming.contract.learning.course import CourseSkill, SkillLevel
from streaming.importing.parsers.skill_levels import (
    given_level,
    needed_level,
    parse_gives,
    parse_needs,
)

B, I, E = SkillLevel  # noqa: E741 - the levels, in order


@pytest.mark.parametrize(
    ("text", "needed", "given"),
    [
        ("beginner", B, B),
        ("Advanced", E, E),
        ("beginner to advanced", B, E),
        ("intermediate/expert", I, E),
        ("entry-level", B, B),
        ("beginner to mid-level", B, I),
        ("unknown", None, None),
        ("all levels", None, None),
        ("", None, None),
        ("中级", I, I),
    ],
)
def test_ranges_have_two_ends(text, needed, given):
    assert (needed_level(text), given_level(text)) == (needed, given)


def test_a_level_stands_in_parentheses_after_its_skill():
    assert parse_needs("Python (intermediate or expert); C (language), SQL") == [
        CourseSkill(skill="Python", level=I),
        CourseSkill(skill="C (language)"),
        CourseSkill(skill="SQL"),
    ]
    assert parse_gives("Python (beginner to expert)") == [CourseSkill(skill="Python", level=E)]
