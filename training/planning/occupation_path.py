"""Occupations on the way: the most probable path over the transitions that people make.

    P(to | from) = (transitions seen + PRIOR · share of to among the related) / (all seen + PRIOR)

Related are the occupations that the taxonomy relates to one another, and with half the weight those
that share a broader concept. The path with the largest product is found by Dijkstra's algorithm
(1959) over -log P.
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

from streaming.taxonomy.concept import ConceptKind, Taxonomy

PRIOR = 10.0
"""Transitions that the taxonomy's relations count as. With fewer seen, the relations decide."""
MOST_STEPS = 4
"""Transitions of a path. A longer one says nothing about a person's next years."""
_SIBLING = 0.5

Transitions = Counter[tuple[str, str]]
"""How often people went from one occupation to another."""


def transitions_of(careers: Iterable[Sequence[str]]) -> Transitions:
    """Count transitions between occupations that follow one another in somebody's career."""
    counts: Transitions = Counter()
    for career in careers:
        for before, after in pairwise(career):
            if before != after:
                counts[before, after] += 1
    return counts


@dataclass(frozen=True, eq=False)
class OccupationGraph:
    """Probabilities of transitions between occupations, by their ids."""

    probabilities: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, taxonomy: Taxonomy, transitions: Transitions) -> Self:
        """Join the taxonomy's relations and the transitions that were seen."""
        related = _related(taxonomy)
        seen: dict[str, Counter[str]] = defaultdict(Counter)
        for (before, after), count in transitions.items():
            seen[before][after] += count
        found: dict[str, dict[str, float]] = {}
        for own in related.keys() | seen.keys():
            weights, counts = related.get(own, {}), seen.get(own, Counter())
            whole = counts.total() + (PRIOR if weights else 0.0)
            share = PRIOR / sum(weights.values()) if weights else 0.0
            found[own] = {
                other: (counts[other] + share * weights.get(other, 0.0)) / whole
                for other in sorted(weights.keys() | counts.keys())
            }
        return cls(found)

    def path(self, start: str, goal: str) -> list[str]:
        """Return the occupations after the start, the goal last; empty where there is no path."""
        best: dict[tuple[str, int], float] = {}
        queue: list[tuple[float, list[str]]] = [(0.0, [start])]
        while queue:
            cost, path = heapq.heappop(queue)
            if path[-1] == goal:
                return path[1:]
            if len(path) > MOST_STEPS or best.get((path[-1], len(path)), math.inf) < cost:
                continue
            for other, probability in self.probabilities.get(path[-1], {}).items():
                total, place = cost - math.log(probability), (other, len(path) + 1)
                if other not in path and total < best.get(place, math.inf):
                    best[place] = total
                    heapq.heappush(queue, (total, [*path, other]))
        return []


def _related(taxonomy: Taxonomy) -> dict[str, dict[str, float]]:
    occupations = taxonomy.of_kind(ConceptKind.OCCUPATION)
    known = {own.concept_id for own in occupations}
    below: dict[str, list[str]] = defaultdict(list)
    weights: dict[str, dict[str, float]] = defaultdict(dict)

    def relate(one: str, other: str, weight: float) -> None:
        if one in known and other in known and one != other:
            for own, target in ((one, other), (other, one)):
                weights[own][target] = max(weight, weights[own].get(target, 0.0))

    for own in occupations:
        for other in (*own.related, *own.broader):
            relate(own.concept_id, other, 1.0)
        for group in own.broader:
            below[group].append(own.concept_id)
    for siblings in below.values():
        for place, one in enumerate(siblings):
            for other in siblings[place + 1 :]:
                relate(one, other, _SIBLING)
    return weights
