"""Estimates of the inner products of many queries with all posting vectors.

A float product of the whole catalogue took most of a list's time, and its last bits would depend on
the number of queries. Products of small whole numbers do not: queries and vectors are rounded so
coarsely that every partial sum is exact as float32, in any order. The estimates only choose the
postings that are then scored with the vectors themselves.

Only differences between postings count. Vectors are therefore taken relative to the middle of each
dimension's range; a value that all postings share (a language, say) would otherwise use up the
levels that a query can have.
"""

import math
import time
import timeit
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from streaming.spark.internals.int8_matmul import multiply_int8
from training.inference.batch_invariant_ops import one_thread

_MAX_EXACT = 2**24
"""Whole numbers up to it are exact as float32."""
_MAX_CODE = 127
_BLOCK = 2_048
"""Postings that are multiplied at a time, so that the products stay in a core's cache."""
_MAX_FLOAT_BYTES = 64 * 2**20
"""A process keeps the codes as floats where these take no more."""
_TRIAL_QUERIES = 32

Multiply = Callable[[np.ndarray], np.ndarray]
"""Exact inner products of whole numbers with N codes: (B, D) to (B, N), all float32."""


def largest_code(dimensions: int) -> int:
    """Return the largest whole number that vectors of D dimensions may hold."""
    return min(_MAX_CODE, math.isqrt(_MAX_EXACT // max(dimensions, 1)))


def quantise(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round (N, D) float32 vectors to whole numbers.

    Returns:
        Codes, (N, D) int8, of each vector's difference from the middle, and the step of each
        dimension, that is, what the code 1 stands for, (D,) float32.
    """
    if not len(vectors):
        return np.empty(vectors.shape, dtype=np.int8), np.ones(vectors.shape[1], dtype=np.float32)
    high, low = vectors.max(axis=0), vectors.min(axis=0)
    middle = (high + low) / 2
    steps = (high - low) / 2 / largest_code(vectors.shape[1])
    steps = np.maximum(steps, np.finfo(np.float32).tiny)
    codes = np.empty(vectors.shape, dtype=np.int8)
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        codes[rows] = np.rint((vectors[rows] - middle) / steps)
    return codes, steps.astype(np.float32)


def fastest_multiply(codes: np.ndarray) -> Multiply:
    """Return the variant that multiplies codes, (N, D) int8, fastest on this machine.

    Bytes are faster where the processor and PyTorch support them (VNNI, AMX), floats elsewhere.
    Both are exact, so the choice shows in time only.
    """
    queries = np.ones((_TRIAL_QUERIES, codes.shape[1]), dtype=np.float32)
    # Measured in one thread, as it is used: threads that wait for each other count as busy.
    with one_thread():
        return min(multiply_variants(codes), key=lambda variant: _seconds(variant, queries))


def multiply_variants(codes: np.ndarray) -> list[Multiply]:
    """List the variants of multiplying codes, (N, D) int8."""
    # Converting large codes at each call costs less than keeping them as floats.
    floats = codes if 4 * codes.size > _MAX_FLOAT_BYTES else codes.astype(np.float32)
    return [partial(_multiply_floats, floats), partial(_multiply_bytes, codes)]


def approximate_products(multiply: Multiply, steps: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Estimate inner products with all vectors, less one number that is the same for all vectors.

    `multiply` is from `fastest_multiply`, `steps`, (D,), from `quantise`; queries are (B, D)
    float32.

    Returns:
        (B, N) float32; a row depends on its own query alone, bit for bit.
    """
    scaled = queries * steps
    largest = np.abs(scaled).max(axis=1, initial=0.0, keepdims=True)
    query_steps = largest / largest_code(queries.shape[1])
    query_steps = np.maximum(query_steps, np.finfo(np.float32).tiny)  # (B, 1)
    products = multiply(np.rint(scaled / query_steps).astype(np.float32))
    products *= query_steps.astype(np.float32)
    return products


def _multiply_floats(codes: np.ndarray, queries: np.ndarray) -> np.ndarray:
    products = np.empty((len(queries), len(codes)), dtype=np.float32)
    for start in range(0, len(codes), _BLOCK):
        block = codes[start : start + _BLOCK].astype(np.float32, copy=False)
        # BLAS is faster in this order, because queries are few.
        products[:, start : start + _BLOCK] = (block @ queries.T).T
    return products


def _multiply_bytes(codes: np.ndarray, queries: np.ndarray) -> np.ndarray:
    columns = torch.from_numpy(queries.astype(np.int8)).t()
    products = np.empty((len(queries), len(codes)), dtype=np.float32)
    for start in range(0, len(codes), _BLOCK):
        block = torch.from_numpy(codes[start : start + _BLOCK])
        product = multiply_int8(block, columns)
        products[:, start : start + _BLOCK] = product.numpy().T
    return products


def _seconds(multiply: Multiply, queries: np.ndarray) -> float:
    """Measure a variant's processor time; one that this machine lacks takes forever."""
    try:
        return min(timeit.repeat(lambda: multiply(queries), timer=time.process_time, number=1))
    except (AttributeError, RuntimeError):
        return math.inf
