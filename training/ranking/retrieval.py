"""The few postings of a catalogue that a list is made of."""

from dataclasses import dataclass

import numpy as np

from training.ranking.employer_cap import best_rows
from training.ranking.numpy_network import Decision, Reading
from training.ranking.prepared_catalogue import PreparedCatalogue

_CLOSER_LOOK, LEAST_LOOKED = 4, 64
"""For each posting of a shortlist so many are looked at closely, and at least so many."""


@dataclass(frozen=True, eq=False)
class Question:
    """What a list is wanted for."""

    reading: Reading
    as_of: int
    """Microseconds since 1970."""
    allowed: np.ndarray
    """(N,) bool, what the list may hold."""


@dataclass(frozen=True, eq=False)
class Shortlist:
    """K postings in the order of their rows, so that the first maximum has the smallest id."""

    rows: np.ndarray
    """(K,) int64."""
    vectors: np.ndarray
    """(K, D) float32."""
    fresh: np.ndarray
    """(3, K) float32."""
    employers: np.ndarray
    """(K,) int64, as in `employers.best_rows`."""

    def __len__(self) -> int:
        return len(self.rows)

    def scores(self, query: np.ndarray, taste: np.ndarray) -> np.ndarray:
        """Score at a decoding step of a profile, (D,) and (3,) to (K,)."""
        return np.asarray(self.vectors @ query + _taste(taste, self.fresh))

    def scores_of(self, queries: np.ndarray, tastes: np.ndarray) -> np.ndarray:
        """Score for several queries at once, (T, D) and (T, 3) to (K, T)."""
        return np.asarray(self.vectors @ queries.T + self.fresh.T @ tastes.T)

    def best(self, scores: np.ndarray, size: int) -> np.ndarray:
        """Places of the best by scores, (K,), under the rule on employers; ascending."""
        if len(self) <= size:
            return np.arange(len(self))
        everything = np.ones(len(self), dtype=bool)
        return np.sort(best_rows(scores, everything, self.employers, size))

    def take(self, places: np.ndarray) -> "Shortlist":
        """Select some."""
        return Shortlist(
            self.rows[places], self.vectors[places], self.fresh[:, places], self.employers[places]
        )


def nearest(
    prepared: PreparedCatalogue,
    question: Question,
    decision: Decision,
    *,
    place: int,
    likeness: np.ndarray,
    size: int,
) -> Shortlist:
    """Find more than enough postings for a shortlist, by an estimate of their first scores.

    Args:
        prepared: the catalogue.
        question: what is asked.
        decision: the first decoding step of profiles.
        place: of the profile among them.
        likeness: (N,) float32, estimates of the inner products less some number.
        size: of the shortlist.
    """
    catalogue = prepared.catalogue
    estimates = likeness + prepared.freshness.adds(decision.taste[place], question.as_of)
    looked = max(size * _CLOSER_LOOK, LEAST_LOOKED)
    numbers = catalogue.employer_numbers
    rows = np.sort(best_rows(estimates, question.allowed, numbers, looked))
    fresh = prepared.freshness.of(rows, question.as_of)  # (3, K)
    return Shortlist(rows, prepared.vectors[rows], fresh, numbers[rows])


def _taste(taste: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """What being fresh adds, (3,) and (3, K) to (K,)."""
    return np.asarray(taste[0] * fresh[0] + taste[1] * fresh[1] + taste[2] * fresh[2])
