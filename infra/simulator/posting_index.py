"""Finds the open postings of a language or an occupation."""

import numpy as np

from infra.simulator.population.postings import Postings
from infra.simulator.population.random_streams import MICROS_PER_DAY

_SEARCHED_DAYS = 70
"""Age at which a posting leaves the index."""


class PostingIndex:
    """The postings that can be open on one day, sorted by language and occupation.

    Args:
        postings: all postings.
        occupations: number of occupations of the market.
        day_start: when the day begins, microseconds since 1970.
    """

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

    def sample_occupation(
        self, language: int, occupation: int, most: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Sample up to `most` postings of an occupation, possibly with repetition."""
        code = language * self._occupations + occupation
        return _sample(self._rows[self._bounds[code] : self._bounds[code + 1]], most, rng)

    def sample_language(self, language: int, most: int, rng: np.random.Generator) -> np.ndarray:
        """Sample up to `most` postings of a language, possibly with repetition."""
        low, high = self._bounds[[language * self._occupations, (language + 1) * self._occupations]]
        return _sample(self._rows[low:high], most, rng)


def _sample(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= most else rows[rng.integers(len(rows), size=most)]
