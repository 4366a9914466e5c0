"""The way to an occupation: over others where that helps, by courses, with postings in reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streaming.taxonomy.concept import Concept
from training.planning.course_graph import CourseOffer
from training.planning.course_plan import CoursePlan, plan_courses
from training.planning.level import Level
from training.planning.person import Person, needed_skills
from training.planning.posting_reach import OpenPostings
from training.planning.skill_bits import Levels


@dataclass(frozen=True)
class Missing:
    """A skill that the goal needs and the person lacks."""

    skill: str
    postings: int
    """Open postings that ask for it."""
    covered: bool
    """Whether courses lead to it."""


@dataclass(frozen=True)
class Step:
    """A course, or an occupation that is reached."""

    course: str | None
    occupation: Concept | None
    gained: Levels
    """What is new, or is known at a higher level, after it."""
    in_reach: int
    """Open postings in reach after it."""
    more: int
    """Postings that came within reach by it."""


@dataclass(frozen=True, kw_only=True)
class CareerPlan:
    """A plan to an occupation."""

    goal: Concept
    had: Sequence[str]
    """Skills of the goal that the person has."""
    missing: Sequence[Missing]
    """The most asked for first."""
    steps: Sequence[Step]
    in_reach: int
    """Open postings in reach before the first step."""
    postings: int
    """Open postings that name skills."""
    without_skills: int
    needing_themselves: Sequence[str]

    @property
    def is_reached(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def requirement(occupation: Concept) -> dict[str, Level]:
    """Return the skills that an occupation needs; a taxonomy knows no levels, so any is enough."""
    return dict.fromkeys(needed_skills(occupation), Level.of(None))


def plan_career(
    person: Person,
    way: Sequence[Concept],
    offers: Sequence[CourseOffer],
    postings: OpenPostings,
) -> CareerPlan:
    """Plan the way to an occupation.

    Args:
        person: whose plan it is.
        way: occupations that may be steps, and the goal as the last of them.
        offers: courses.
        postings: open ones.

    Returns:
        A plan over the occupations of the way if that takes no more courses than the direct way
        and courses lead to all of what they need; else the direct way.
    """
    have, goal = person.have, requirement(way[-1])
    direct = [(way[-1], plan_courses(offers, have, goal))]
    stages = _stages(way, offers, have) if len(way) > 1 else direct
    if sum(len(plan.courses) for _, plan in stages) > len(direct[0][1].courses):
        stages = direct
    if any(plan.uncovered for _, plan in stages[:-1]):
        stages = direct
    demand, known = postings.demand(), direct[0][1]
    missing = (
        Missing(skill, demand[skill], skill not in known.uncovered) for skill in known.missing
    )
    return CareerPlan(
        goal=way[-1],
        had=[skill for skill in goal if skill in have],
        missing=sorted(missing, key=lambda own: (-own.postings, own.skill)),
        steps=_steps(stages, {offer.course_id: offer for offer in offers}, have, postings),
        in_reach=postings.in_reach(have),
        postings=len(postings),
        without_skills=postings.without_skills,
        needing_themselves=known.needing_themselves,
    )


def _stages(
    way: Sequence[Concept], offers: Sequence[CourseOffer], have: Levels
) -> list[tuple[Concept, CoursePlan]]:
    by_id = {offer.course_id: offer for offer in offers}
    stages = []
    for occupation in way:
        plan = plan_courses(offers, have, requirement(occupation))
        stages.append((occupation, plan))
        for course in plan.courses:
            have = {**have, **_gained(have, by_id[course])}
    return stages


def _gained(have: Levels, offer: CourseOffer) -> dict[str, Level]:
    return {skill: level for skill, level in offer.gives.items() if have.get(skill, 0) < level}


def _steps(
    stages: Sequence[tuple[Concept, CoursePlan]],
    by_id: Mapping[str, CourseOffer],
    have: Levels,
    postings: OpenPostings,
) -> list[Step]:
    steps, reached = list[Step](), postings.in_reach(have)
    for occupation, plan in stages:
        for course in plan.courses:
            gained = _gained(have, by_id[course])
            have = {**have, **gained}
            now = postings.in_reach(have)
            steps.append(Step(course, None, gained, now, now - reached))
            reached = now
        if not plan.uncovered:
            steps.append(Step(None, occupation, {}, reached, 0))
    return steps
