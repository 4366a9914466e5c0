"""Hit rate, NDCG and MRR of rankings, computed from ranks, scores or lists.

HR@k is 1 where a target is among the first k. NDCG@k discounts a target at rank r by
1 / log2(1 + r) and divides by the best possible (Järvelin and Kekäläinen, 2002). MRR is 1 / rank of
the first target.

Scores can be equal. `expected_metrics` counts ties in expectation: equal scores stand in any order
with equal probability. With g competitors above the target and t equal to it, itself among them,
its rank is any of g + 1 … g + t with probability 1 / t each.
"""

from dataclasses import dataclass

import numpy as np

CUTOFFS = (5, 10, 20)
METRICS = (*(f"hr@{k}" for k in CUTOFFS), *(f"ndcg@{k}" for k in CUTOFFS), "mrr")
"""What is measured for each user, in the order of the columns of `expected_metrics`."""


def discount(ranks: np.ndarray) -> np.ndarray:
    """Return 1 / log2(1 + rank) of ranks from 1."""
    return np.asarray(1 / np.log2(1 + ranks))


def ndcg_of_ranks(ranks: np.ndarray, k: int) -> np.ndarray:
    """Return the NDCG@k of single targets, float64, by rank from 1; 0 for not in the list."""
    return np.where((ranks > 0) & (ranks <= k), discount(np.maximum(ranks, 1)), 0.0)


@dataclass(frozen=True, eq=False)
class TiedRanks:
    """Where B targets stand among their competitors."""

    better: np.ndarray
    """(B,) int64: competitors with a higher score."""
    equal: np.ndarray
    """(B,) int64: with the same score, the target among them; 0 for a target that no list may
    hold."""


def tied_ranks(scores: np.ndarray, targets: np.ndarray, competing: np.ndarray) -> TiedRanks:
    """Compare each target, a column of (B, N) finite scores, with its competitors.

    `competing`, (B, N) bool, is false for a target that no list may hold.
    """
    rows = np.arange(len(targets))
    own = scores[rows, targets][:, None]  # (B, 1)
    better = np.count_nonzero((scores > own) & competing, axis=1)
    equal = np.count_nonzero((scores == own) & competing, axis=1)
    return TiedRanks(better, np.where(competing[rows, targets], equal, 0))


def expected_metrics(ranks: TiedRanks) -> np.ndarray:
    """Return the expected `METRICS`, (B, M) float64; 0 for a target that no list may hold."""
    first, last = ranks.better, ranks.better + ranks.equal  # the ranks first + 1 … last
    ties = np.maximum(ranks.equal, 1)
    possible = np.arange(1, max(int(last.max(initial=1)), *CUTOFFS) + 1)
    gains = np.concatenate([[0.0], np.cumsum(discount(possible))])
    inverse = np.concatenate([[0.0], np.cumsum(1 / possible)])
    hit_rates = [(np.minimum(last, k) - np.minimum(first, k)) / ties for k in CUTOFFS]
    ndcgs = [(gains[np.minimum(last, k)] - gains[np.minimum(first, k)]) / ties for k in CUTOFFS]
    return np.stack([*hit_rates, *ndcgs, (inverse[last] - inverse[first]) / ties], axis=1)


def metrics_of_ranks(ranks: np.ndarray) -> np.ndarray:
    """Return `METRICS`, (B, M) float64, by places of targets from 1, (B,); 0: not in the list."""
    return expected_metrics(TiedRanks(np.maximum(ranks - 1, 0), np.minimum(ranks, 1)))
