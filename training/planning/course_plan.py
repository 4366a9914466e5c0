"""Courses that lead from what somebody has to a goal: few, short, and in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.planning.course_graph import CourseGraph, CourseOffer
from training.planning.course_search import ROUNDS, CourseSearch
from training.planning.greedy_cover import greedy_cover
from training.planning.reduction import reduced
from training.planning.skill_bits import Levels, SkillBits


@dataclass(frozen=True)
class CoursePlan:
    """What to take, and what that leads to."""

    courses: Sequence[str]
    """Ids in order: when a course is taken, its needs are met. None is redundant."""
    missing: Levels
    """What the goal needs and the person lacks."""
    uncovered: Levels
    """The part of it to which no courses lead, whatever is taken."""
    needing_themselves: Sequence[str]
    """Ids of courses that can never be taken: they need what only they give."""
    greedy_courses: Sequence[str]
    """What greedy set cover takes, for comparison."""


def plan_courses(
    offers: Iterable[CourseOffer], have: Levels, goal: Levels, rounds: int = ROUNDS
) -> CoursePlan:
    """Plan courses to a goal.

    Args:
        offers: in any order; of equal ids the last one counts.
        have: what the person knows.
        goal: what the goal needs.
        rounds: of improvement. 3,000 courses and a goal of 50 missing skills take half a second
            with 100 rounds.

    Returns:
        A plan that covers all of the goal that any courses lead to. It never has more courses than
        greedy set cover. Equal arguments give equal plans.
    """
    offers = list(offers)
    bits = SkillBits.of(
        have, goal, *(offer.needs for offer in offers), *(offer.gives for offer in offers)
    )
    graph = CourseGraph.of(bits, offers, have, goal)
    small = reduced(graph)
    greedy = greedy_cover(small)
    found = CourseSearch(small).best(rounds, greedy)
    return CoursePlan(
        courses=[small.ids[course] for course in found],
        missing=bits.levels(graph.goal),
        uncovered=bits.levels(graph.goal & ~small.goal),
        needing_themselves=[graph.ids[course] for course in graph.needing_themselves()],
        greedy_courses=[small.ids[course] for course in greedy],
    )
