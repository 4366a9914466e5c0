"""K-means over the directions of vectors, deterministic for a seed."""

import math
import warnings
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import row_norms
from threadpoolctl import threadpool_limits

UNCLUSTERED = -1
"""The label of zero vectors, which have no direction."""

_STARTS = 4
"""Random starts of k-means, of which the best is kept."""
_MAX_FITTED = 50_000
"""Vectors that k-means is fitted to, drawn by the seed; the others join the nearest centre."""
_MAX_DEFAULT = 30


def default_count(size: int) -> int:
    """Return the default number of clusters for so many vectors, at most 30.

    The rule of thumb k = sqrt(N / 2) (Mardia, Kent and Bibby, Multivariate Analysis, 1979).
    """
    return max(1, min(_MAX_DEFAULT, round(math.sqrt(size / 2))))


def cluster(points: Any, count: int, seed: int) -> np.ndarray:
    """Cluster vectors by their directions.

    Points are (N, D), an array or a sparse matrix. There are fewer than `count` clusters where
    there are fewer distinct directions. The seed is that of the starts, and of the sample of very
    many vectors.

    Returns:
        (N,) int64: cluster numbers from 0, the largest first, or `UNCLUSTERED`.
    """
    labels = np.full(points.shape[0], UNCLUSTERED, dtype=np.int64)
    nonzero = np.flatnonzero(row_norms(points) > 0)
    if len(nonzero):
        scaled = normalize(points[nonzero])
        labels[nonzero] = _largest_first(_k_means(scaled, count, seed))
    return labels


def most_central(points: np.ndarray, size: int) -> np.ndarray:
    """Return the `size` of (N, D) rows, none zero, nearest to the mean direction, nearest first."""
    scaled = normalize(points)
    return np.argsort(-(scaled @ scaled.mean(axis=0)), kind="stable")[:size]


def _k_means(points: Any, count: int, seed: int) -> np.ndarray:
    """Label (N, D) points of length 1, N at least 1."""
    size = points.shape[0]
    sample = points
    if size > _MAX_FITTED:
        drawn = np.random.default_rng(seed).choice(size, _MAX_FITTED, replace=False)
        sample = points[np.sort(drawn)]
    means = KMeans(min(count, sample.shape[0]), n_init=_STARTS, random_state=seed)
    # One thread, because the way sums are split among threads would change the clusters.
    with threadpool_limits(limits=1), warnings.catch_warnings():
        # There may be fewer distinct points than clusters; empty clusters are dropped.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(means.fit(sample).predict(points))


def _largest_first(labels: np.ndarray) -> np.ndarray:
    """Number clusters by size, equal ones by their first row."""
    _, first, inverse, sizes = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.lexsort((first, -sizes))
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.arange(len(order))
    return np.asarray(numbers[inverse])
