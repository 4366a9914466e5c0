"""Searches for few courses that cover a goal: greedy, then large neighbourhood search (Shaw 1998).

A partial plan is completed need by need: of what is open, the rarest is given by the course that
closes most for the courses that it costs. What is redundant is left out. Then some courses are
removed by chance, the plan is completed anew, and the new plan is kept unless it is longer.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from training.planning.course_graph import CourseGraph
from training.planning.prerequisite_chains import Chains, prerequisite_chains
from training.planning.skill_bits import set_bits

ROUNDS = 100
"""After 100 rounds plans of 40 courses have 10 % more courses than a lower bound, after 300 8 %."""
_NOISE = 0.5
"""Scores of a completion are multiplied by up to 1.5. Without noise it would repeat itself."""
_MOST_REMOVED = 8
_SEED = 7


@dataclass(frozen=True, eq=False)
class CourseSearch:
    """A search over a reduced graph (`reduction`)."""

    graph: CourseGraph

    @cached_property
    def _chains(self) -> Chains:
        return prerequisite_chains(self.graph)

    def best(self, rounds: int, *others: Sequence[int]) -> list[int]:
        """Return the courses of a plan in order: none is redundant, and equal inputs are equal.

        Args:
            rounds: of removing and completing.
            others: plans to begin with, if one of them is the shortest.
        """
        if not self.graph.goal:
            return []
        chance = random.Random(_SEED)
        starts = [self._completed([], None), *map(list, others)]
        plan = min((self.without_redundant(start) for start in starts), key=self.cost)
        for _ in range(rounds):
            most = max(2, min(_MOST_REMOVED, len(plan) // 3))
            removed = set(chance.sample(plan, min(chance.randint(1, most), len(plan))))
            kept = self.graph.closure(course for course in plan if course not in removed)[1]
            new = self.without_redundant(self._completed(kept, chance), chance)
            if self.cost(new) <= self.cost(plan):
                plan = new
        return plan

    def cost(self, plan: Sequence[int]) -> tuple[int, float]:
        """Return what is made small: first the number of courses, then their hours."""
        return len(plan), self.graph.length(plan)

    def without_redundant(
        self, plan: Sequence[int], chance: random.Random | None = None
    ) -> list[int]:
        """Leave out courses without which the others still cover the goal.

        They are tried by chance, or the longest first. With a course those go that it was needed
        for.
        """
        hours = self.graph.hours
        tried = sorted(plan, key=lambda course: (-hours[course], -course))
        if chance:
            chance.shuffle(tried)
        kept = self.graph.closure(plan)[1]
        alone = self._given_once(kept)
        for course in tried:
            if course not in kept or self.graph.gives[course] & alone:
                continue
            reached, rest = self.graph.closure(other for other in kept if other != course)
            if not self.graph.goal & ~reached:
                kept, alone = rest, self._given_once(rest)
        return kept

    def _given_once(self, plan: Sequence[int]) -> int:
        """Return the bits of the goal that one course alone gives."""
        once, again = 0, 0
        for course in plan:
            again |= once & self.graph.gives[course]
            once |= self.graph.gives[course]
        return self.graph.goal & once & ~again

    def _completed(self, plan: Sequence[int], chance: random.Random | None) -> list[int]:
        """Add courses until the goal and all needs are met."""
        graph = self.graph
        taken, given, wanted = 0, 0, graph.goal
        for course in plan:
            taken |= 1 << course
            given |= graph.gives[course]
            wanted |= graph.needs[course]
        while missing := wanted & ~given:
            course = self._next(missing, taken, given, chance)
            taken |= 1 << course
            given |= graph.gives[course]
            wanted |= graph.needs[course]
        reached, order = graph.closure(set_bits(taken))
        if not graph.goal & ~reached:
            return order
        for bit in set_bits(wanted & ~reached):  # courses that need each other in a circle
            taken |= self._chains[bit]
        return graph.closure(set_bits(taken))[1]

    def _next(self, missing: int, taken: int, given: int, chance: random.Random | None) -> int:
        """Return the course to add for the rarest of the missing bits."""
        graph = self.graph

        def noise() -> float:
            return 1 + _NOISE * chance.random() if chance else 1.0

        rarest = min(set_bits(missing), key=lambda bit: len(graph.givers[bit]) * noise())
        best, highest = -1, (-1.0, 0.0)
        for course in graph.givers[rarest]:
            before = 0
            for bit in set_bits(graph.needs[course] & ~given):
                before |= self._chains[bit]
            cost = 1 + (before & ~taken).bit_count()
            score = (graph.gives[course] & missing).bit_count() / cost * noise()
            if (score, -graph.hours[course]) > highest:
                best, highest = course, (score, -graph.hours[course])
        return best
