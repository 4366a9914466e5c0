"""The shortest known chain of courses to each bit, beginning with what the person has."""

from collections import deque

from training.planning.course_graph import CourseGraph
from training.planning.skill_bits import set_bits

Chains = dict[int, int]
"""By bit the courses of a chain that ends with it, as bits of a number. A chain needs no other."""


def prerequisite_chains(graph: CourseGraph) -> Chains:
    """Return chains to all bits that can be reached.

    A course's chain is the union of the chains of its needs and itself. Needs may share courses, so
    that these chains are short and not always the shortest, which is as hard as set cover. A course
    is looked at again whenever the chain of one of its needs became shorter (Knuth 1977).
    """
    chains: Chains = {}
    users: dict[int, list[int]] = {}
    for course, needs in enumerate(graph.needs):
        for bit in set_bits(needs):
            users.setdefault(bit, []).append(course)
    shortest: dict[int, int] = {}
    queue = deque(range(len(graph.ids)))
    waiting = set(queue)
    while queue:
        course = queue.popleft()
        waiting.discard(course)
        chain = _chain_of(graph, course, chains)
        if chain is None or chain.bit_count() >= shortest.get(course, chain.bit_count() + 1):
            continue
        shortest[course] = chain.bit_count()
        for bit in set_bits(graph.gives[course]):
            if bit in chains and chains[bit].bit_count() <= chain.bit_count():
                continue
            chains[bit] = chain
            new = [user for user in users.get(bit, ()) if user not in waiting]
            waiting.update(new)
            queue.extend(new)
    return chains


def _chain_of(graph: CourseGraph, course: int, chains: Chains) -> int | None:
    chain = 0
    for bit in set_bits(graph.needs[course]):
        if bit not in chains:
            return None
        chain |= chains[bit]
    return None if chain >> course & 1 else chain | 1 << course
