"""The plan of one candidate: a function of the stated part, the goal and the market alone.

The job and the command make plans here, so equal inputs give equal bytes in both.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from jobs.planning.planning_market import PlanningMarket
from streaming.contract.learning.course import CourseSkill, SkillLevel
from streaming.contract.learning.plan import (
    MissingSkill,
    Plan,
    PlanOccupation,
    PlanSkill,
    PlanStep,
    PlanTrouble,
)
from streaming.errors import quote
from streaming.taxonomy.concept import Concept, ConceptKind
from streaming.timestamps import parse_timestamp
from training.planning.career_plan import CareerPlan, Step, plan_career
from training.planning.person import Person, person_of
from training.planning.skill_keys import SkillKeys

ASKED_OF = ("goal", "skills", "experience", "language", "updated_at")
"""Fields of the stated part that a plan depends on."""
_NEAREST = 3
"""Occupations that are offered where a goal is none."""

Stated = Mapping[str, Any]
"""A stated part, as in values of the topic `profiles`."""


def goal_of(stated: Stated | None, market: PlanningMarket) -> str | None:
    """Return the goal of a stated part: `goal`, else the first wish that names an occupation."""
    if not stated:
        return None
    if (stated.get("goal") or "").strip():
        return str(stated["goal"]).strip()
    best = market.keys.mapper.best
    wishes = stated.get("wishes") or ()
    return next((wish for wish in wishes if best(wish, ConceptKind.OCCUPATION)), None)


def as_of(stated: Stated, market: PlanningMarket) -> str:
    """Return when a plan counts postings as open: the newest time that is known."""
    return max(market.as_of, str(stated["updated_at"]))


def plan_id(candidate_id: str, stated: Stated, goal: str, market: PlanningMarket) -> str:
    """Return the hash of all that a plan is a function of."""
    asked = {name: stated[name] for name in ASKED_OF if stated.get(name)}
    inputs = [candidate_id, goal, asked, market.versions.model_dump(), as_of(stated, market)]
    text = orjson.dumps(inputs, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]


def make_plan(candidate_id: str, stated: Stated, goal: str, market: PlanningMarket) -> Plan:
    """Plan the way of a candidate to a goal. What stands in the way is told in the plan."""
    keys = market.keys.in_language(stated.get("language"))
    person, moment = person_of({"stated": stated}, keys), as_of(stated, market)
    postings = market.open_postings(moment)
    plan = Plan(
        plan_id=plan_id(candidate_id, stated, goal, market),
        candidate_id=candidate_id,
        goal=goal,
        held=[own.name_in(keys.language) for own in person.held],
        postings=len(postings),
        postings_without_skills=postings.without_skills,
        in_reach=postings.in_reach(person.have),
        courses=len(market.courses),
        versions=market.versions,
        as_of=parse_timestamp(moment),
    )
    found = keys.mapper.best(goal, ConceptKind.OCCUPATION)
    if found is None:
        return plan.model_copy(update=_unknown_goal(keys, goal))
    occupation = found.concept
    name = occupation.name_in(keys.language)
    plan = plan.model_copy(
        update={"occupation": PlanOccupation(concept_id=occupation.concept_id, name=name)}
    )
    if not (occupation.essential_skills or occupation.optional_skills):
        return plan.model_copy(update=_without_skills(keys, occupation))
    way = _way(person, occupation, market)
    career = plan_career(person, way, market.offers, postings)
    return plan.model_copy(update=_contents(career, person, keys, market))


def _unknown_goal(keys: SkillKeys, goal: str) -> dict[str, Any]:
    index = keys.mapper.indices.get(ConceptKind.OCCUPATION)
    nearest = [
        one.concept.name_in(keys.language)
        for one in (index.ranked(goal, _NEAREST) if index else ())
    ]
    names = ", ".join(nearest)
    offered = f"did you mean one of these: {names}?" if names else "it has no occupations"
    source = keys.mapper.taxonomy.source
    text = f"the taxonomy {source} has no occupation {quote(goal)}; {offered}"
    return {"trouble": PlanTrouble.UNKNOWN_GOAL, "text": text, "nearest": nearest}


def _without_skills(keys: SkillKeys, occupation: Concept) -> dict[str, Any]:
    text = (
        f"the taxonomy {keys.mapper.taxonomy.source} names no skills of {occupation.name}; import"
        " the files of its relations too, or another taxonomy"
    )
    return {"trouble": PlanTrouble.GOAL_WITHOUT_SKILLS, "text": text}


def _way(person: Person, goal: Concept, market: PlanningMarket) -> list[Concept]:
    """Return the occupations from the newest one that somebody held to the goal."""
    if not person.held or person.held[-1].concept_id == goal.concept_id:
        return [goal]
    path = market.graph.path(person.held[-1].concept_id, goal.concept_id)
    return [market.keys.mapper.taxonomy.by_id[one] for one in path] or [goal]


def _contents(
    career: CareerPlan, person: Person, keys: SkillKeys, market: PlanningMarket
) -> dict[str, Any]:
    names = [market.courses[course_id].title for course_id in career.needing_themselves]
    return {
        **_trouble(career, market),
        "had": [
            PlanSkill(skill=keys.name(skill), stated=skill in person.stated) for skill in career.had
        ],
        "missing": [
            MissingSkill(skill=keys.name(own.skill), postings=own.postings, covered=own.covered)
            for own in career.missing
        ],
        "steps": _steps(career.steps, keys, market),
        "needing_themselves": names,
    }


def _trouble(career: CareerPlan, market: PlanningMarket) -> dict[str, Any]:
    if career.is_reached:
        text = "the goal is reached: nothing that it needs is missing"
        return {"trouble": PlanTrouble.REACHED, "text": text}
    if not market.courses:
        text = "there are no courses yet; `careerstream import courses` brings them in"
        return {"trouble": PlanTrouble.NO_COURSES, "text": text}
    if not any(own.covered for own in career.missing):
        text = "no courses lead to any of the missing skills"
        return {"trouble": PlanTrouble.NOTHING_LEADS, "text": text}
    return {}


def _steps(steps: Sequence[Step], keys: SkillKeys, market: PlanningMarket) -> list[PlanStep]:
    return [
        _course_step(step, step.course, keys, market)
        if step.course is not None
        else PlanStep(
            occupation=step.occupation.name_in(keys.language) if step.occupation else None,
            in_reach=step.in_reach,
            more=step.more,
        )
        for step in steps
    ]


def _course_step(step: Step, course_id: str, keys: SkillKeys, market: PlanningMarket) -> PlanStep:
    course = market.courses[course_id]
    return PlanStep(
        course_id=course_id,
        title=course.title,
        provider=course.provider,
        hours=course.duration_hours,
        url=course.url,
        gives=[
            CourseSkill(skill=keys.name(skill), level=SkillLevel(level.name.lower()))
            for skill, level in sorted(step.gained.items())
        ],
        in_reach=step.in_reach,
        more=step.more,
    )
