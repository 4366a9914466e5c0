"""What a site shows a candidate, and what the candidate does with it.

A session is one noisy search: postings of the occupation searched for, some of a neighbouring
one, some from anywhere. The site puts the fitting, near, popular and fresh first; the candidate
opens what fits best, sooner near the top of the page.
"""

from dataclasses import dataclass

import numpy as np

from infra.simulator.candidates import Candidates
from infra.simulator.draws import MICROS_PER_DAY, MICROS_PER_HOUR, gumbel
from infra.simulator.landscape import Landscape
from infra.simulator.postings import Postings

PAGE = 20
"""Postings on a page."""
LONGEST_SESSION = 2 * MICROS_PER_HOUR
"""Microseconds; nothing is shown that closes sooner."""

_SEARCHED_DAYS = 70
_OWN_POOL, _NEAR_POOL, _WIDE_POOL = 36, 14, 16
_SEARCH_OWN, _SEARCH_NEAR = 0.73, 0.88
_DRIFT_DAYS = 8.0


class Shelf:
    """The postings that can be open on one day, sorted by language and occupation."""

    def __init__(self, postings: Postings, occupations: int, day_start: int) -> None:
        first, last = np.searchsorted(
            postings.opens,
            [day_start - _SEARCHED_DAYS * MICROS_PER_DAY, day_start + MICROS_PER_DAY],
        )
        rows = np.arange(first, last)
        rows = rows[postings.closes[first:last] > day_start]
        codes = postings.language[rows] * occupations + postings.occupation[rows].astype(np.int64)
        self._rows = rows[np.argsort(codes, kind="stable")]
        self._bounds = np.searchsorted(np.sort(codes), np.arange(2 * occupations + 1))
        self._occupations = occupations

    def some(
        self, language: int, occupation: int, most: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Return at most so many postings of an occupation, the same ones maybe twice."""
        code = language * self._occupations + occupation
        return _sample(self._rows[self._bounds[code] : self._bounds[code + 1]], most, rng)

    def any(self, language: int, most: int, rng: np.random.Generator) -> np.ndarray:
        """Return at most so many postings of a language, whatever the occupation."""
        low, high = self._bounds[[language * self._occupations, (language + 1) * self._occupations]]
        return _sample(self._rows[low:high], most, rng)


def _sample(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= most else rows[rng.integers(len(rows), size=most)]


@dataclass(frozen=True)
class Taste:
    """How candidates judge postings. The numbers were tuned by looking at the clicks they make.

    The share of clicks in the own or a neighbouring occupation and the share of last clicks on
    postings that somebody clicked before are held by the tests.
    """

    land: Landscape
    postings: Postings
    candidates: Candidates

    def page(
        self, who: int, moment: int, day: float, shelf: Shelf, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Search the shelf.

        Args:
            who: the candidate's number.
            moment: when, microseconds since 1970.
            day: the same in days since the start.
            shelf: the postings of that day.
            rng: where chance comes from.

        Returns:
            At most two pages of postings, best first, and how much the candidate likes each.
        """
        drift = self._drift(who, day)
        wanted = self._searched(who, drift, rng)
        rows = self._pool(who, wanted, moment, shelf, rng)
        if not len(rows):
            return rows, np.empty(0)
        liking, charm = self._judge(who, drift, rows, moment)
        relevance = 1.5 * (self.postings.occupation[rows] == wanted)
        order = np.argsort(-(relevance + 0.5 * liking + charm + gumbel(rng, len(rows))))
        order = order[: 2 * PAGE]
        return rows[order], (liking + charm)[order]

    def _drift(self, who: int, day: float) -> float:
        """Tell which share of the interest has moved to the neighbouring occupation."""
        if self.candidates.drifts_to[who] < 0:
            return 0.0
        return float(1 / (1 + np.exp((self.candidates.drifts_on[who] - day) / _DRIFT_DAYS)))

    def _searched(self, who: int, drift: float, rng: np.random.Generator) -> int:
        """Choose the occupation that is searched for."""
        moved, kind, pick = rng.random(3)
        base = int(
            self.candidates.drifts_to[who] if moved < drift else self.candidates.occupation[who]
        )
        if kind < _SEARCH_OWN:
            return base
        if kind < _SEARCH_NEAR:
            around = self.land.neighbours[base]
            return int(around[int(pick * len(around))])
        return int(pick * self.land.size)

    def _pool(
        self, who: int, wanted: int, moment: int, shelf: Shelf, rng: np.random.Generator
    ) -> np.ndarray:
        """Gather open postings that the search could show, each once."""
        language = int(self.candidates.language[who])
        around = self.land.neighbours[wanted]
        near = int(around[int(rng.random() * len(around))])
        rows = np.unique(
            np.concatenate(
                [
                    shelf.some(language, wanted, _OWN_POOL, rng),
                    shelf.some(language, near, _NEAR_POOL, rng),
                    shelf.any(language, _WIDE_POOL, rng),
                    shelf.any(1 - language, 1, rng),
                ]
            )
        )
        fits = (self.postings.opens[rows] <= moment) & (
            self.postings.closes[rows] >= moment + LONGEST_SESSION
        )
        blocked = self.candidates.blocks[who]
        if blocked >= 0:
            fits &= (self.postings.employer[rows] != blocked) | (
                self.postings.language[rows] != language
            )
        return np.asarray(rows[fits])

    def _judge(
        self, who: int, drift: float, rows: np.ndarray, moment: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return how well each posting fits the candidate, and what it has for everybody."""
        postings, candidates, land = self.postings, self.candidates, self.land
        occupation = postings.occupation[rows]
        affinity = land.affinity[candidates.occupation[who], occupation]
        if drift > 0:
            moved = land.affinity[candidates.drifts_to[who], occupation]
            affinity = (1 - drift) * affinity + drift * moved
        has = np.zeros(len(land.skills) + 1)  # the last place is for -1 and stays 0
        has[candidates.skills[who]] = 1.0
        has[-1] = 0.0
        skills = has[postings.skills[rows]].sum(axis=1)  # (N, 8) -> (N,)
        city = postings.city[rows]
        place = np.maximum(
            land.closeness[candidates.home[who], city], land.closeness[candidates.second[who], city]
        )
        level = np.abs(postings.level[rows] - float(candidates.level[who]))
        pay = np.clip(np.log(postings.pay[rows] / candidates.expects[who]), -1.0, 0.4)
        foreign = postings.language[rows] != candidates.language[who]
        fit = affinity + 0.4 * skills + place - 0.5 * level + 0.8 * pay - 2.0 * foreign
        age = (moment - postings.opens[rows]) / MICROS_PER_DAY
        return fit, 0.6 * postings.appeal[rows] - age / 7.0
