"""Likeness of many queries with all postings at once, the same whoever asks beside whom.

Reading every posting vector again for each profile took most of a list's time, and a product of
matrices of floats would round differently with the number of its rows. Whole numbers do not: what
queries and vectors are rounded to is so small that every partial sum is exact in a float, in any
order. The sums choose who is looked at closely, with the vectors themselves.

Only differences between postings count, so vectors are taken from the middle of each dimension's
range: what all postings share would otherwise take all the levels that a query can have. A language
that they all have, say, which training may weigh as much as it likes.
"""

import math

import numpy as np

_EXACT = 2**24
"""Whole numbers up to it are exact as float32."""
_MOST = 127
_TOGETHER = 2_048
"""Postings that are compared at a time, so that what comes out stays in a core's cache."""
_READY_BYTES = 64 * 2**20
"""What a process may hold of codes as floats."""


def levels(dimensions: int) -> int:
    """Return the largest whole number that vectors of D dimensions may hold."""
    return min(_MOST, math.isqrt(_EXACT // max(dimensions, 1)))


def encode(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round vectors to whole numbers.

    Args:
        vectors: (N, D) float32.

    Returns:
        Codes, (N, D) int8, of how far each vector is from the middle, and what 1 stands for in each
        dimension, (D,) float32.
    """
    if not len(vectors):
        return np.empty(vectors.shape, dtype=np.int8), np.ones(vectors.shape[1], dtype=np.float32)
    most, least = vectors.max(axis=0), vectors.min(axis=0)
    middle = (most + least) / 2
    units = np.maximum((most - least) / 2 / levels(vectors.shape[1]), np.finfo(np.float32).tiny)
    codes = np.empty(vectors.shape, dtype=np.int8)
    for start in range(0, len(vectors), _TOGETHER):
        rows = slice(start, start + _TOGETHER)
        codes[rows] = np.rint((vectors[rows] - middle) / units)
    return codes, units.astype(np.float32)


def ready(codes: np.ndarray) -> np.ndarray:
    """Return codes as floats where that is not much: to turn them takes longer than a few queries.

    Args:
        codes: (N, D) int8, of `encode`.
    """
    return codes if 4 * codes.size > _READY_BYTES else codes.astype(np.float32)


def products(codes: np.ndarray, units: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Estimate the inner products of queries with vectors, less the same number for each vector.

    Args:
        codes: (N, D), of `encode` or `ready`.
        units: (D,), of `encode`.
        queries: (B, D) float32.

    Returns:
        (B, N) float32; a row depends on its own query alone, bit for bit.
    """
    scaled = queries * units
    most = np.abs(scaled).max(axis=1, initial=0.0, keepdims=True)
    steps = np.maximum(most / levels(queries.shape[1]), np.finfo(np.float32).tiny)  # (B, 1)
    rounded, steps = np.rint(scaled / steps).astype(np.float32), steps.astype(np.float32)
    found = np.empty((len(queries), len(codes)), dtype=np.float32)
    for start in range(0, len(codes), _TOGETHER):
        part = codes[start : start + _TOGETHER].astype(np.float32, copy=False)
        # This way round BLAS is faster: queries are few.
        np.multiply((part @ rounded.T).T, steps, out=found[:, start : start + _TOGETHER])
    return found
