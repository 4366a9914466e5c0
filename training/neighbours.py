"""The nearest of many vectors, exactly: by cosine, or by Euclidean distance.

Likeness is what `training.similarity` says it is, computed in one order for every pair: it is the
same bit for bit from either side, equal vectors are equally near, and then the lower row is first.
Beside the vectors, which may be mapped from a file, it takes one number for each of them.
"""

from enum import StrEnum

import numpy as np

_TOGETHER = 4_096
"""Vectors that are compared at a time."""


class Likeness(StrEnum):
    """How two vectors are compared."""

    COSINE = "cosine"
    """Of the angle between them, -1 to 1; a zero vector is like nothing."""
    EUCLIDEAN = "euclidean"
    """1 / (1 + distance), 0 to 1."""


def nearest(
    vectors: np.ndarray,
    row: int,
    size: int,
    *,
    by: Likeness = Likeness.COSINE,
    among: np.ndarray | None = None,
) -> list[tuple[int, float]]:
    """Find the vectors nearest to one of them, which is left out.

    Args:
        vectors: (N, D).
        row: the one that is asked about.
        size: most neighbours.
        by: how they are compared.
        among: (N,) bool, which may be neighbours; default: all.

    Returns:
        Row and likeness, nearest first.
    """
    alike = likeness(vectors, vectors[row], by)
    allowed = ~np.isnan(alike) if among is None else among & ~np.isnan(alike)
    allowed[row] = False
    rows = np.flatnonzero(allowed)
    order = np.argsort(-alike[rows], kind="stable")[:size]
    return [(int(found), float(alike[found])) for found in rows[order]]


def likeness(vectors: np.ndarray, asked: np.ndarray, by: Likeness) -> np.ndarray:
    """Compare one vector with many.

    Args:
        vectors: (N, D).
        asked: (D,).
        by: how.

    Returns:
        (N,) float64; not a number where a cosine does not exist, because a vector is zero.
    """
    one = asked.astype(np.float64)
    parts = [
        _compare(vectors[start : start + _TOGETHER].astype(np.float64), one, by)
        for start in range(0, len(vectors), _TOGETHER)
    ]
    return np.concatenate([np.zeros(0), *parts])


def _compare(many: np.ndarray, one: np.ndarray, by: Likeness) -> np.ndarray:
    # note: sums of products, not a matrix product, whose last bits depend on a row's place
    if by is Likeness.EUCLIDEAN:
        distances = np.sqrt(np.square(many - one).sum(axis=1))
        return np.asarray(1.0 / (1.0 + distances))
    lengths = np.sqrt(np.square(many).sum(axis=1)) * np.sqrt(np.square(one).sum())
    undefined = np.full(len(many), np.nan)
    cosines = np.divide((many * one).sum(axis=1), lengths, out=undefined, where=lengths > 0)
    return np.asarray(np.clip(cosines, -1.0, 1.0))
