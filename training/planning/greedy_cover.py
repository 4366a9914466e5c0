"""The greedy set cover that plans are compared with (Chvátal 1979), made to respect needs."""

from training.planning.course_graph import CourseGraph
from training.planning.prerequisite_chains import prerequisite_chains
from training.planning.skill_bits import set_bits


def greedy_cover(graph: CourseGraph) -> list[int]:
    """Return courses that cover the goal of a reduced graph, in the order in which they are taken.

    Of the courses that can be taken now, take the one that gives most of what is missing of the
    goal; equal ones by id. Where none gives anything of it, take the shortest chain to a course
    that does.
    """
    plan, reached = list[int](), 0
    while missing := graph.goal & ~reached:
        gains = {
            course: (graph.gives[course] & missing).bit_count()
            for course in range(len(graph.ids))
            if not graph.needs[course] & ~reached
        }
        best = max(gains, key=lambda course: (gains[course], -course))
        steps = [best] if gains[best] else _nearest_chain(graph, reached, missing)
        plan += steps
        for course in steps:
            reached |= graph.gives[course]
    return plan


def _nearest_chain(graph: CourseGraph, reached: int, missing: int) -> list[int]:
    rest = CourseGraph(
        graph.ids,
        tuple(needs & ~reached for needs in graph.needs),
        tuple(gives & ~reached for gives in graph.gives),
        graph.hours,
        missing,
    )
    chains = prerequisite_chains(rest)

    def quality(bit: int) -> tuple[int, int, int]:
        chain = chains[bit]
        covered = 0
        for course in set_bits(chain):
            covered |= graph.gives[course]
        return chain.bit_count(), -(covered & missing).bit_count(), bit

    nearest = min(set_bits(missing), key=quality)
    return rest.closure(set_bits(chains[nearest]))[1]
