"""The shortest known chain of courses to each bit, beginning with what the person has."""

from collections import deque
from collections.abc import Sequence

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
    given = [list(set_bits(gives)) for gives in graph.gives]
    needed = [list(set_bits(needs)) for needs in graph.needs]
    for course, bits in enumerate(needed):
        for bit in bits:
            users.setdefault(bit, []).append(course)
    shortest: dict[int, int] = {}
    lengths: dict[int, int] = {}
    queue = deque(range(len(graph.ids)))
    waiting = set(queue)
    while queue:
        course = queue.popleft()
        waiting.discard(course)
        chain = _chain_of(course, needed[course], chains)
        if chain is None:
            continue
        length = chain.bit_count()
        if shortest.get(course, length + 1) <= length:
            continue
        shortest[course] = length
        for bit in given[course]:
            if lengths.get(bit, length + 1) <= length:
                continue
            chains[bit], lengths[bit] = chain, length
            new = [user for user in users.get(bit, ()) if user not in waiting]
            waiting.update(new)
            queue.extend(new)
    return chains


def _chain_of(course: int, needs: Sequence[int], chains: Chains) -> int | None:
    chain = 0
    for bit in needs:
        if bit not in chains:
            return None
        chain |= chains[bit]
    return None if chain >> course & 1 else chain | 1 << course
