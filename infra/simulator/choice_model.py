"""Which postings a site shows a candidate, and how much the candidate likes each.

A search returns postings of the occupation searched for, some of a neighbouring one and some of any
occupation. The site ranks by fit, distance, popularity and age.
"""

from dataclasses import dataclass

import numpy as np

from infra.simulator.population.candidates import Candidates
from infra.simulator.population.postings import Postings
from infra.simulator.population.random_streams import (
    MICROS_PER_DAY,
    MICROS_PER_HOUR,
    gumbel_noise,
)
from infra.simulator.population.taxonomy import Taxonomy
from infra.simulator.posting_index import PostingIndex

PAGE = 20
"""Postings on a page."""
LONGEST_SESSION = 2 * MICROS_PER_HOUR
"""Microseconds. A posting that closes sooner is not shown."""

_OWN_POOL, _NEAR_POOL, _ANY_POOL = 36, 14, 16
_SEARCH_OWN, _SEARCH_NEAR = 0.73, 0.88
_DRIFT_DAYS = 8.0


@dataclass(frozen=True)
class ChoiceModel:
    """Utilities of postings for candidates, and the search pages ranked by them.

    The weights were tuned on the clicks they produce. Tests check the share of clicks in the own or
    a neighbouring occupation and the share of last clicks on postings that somebody has clicked
    before.
    """

    taxonomy: Taxonomy
    postings: Postings
    candidates: Candidates

    def search(
        self, candidate: int, time: int, day: float, index: PostingIndex, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what one search shows.

        Args:
            candidate: the candidate's number.
            time: microseconds since 1970.
            day: the same time in days since the start.
            index: the postings of that day.
            rng: source of randomness.

        Returns:
            At most two pages of postings, best first, (N,), and the candidate's utility of each.
        """
        drift = self._drift(candidate, day)
        occupation = self._searched_occupation(candidate, drift, rng)
        rows = self._pool(candidate, occupation, time, index, rng)
        if not len(rows):
            return rows, np.empty(0)
        fit, popularity = self._utility(candidate, drift, rows, time)
        relevance = 1.5 * (self.postings.occupation[rows] == occupation)
        order = np.argsort(-(relevance + 0.5 * fit + popularity + gumbel_noise(rng, len(rows))))
        order = order[: 2 * PAGE]
        return rows[order], (fit + popularity)[order]

    def _drift(self, candidate: int, day: float) -> float:
        """Return the share of the interest that has moved to the neighbouring occupation."""
        if self.candidates.drifts_to[candidate] < 0:
            return 0.0
        return float(1 / (1 + np.exp((self.candidates.drifts_on[candidate] - day) / _DRIFT_DAYS)))

    def _searched_occupation(self, candidate: int, drift: float, rng: np.random.Generator) -> int:
        """Draw the occupation that is searched for."""
        moved, kind, pick = rng.random(3)
        drifted = moved < drift
        target = self.candidates.drifts_to if drifted else self.candidates.occupation
        base = int(target[candidate])
        if kind < _SEARCH_OWN:
            return base
        if kind < _SEARCH_NEAR:
            neighbours = self.taxonomy.neighbours[base]
            return int(neighbours[int(pick * len(neighbours))])
        return int(pick * self.taxonomy.size)

    def _pool(
        self,
        candidate: int,
        occupation: int,
        time: int,
        index: PostingIndex,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Sample open postings that the search could show, without repetition."""
        language = int(self.candidates.language[candidate])
        neighbours = self.taxonomy.neighbours[occupation]
        near = int(neighbours[int(rng.random() * len(neighbours))])
        rows = np.unique(
            np.concatenate(
                [
                    index.sample_occupation(language, occupation, _OWN_POOL, rng),
                    index.sample_occupation(language, near, _NEAR_POOL, rng),
                    index.sample_language(language, _ANY_POOL, rng),
                    index.sample_language(1 - language, 1, rng),
                ]
            )
        )
        shown = (self.postings.opens[rows] <= time) & (
            self.postings.closes[rows] >= time + LONGEST_SESSION
        )
        blocked = self.candidates.blocks[candidate]
        if blocked >= 0:
            shown &= (self.postings.employer[rows] != blocked) | (
                self.postings.language[rows] != language
            )
        return np.asarray(rows[shown])

    def _utility(
        self, candidate: int, drift: float, rows: np.ndarray, time: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return each posting's utility for this candidate and its utility for everybody, (N,)."""
        postings, candidates, taxonomy = self.postings, self.candidates, self.taxonomy
        occupation = postings.occupation[rows]
        affinity = taxonomy.affinity[candidates.occupation[candidate], occupation]
        if drift > 0:
            moved = taxonomy.affinity[candidates.drifts_to[candidate], occupation]
            affinity = (1 - drift) * affinity + drift * moved
        has = np.zeros(len(taxonomy.skills) + 1)  # the last element is for the padding, stays 0
        has[candidates.skills[candidate]] = 1.0
        has[-1] = 0.0
        skills = has[postings.skills[rows]].sum(axis=1)  # (N, 8) -> (N,)
        cities = [candidates.home[candidate], candidates.second[candidate]]
        place = taxonomy.closeness[cities][:, postings.city[rows]].max(axis=0)  # (2, N) -> (N,)
        level = np.abs(postings.level[rows] - float(candidates.level[candidate]))
        pay = np.clip(np.log(postings.pay[rows] / candidates.expects[candidate]), -1.0, 0.4)
        foreign = postings.language[rows] != candidates.language[candidate]
        fit = affinity + 0.4 * skills + place - 0.5 * level + 0.8 * pay - 2.0 * foreign
        age = (time - postings.opens[rows]) / MICROS_PER_DAY
        return fit, 0.6 * postings.appeal[rows] - age / 7.0
