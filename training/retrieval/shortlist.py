"""A shortlist: the few postings of a catalogue that are scored exactly, and their retrieval."""

from dataclasses import dataclass

import numpy as np

from training.inference.numpy_network import Decision, EncoderInput
from training.inference.prepared_catalogue import PreparedCatalogue
from training.retrieval.employer_cap import capped_top_rows

_RESCORED_PER_POSTING, MIN_RESCORED = 4, 64
"""For each posting wanted so many are retrieved by estimates, and at least so many."""


@dataclass(frozen=True, eq=False)
class RetrievalQuery:
    """A profile for which a list is wanted."""

    encoder_input: EncoderInput
    as_of: int
    """Microseconds since 1970."""
    allowed: np.ndarray
    """(N,) bool, the postings that the list may hold."""


@dataclass(frozen=True, eq=False)
class Shortlist:
    """K postings in the order of their rows, by which ties go."""

    rows: np.ndarray
    """(K,) int64."""
    vectors: np.ndarray
    """(K, D) float32."""
    freshness: np.ndarray
    """(3, K) float32."""
    employers: np.ndarray
    """(K,) int64, as in `employer_cap.capped_top_rows`."""

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of(cls, prepared: PreparedCatalogue, rows: np.ndarray, as_of: int) -> "Shortlist":
        """Take (K,) int64 rows, ascending, of postings that are open at `as_of`, microseconds."""
        freshness = prepared.freshness.of(rows, as_of)
        employers = prepared.catalogue.employer_numbers[rows]
        return cls(rows, prepared.vectors[rows], freshness, employers)

    def scores(self, query: np.ndarray, freshness_weights: np.ndarray) -> np.ndarray:
        """Score the postings at one decoding step of a profile: (D,) and (3,) to (K,)."""
        return np.asarray(self.vectors @ query + self.fresh(freshness_weights))

    def fresh(self, weights: np.ndarray) -> np.ndarray:
        """Return what freshness adds to scores: (3,) to (K,)."""
        # Written out: the order of the sum must not depend on K.
        first, second, third = weights
        days, week, month = self.freshness
        return np.asarray(first * days + second * week + third * month)

    def best(self, scores: np.ndarray, size: int) -> np.ndarray:
        """Return the indices of the best postings by scores, (K,), under the cap; ascending."""
        if len(self) <= size:
            return np.arange(len(self))
        allowed = np.ones(len(self), dtype=bool)
        return np.sort(capped_top_rows(scores, allowed, self.employers, size))

    def take(self, indices: np.ndarray) -> "Shortlist":
        """Select some of the postings."""
        return Shortlist(
            self.rows[indices],
            self.vectors[indices],
            self.freshness[:, indices],
            self.employers[indices],
        )


def nearest_postings(
    prepared: PreparedCatalogue,
    query: RetrievalQuery,
    decision: Decision,
    *,
    index: int,
    products: np.ndarray,
    size: int,
) -> Shortlist:
    """Retrieve more postings than are wanted, by estimates of their scores at the first step.

    `index` is the profile's in the decision; `products`, (N,) float32, are the
    `PreparedCatalogue.approximate_products` of its query.
    """
    catalogue, weights = prepared.catalogue, decision.freshness_weights[index]
    estimates = products + prepared.freshness.weighted(weights, query.as_of)
    retrieved = max(size * _RESCORED_PER_POSTING, MIN_RESCORED)
    rows = capped_top_rows(estimates, query.allowed, catalogue.employer_numbers, retrieved)
    return Shortlist.of(prepared, np.sort(rows), query.as_of)
