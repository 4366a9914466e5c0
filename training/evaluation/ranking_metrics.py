"""Metrics of rankings, ties in expectation: equal scores stand in any order with equal chance.

With g competitors better than the target and t equal to it, itself among them, its rank r is any of
g + 1 … g + t with chance 1 / t each. HR@k is the chance of r <= k, NDCG@k the mean of
1 / log2(1 + r) where r <= k, MRR the mean of 1 / r.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.benchmark.protocols.training_view import History

CUTOFFS = (5, 10, 20)
METRICS = (*(f"hr@{k}" for k in CUTOFFS), *(f"ndcg@{k}" for k in CUTOFFS), "mrr")
"""What is measured for each user, in the order of the columns of `of_places`."""


@dataclass(frozen=True, eq=False)
class Places:
    """Where B targets stand."""

    better: np.ndarray
    """(B,) int64: competitors with a higher score."""
    equal: np.ndarray
    """(B,) int64: with the same score, the target among them; 0 for a target that no list may
    hold."""


def places(
    scores: np.ndarray, histories: Sequence[History], targets: np.ndarray, pools: np.ndarray
) -> Places:
    """Find the place of each target among its pool, minus the history.

    Args:
        scores: (B, N), finite.
        histories: B of them.
        targets: (B,) int64 columns of `scores`.
        pools: (N,), as `Cases.pools`.
    """
    own = scores[np.arange(len(targets)), targets][:, None]  # (B, 1)
    competes = pools[None, :] == pools[targets][:, None]  # (B, N)
    competes[known(histories)] = False
    possible = competes[np.arange(len(targets)), targets]
    better = np.count_nonzero((scores > own) & competes, axis=1)
    equal = np.count_nonzero((scores == own) & competes, axis=1)
    return Places(better, np.where(possible, equal, 0))


def of_places(found: Places) -> np.ndarray:
    """Turn places into the expected value of every metric.

    Returns:
        (B, number of `METRICS`) float64; 0 for a target that no list may hold.
    """
    first, last = found.better, found.better + found.equal  # the ranks first + 1 … last
    ties = np.maximum(found.equal, 1)
    longest = int(last.max(initial=1))
    ranks = np.arange(1, max(longest, *CUTOFFS) + 1)
    gains = np.concatenate([[0.0], np.cumsum(1 / np.log2(1 + ranks))])
    inverse = np.concatenate([[0.0], np.cumsum(1 / ranks)])
    hits = [(np.minimum(last, k) - np.minimum(first, k)) / ties for k in CUTOFFS]
    discounted = [
        (gains[np.minimum(last, k)] - gains[np.minimum(first, k)]) / ties for k in CUTOFFS
    ]
    return np.stack([*hits, *discounted, (inverse[last] - inverse[first]) / ties], axis=1)


def listed(scores: np.ndarray, histories: Sequence[History], size: int) -> np.ndarray:
    """Tell how likely each item stands in a list of the best, minus the history.

    Args:
        scores: (B, N), finite.
        histories: B of them.
        size: places of the list.

    Returns:
        (B, N) float64 from 0 to 1; a row sums to `size` or to the number of items there are.
    """
    allowed = scores.astype(np.float64)
    allowed[known(histories)] = -np.inf
    size = min(size, scores.shape[1])
    threshold = np.partition(allowed, -size, axis=1)[:, -size][:, None]  # (B, 1)
    above = allowed > threshold
    level = (allowed == threshold) & np.isfinite(allowed)
    spare = size - above.sum(axis=1, keepdims=True)
    chance = np.minimum(spare / np.maximum(level.sum(axis=1, keepdims=True), 1), 1.0)
    return np.asarray(above + level * chance)


def known(histories: Sequence[History]) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of what stands in the histories."""
    rows = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    return rows, np.concatenate([history.items for history in histories])
