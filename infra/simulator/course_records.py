"""Courses of the simulated market: one for each skill that its occupations need or can use."""

from collections.abc import Iterator
from itertools import pairwise

from infra.simulator.record_fields import SOURCE
from infra.simulator.taxonomy_export import embedded_taxonomy
from streaming.contract.learning.course import Course, CourseSkill
from streaming.taxonomy.concept import Concept, ConceptKind

HOURS = (20.0, 30.0, 45.0)
"""How long courses last, in turn."""
PROVIDER = "Example School (made up)"


def courses() -> Iterator[Course]:
    """Yield a course for each skill, by the skill's id.

    Of the essential skills of an occupation each one needs the one before it, where the course of
    that one needs nothing. So no two courses need each other, and plans have an order.
    """
    taxonomy = embedded_taxonomy()
    needs: dict[str, str] = {}
    for occupation in taxonomy.of_kind(ConceptKind.OCCUPATION):
        for first, second in pairwise(occupation.essential_skills):
            if first not in needs and second not in needs.values():
                needs.setdefault(second, first)
    for number, skill in enumerate(taxonomy.of_kind(ConceptKind.SKILL)):
        needed = needs.get(skill.concept_id)
        yield Course(
            course_id=f"course-{number:03}",
            title=f"{_name(skill)}: a course",
            provider=PROVIDER,
            needs=[] if needed is None else [CourseSkill(skill=_name(taxonomy.by_id[needed]))],
            gives=[CourseSkill(skill=_name(skill))],
            duration_hours=HOURS[number % len(HOURS)],
            language="en",
            source=SOURCE,
        )


def _name(concept: Concept) -> str:
    return concept.name_in("en")
