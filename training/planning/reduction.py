"""Leaves out courses that no shortest plan needs, before a search."""

from collections.abc import Iterator, Sequence

from training.planning.course_graph import CourseGraph
from training.planning.skill_bits import set_bits


def reduced(graph: CourseGraph) -> CourseGraph:
    """Return the courses that a shortest plan may hold, with a goal that they can cover.

    These are reachable, lead to the goal by what they give, and none of the others needs no more,
    gives no less and lasts no longer.
    """
    reached, order = graph.closure(range(len(graph.ids)))
    goal = graph.goal & reached
    relevant, useful = _leading_to(graph, goal, set(order))
    small = _selected(graph, sorted(relevant), goal, useful)
    return _selected(small, list(_undominated(small)), goal, useful)


def _leading_to(graph: CourseGraph, goal: int, allowed: set[int]) -> tuple[set[int], int]:
    """Return the courses that give something of a goal or of each other's needs, and those bits."""
    useful, new, relevant = goal, goal, set[int]()
    while new:
        found = {
            course for bit in set_bits(new) for course in graph.givers[bit] if course in allowed
        }
        wanted = 0
        for course in found - relevant:
            wanted |= graph.needs[course]
        relevant |= found
        new = wanted & ~useful
        useful |= new
    return relevant, useful


def _selected(graph: CourseGraph, courses: Sequence[int], goal: int, useful: int) -> CourseGraph:
    return CourseGraph(
        tuple(graph.ids[course] for course in courses),
        tuple(graph.needs[course] for course in courses),
        tuple(graph.gives[course] & useful for course in courses),
        tuple(graph.hours[course] for course in courses),
        goal,
    )


def _undominated(graph: CourseGraph) -> Iterator[int]:
    for course in range(len(graph.ids)):
        rarest = min(set_bits(graph.gives[course]), key=lambda bit: len(graph.givers[bit]))
        if not any(_dominates(graph, other, course) for other in graph.givers[rarest]):
            yield course


def _dominates(graph: CourseGraph, better: int, worse: int) -> bool:
    as_good = (
        not graph.needs[better] & ~graph.needs[worse]
        and not graph.gives[worse] & ~graph.gives[better]
        and graph.hours[better] <= graph.hours[worse]
    )
    if not as_good or better == worse:
        return False
    equal = all(own[better] == own[worse] for own in (graph.needs, graph.gives, graph.hours))
    return not equal or better < worse
