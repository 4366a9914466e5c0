"""Groups of postings: k-means over vectors, deterministic for a seed."""

import math
import warnings
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import row_norms
from threadpoolctl import threadpool_limits

NOWHERE = -1
"""The label of a zero vector, which says nothing."""

_STARTS = 4
"""So often k-means begins anew; the tightest groups are kept."""
_MOST_FITTED = 50_000
"""Groups are found on so many vectors at most, drawn by the seed; the others join the nearest."""
_MOST_CHOSEN = 30


def usual_count(size: int) -> int:
    """Choose how many groups: the root of half the number, at most as many as people read.

    The rule of thumb k = sqrt(N / 2) (Mardia, Kent and Bibby, Multivariate Analysis, 1979).
    """
    return max(1, min(_MOST_CHOSEN, round(math.sqrt(size / 2))))


def cluster(points: Any, count: int, seed: int) -> np.ndarray:
    """Group vectors by their directions.

    Args:
        points: (N, D), an array or a sparse matrix.
        count: how many groups; there are fewer where there are fewer distinct directions.
        seed: of the starts, and of the sample where there are very many vectors.

    Returns:
        (N,) int64: groups from 0, the largest first, or `NOWHERE`.
    """
    labels = np.full(points.shape[0], NOWHERE, dtype=np.int64)
    said = np.flatnonzero(row_norms(points) > 0)
    if len(said):
        scaled = normalize(points[said])
        labels[said] = _largest_first(_k_means(scaled, count, seed))
    return labels


def typical(points: np.ndarray, size: int) -> np.ndarray:
    """Return the places of the vectors nearest to the mean direction of all, the nearest first.

    Args:
        points: (N, D), none zero.
        size: most places.
    """
    scaled = normalize(points)
    return np.argsort(-(scaled @ scaled.mean(axis=0)), kind="stable")[:size]


def _k_means(points: Any, count: int, seed: int) -> np.ndarray:
    """Label (N, D) points of length 1, N at least 1."""
    size = points.shape[0]
    sample = points
    if size > _MOST_FITTED:
        drawn = np.random.default_rng(seed).choice(size, _MOST_FITTED, replace=False)
        sample = points[np.sort(drawn)]
    means = KMeans(min(count, sample.shape[0]), n_init=_STARTS, random_state=seed)
    # One thread: how sums are split among several would show in the groups.
    with threadpool_limits(limits=1), warnings.catch_warnings():
        # Fewer distinct points than groups; those without points are dropped.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(means.fit(sample).predict(points))


def _largest_first(labels: np.ndarray) -> np.ndarray:
    """Number groups by size, equal ones by their first row."""
    _, first, inverse, sizes = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.lexsort((first, -sizes))
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.arange(len(order))
    return np.asarray(numbers[inverse])
