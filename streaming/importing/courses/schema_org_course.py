"""Converts JSON-LD of schema.org/Course to the values of `course.Course`.

A skill is a text, a DefinedTerm or an AlignmentObject. Its level is its own educationalLevel, or
stands in parentheses after its name. A prerequisite that is a course stands for what that course
teaches, where it says so, and else for its name.
"""

import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from streaming.contract.learning.course import CourseSkill, SkillLevel
from streaming.contract.records import MAX_ID_LENGTH
from streaming.contract.rejection_reasons import RejectionReason
from streaming.importing.json_ld import Document, Reader
from streaming.importing.parsers.durations import parse_hours
from streaming.importing.parsers.html_text import plain_text
from streaming.importing.parsers.skill_levels import (
    given_level,
    needed_level,
    parse_gives,
    parse_needs,
)
from streaming.importing.rows import RowError, stable_id
from streaming.importing.schema_org import find_identifier, find_language, find_url, line_of

_NEEDS = ("coursePrerequisites", "competencyRequired")
_GIVES = ("teaches", "educationalCredentialAwarded", "about")
_NAMES = ("name", "targetName", "alternateName", "termCode", "credentialCategory")

ParseList = Callable[[str], list[CourseSkill]]
LevelOf = Callable[[str], SkillLevel | None]


def find_courses(document: Any) -> list[Reader]:
    """Return the courses of a document, wherever they stand in it; it is changed in place.

    Raises:
        RowError: there are none.
    """
    read = Document(document, "Course")
    if not read.postings:
        types = textwrap.shorten(", ".join(read.types) or "none", 80, placeholder=" …")
        raise RowError(
            RejectionReason.NOT_A_COURSE,
            f"no schema.org Course here (@type: {types}); give objects of that @type",
        )
    return [Reader(read, node) for node in read.postings]


def course_values(course: Reader) -> dict[str, Any]:
    """Return one Course as the values of a Course.

    Raises:
        RowError: it has no name, or a value is too large or too deep.
    """
    title = line_of(course, "name")
    if not title:
        raise RowError(RejectionReason.MISSING_FIELD, "field name is missing and must be given")
    node = course.node
    values: dict[str, Any] = {
        "title": title,
        "description": plain_text(course.text(node.get("description"), join="\n\n") or ""),
        "needs": _skills(course, _NEEDS, parse_needs, needed_level),
        "gives": _skills(course, _GIVES, parse_gives, given_level),
        "level": given_level(line_of(course, "educationalLevel")),
        "provider": line_of(course, "provider"),
        "url": find_url(course),
        "language": find_language(course),
        "duration_hours": _hours(course),
    }
    known = {name: value for name, value in values.items() if value}
    unique: str = (
        find_identifier(course)
        or values["url"]
        or course.iri(node)
        or stable_id(title, values["provider"], values["description"])
    )
    course_id = unique if len(unique) <= MAX_ID_LENGTH else stable_id(unique)
    return {"course_id": course_id, **known}


def _skills(
    course: Reader, names: tuple[str, ...], parse: ParseList, level_of: LevelOf
) -> list[CourseSkill]:
    """Return the skills of some properties, each once, at the first level that is named."""
    found: dict[str, CourseSkill] = {}
    for name in names:
        for skill in _skills_of(course, course.node.get(name), parse, level_of):
            known = found.get(skill.skill.casefold())
            if known is None or known.level is None:
                found[skill.skill.casefold()] = skill
    return list(found.values())


def _skills_of(
    course: Reader, value: Any, parse: ParseList, level_of: LevelOf
) -> Iterator[CourseSkill]:
    for part in course.parts(value):
        if not isinstance(part, dict):
            yield from parse(plain_text(course.text(part) or ""))
        elif "Course" in part.get("@type", []) and part.get("teaches"):
            # what the other course teaches is read as it stands, not what that refers to
            for taught in course.parts(part["teaches"]):
                yield from _skill_of(course, taught, parse, level_of)
        else:
            yield from _skill_of(course, part, parse, level_of)


def _skill_of(
    course: Reader, part: Any, parse: ParseList, level_of: LevelOf
) -> Iterator[CourseSkill]:
    if not isinstance(part, dict):
        yield from parse(plain_text(course.text(part) or ""))
        return
    texts = (course.text(part.get(name)) for name in _NAMES)
    text = next(filter(None, texts), None)
    level = level_of(course.text(part.get("educationalLevel")) or "")
    if text:
        yield from (
            skill if level is None else CourseSkill(skill=skill.skill, level=level)
            for skill in parse(plain_text(text))
        )


def _hours(course: Reader) -> float | None:
    """Return timeRequired, or the workload of the first instance that says one."""
    instances = course.parts(course.node.get("hasCourseInstance"))
    workloads = [part.get("courseWorkload") for part in instances if isinstance(part, dict)]
    texts = map(course.text, [course.node.get("timeRequired"), *workloads])
    for text in filter(None, texts):
        try:
            return parse_hours(text)
        except ValueError:
            continue  # a workload in words, such as "flexible"
    return None
