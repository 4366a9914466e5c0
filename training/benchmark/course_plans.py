"""Plans of courses from what people know to goals, against greedy set cover.

Goals are what others of the same people know: all of it, or ten skills of it. A level that somebody
has, or that a course gives, includes the lower ones; unknown levels count as beginner. What is
coverable, and whether needs are met, is found out here in the plainest way, not by the planner.
"""

import csv
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from streaming.contract.learning.course import SkillLevel
from streaming.errors import InputError
from streaming.importing.parsers.skill_levels import given_level, needed_level
from training.planning.course_graph import CourseOffer
from training.planning.course_plan import CoursePlan, plan_courses
from training.planning.course_search import ROUNDS
from training.planning.level import Level
from training.planning.skill_bits import Levels

FEW = 10
"""Skills of a small goal."""
GOALS = {"all skills of another": None, f"{FEW} skills of another": FEW}
"""Kinds of goals, and how many skills they have at most."""
_SLOWEST = 99


@dataclass(frozen=True)
class PlanQuestions:
    """Courses, and people by their ids with what they know."""

    offers: Sequence[CourseOffer]
    people: Mapping[str, Levels]
    unnamed: int
    """Skills that are in no row of the file of skills."""


def read_questions(courses: Path, resumes: Path, skills: Path) -> PlanQuestions:
    """Read three files.

    Args:
        courses: JSON: course → `required` and `to_acquire`, lists of [number of a skill, level].
        resumes: JSON: person → list of [number of a skill, level].
        skills: CSV with the column `unique_id`, the numbers of all skills.

    Raises:
        InputError: a file cannot be read or is of another layout.
    """
    offers = [
        CourseOffer(
            course_id=course_id,
            needs=_levels(courses, value, "required", needed_level),
            gives=_levels(courses, value, "to_acquire", given_level),
        )
        for course_id, value in _document(courses).items()
    ]
    people = {
        person: _levels(resumes, {"skills": value}, "skills", needed_level)
        for person, value in _document(resumes).items()
    }
    named = _numbers(skills)
    used = {skill for offer in offers for skill in (*offer.needs, *offer.gives)}
    used |= {skill for levels in people.values() for skill in levels}
    return PlanQuestions(offers, people, len(used - named))


def measure_plans(
    questions: PlanQuestions,
    *,
    goals: int,
    seed: int,
    on_progress: Callable[[str, float], None],
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    """Plan for everybody to some goals of each kind.

    Returns:
        By KIND/METRIC: `plans`; `needs met`, the share of plans whose courses can all be taken in
        their order; `covered`, the share of the coverable missing skills; `missing` and `coverable`
        skills of a plan; `courses` and `greedy`, courses of a plan, with the numbers of plans that
        are `fewer`, `equal` or `more`; `seconds` and `slowest` (the 99th percentile).
    """
    report: dict[str, Any] = {
        "people": len(questions.people),
        "courses": len(questions.offers),
        "unnamed": questions.unnamed,
    }
    by_id = {offer.course_id: offer for offer in questions.offers}
    for kind, size in GOALS.items():
        chosen = list(_goals(questions.people, goals, size, seed))
        rows = list[dict[str, float]]()
        for number, (person, goal) in enumerate(chosen):
            on_progress(f"planning: {kind}", number / len(chosen))
            have = questions.people[person]
            started = time.perf_counter()
            plan = plan_courses(questions.offers, have, goal, rounds)
            seconds = time.perf_counter() - started
            rows.append(_judged(plan, by_id, have, goal) | {"seconds": seconds})
        report |= {f"{kind}/{name}": value for name, value in _summary(rows).items()}
    return report


def _goals(
    people: Mapping[str, Levels], count: int, size: int | None, seed: int
) -> Iterator[tuple[str, Levels]]:
    chance = random.Random(seed)
    names = sorted(people)
    for person in names:
        others = [other for other in names if other != person]
        for other in chance.sample(others, min(count, len(others))):
            skills = sorted(people[other])
            kept = skills if size is None else chance.sample(skills, min(size, len(skills)))
            yield person, {skill: people[other][skill] for skill in kept}


def _judged(
    plan: CoursePlan, by_id: Mapping[str, CourseOffer], have: Levels, goal: Levels
) -> dict[str, float]:
    known, is_met = dict(have), True
    for course_id in plan.courses:
        is_met &= _meets(known, by_id[course_id].needs)
        _take(known, by_id[course_id])
    most = _closure(have, list(by_id.values()))
    missing = {skill: level for skill, level in goal.items() if have.get(skill, 0) < level}
    coverable = [skill for skill, level in missing.items() if most.get(skill, 0) >= level]
    return {
        "needs met": is_met,
        "missing": len(missing),
        "coverable": len(coverable),
        "covered": sum(known.get(skill, 0) >= missing[skill] for skill in coverable),
        "courses": len(plan.courses),
        "greedy": len(plan.greedy_courses),
    }


def _summary(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    columns = {name: np.array([row[name] for row in rows], float) for name in rows[0]}
    coverable, difference = columns["coverable"], columns["courses"] - columns["greedy"]
    means = ("needs met", "missing", "coverable", "courses", "greedy", "seconds")
    return {
        "plans": len(rows),
        **{name: float(columns[name].mean()) for name in means},
        "covered": float(columns["covered"].sum() / max(coverable.sum(), 1)),
        "fewer": int((difference < 0).sum()),
        "equal": int((difference == 0).sum()),
        "more": int((difference > 0).sum()),
        "slowest": float(np.percentile(columns["seconds"], _SLOWEST)),
    }


def _closure(have: Levels, offers: Sequence[CourseOffer]) -> dict[str, Level]:
    known, waiting = dict(have), list(offers)
    while ready := [offer for offer in waiting if _meets(known, offer.needs)]:
        for offer in ready:
            _take(known, offer)
        done = {offer.course_id for offer in ready}
        waiting = [offer for offer in waiting if offer.course_id not in done]
    return known


def _meets(known: Levels, needs: Levels) -> bool:
    return all(known.get(skill, 0) >= level for skill, level in needs.items())


def _take(known: dict[str, Level], offer: CourseOffer) -> None:
    for skill, level in offer.gives.items():
        known[skill] = max(level, known.get(skill, level))


def _document(file: Path) -> Mapping[str, Any]:
    try:
        value = orjson.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read: {error}; give a JSON file") from error
    if not isinstance(value, dict) or not value:
        raise InputError(f"{file} is no JSON object with entries; give one, by ids")
    return value


def _levels(
    file: Path, value: Any, name: str, level_of: Callable[[str], SkillLevel | None]
) -> dict[str, Level]:
    """Return the highest level of each skill."""
    found: dict[str, Level] = {}
    try:
        for skill, text in value[name]:
            level = Level.of(level_of(text))
            found[str(skill)] = max(level, found.get(str(skill), level))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{file} has no lists of [skill, level] under {name}: {error!r}; give such a file"
        ) from error
    return found


def _numbers(file: Path) -> set[str]:
    try:
        with file.open(encoding="utf-8", newline="") as text:
            rows = csv.DictReader(text)
            if "unique_id" not in (rows.fieldnames or ()):
                raise InputError(f"{file} has no column unique_id; give the file of skills")
            return {row["unique_id"] for row in rows}
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{file} cannot be read: {error}; give a CSV file") from error
