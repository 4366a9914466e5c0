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
import time
import timeit
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from training.ranking.batch_invariant_ops import one_thread

_EXACT = 2**24
"""Whole numbers up to it are exact as float32."""
_MOST = 127
_TOGETHER = 2_048
"""Postings that are compared at a time, so that what comes out stays in a core's cache."""
_READY_BYTES = 64 * 2**20
"""What a process may hold of codes as floats."""
_TRIED = 32
"""Queries that ways to multiply are tried with."""

Multiply = Callable[[np.ndarray], np.ndarray]
"""Exact inner products of whole numbers with N codes: (B, D) to (B, N), all float32."""


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


def multiplier(codes: np.ndarray) -> Multiply:
    """Return the fastest way that this machine has to multiply codes.

    As whole numbers of one byte where the processor and PyTorch are good at it (VNNI, AMX), else as
    floats: both are exact, so which it is shows in nothing but time.

    Args:
        codes: (N, D) int8, of `encode`.
    """
    some = np.ones((_TRIED, codes.shape[1]), dtype=np.float32)
    # As it will be used. Several threads count as busy while they wait for each other, and on a
    # machine with other things to do either way would come out first.
    with one_thread():
        return min(ways(codes), key=lambda way: _seconds(way, some))


def ways(codes: np.ndarray) -> list[Multiply]:
    """List the ways to multiply codes, (N, D) int8."""
    # To turn them to floats takes longer than a few queries.
    floats = codes if 4 * codes.size > _READY_BYTES else codes.astype(np.float32)
    return [partial(_as_floats, floats), partial(_as_bytes, codes)]


def products(multiply: Multiply, units: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Estimate the inner products of queries with vectors, less the same number for each vector.

    Args:
        multiply: of `multiplier`.
        units: (D,), of `encode`.
        queries: (B, D) float32.

    Returns:
        (B, N) float32; a row depends on its own query alone, bit for bit.
    """
    scaled = queries * units
    most = np.abs(scaled).max(axis=1, initial=0.0, keepdims=True)
    steps = np.maximum(most / levels(queries.shape[1]), np.finfo(np.float32).tiny)  # (B, 1)
    found = multiply(np.rint(scaled / steps).astype(np.float32))
    found *= steps.astype(np.float32)
    return found


def _as_floats(codes: np.ndarray, rounded: np.ndarray) -> np.ndarray:
    found = np.empty((len(rounded), len(codes)), dtype=np.float32)
    for start in range(0, len(codes), _TOGETHER):
        part = codes[start : start + _TOGETHER].astype(np.float32, copy=False)
        # This way round BLAS is faster: queries are few.
        found[:, start : start + _TOGETHER] = (part @ rounded.T).T
    return found


def _as_bytes(codes: np.ndarray, rounded: np.ndarray) -> np.ndarray:
    queries = torch.from_numpy(rounded.astype(np.int8)).t()
    found = np.empty((len(rounded), len(codes)), dtype=np.float32)
    for start in range(0, len(codes), _TOGETHER):
        part = torch.from_numpy(codes[start : start + _TOGETHER])
        product = torch._int_mm(part, queries)  # noqa: SLF001 - nothing public keeps the whole sums
        found[:, start : start + _TOGETHER] = product.numpy().T
    return found


def _seconds(way: Multiply, queries: np.ndarray) -> float:
    """Say what a way to multiply takes of the processor; one that is not there takes for ever."""
    try:
        return min(timeit.repeat(lambda: way(queries), timer=time.process_time, number=1, repeat=5))
    except (AttributeError, RuntimeError):
        return math.inf
