"""Arithmetic on the rows of many profiles at once, where each row comes out as if it were alone.

A list must not depend on who is beside it, to the last bit, but how BLAS rounds may depend on how
many rows it is given. So rows go through a map always the same number at a time, filled up with
zeros, and whether this machine's BLAS treats rows alike is tried (`treats_rows_alike`). What is as
long as a profile is summed for each profile alone.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

ROWS = 8
"""Rows that go through a map at a time, where BLAS treats them alike."""
_TRIES = 3
"""With other random rows each."""
_one_at_a_time = threading.RLock()


def through(rows: np.ndarray, weights: np.ndarray, together: int) -> np.ndarray:
    """Take rows through a map.

    Args:
        rows: (R, I) float32, any number of them.
        weights: (I, O) float32.
        together: rows that BLAS is given at a time.

    Returns:
        (R, O) float32, the product; each row depends on its own alone, bit for bit.
    """
    count, width = rows.shape
    groups = -(-count // together)
    if count < groups * together:
        filled = np.zeros((groups * together, width), dtype=np.float32)
        filled[:count] = rows
    else:
        filled = np.ascontiguousarray(rows)
    # A stack of matrices: NumPy gives them to BLAS one by one.
    product = filled.reshape(groups, together, width) @ weights
    return np.asarray(product.reshape(groups * together, weights.shape[1])[:count])


def treats_rows_alike(weights: np.ndarray) -> bool:
    """Try whether rows have the same product wherever and beside whatever they stand."""
    chance = np.random.default_rng(0)
    for _ in range(_TRIES):
        rows = chance.standard_normal((ROWS, len(weights)), dtype=np.float32)
        others = chance.standard_normal((ROWS, len(weights)), dtype=np.float32)
        product = through(rows, weights, ROWS)
        others[0] = rows[0]
        turned = np.concatenate([np.roll(rows, shift, axis=0) for shift in range(1, ROWS)])
        expected = np.concatenate([np.roll(product, shift, axis=0) for shift in range(1, ROWS)])
        if not np.array_equal(through(turned, weights, ROWS), expected):
            return False
        if not np.array_equal(through(others, weights, ROWS)[0], product[0]):
            return False
    return True


def lstm(gates: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take one step of an LSTM.

    Args:
        gates: (R, 4U) in torch's order, input, forget, cell, output.
        cell: (R, U), or (U,) for all.

    Returns:
        Hidden and cell state, (R, U) each.
    """
    units = gates.shape[1] // 4
    entering, forgetting = gates[:, :units], gates[:, units : 2 * units]
    new, leaving = gates[:, 2 * units : 3 * units], gates[:, 3 * units :]
    cell = sigmoid(forgetting) * cell
    cell += sigmoid(entering) * np.tanh(new)
    return sigmoid(leaving) * np.tanh(cell), cell


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Squeeze numbers between 0 and 1."""
    half = np.float32(0.5)
    found = np.tanh(half * values)  # the exponential could overflow
    found += 1
    found *= half
    return np.asarray(found)


def softmax_of_each(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Turn the numbers of each stretch into shares that sum to 1.

    Args:
        values: (T,) float32, one stretch after the other.
        lengths: (R,) int64, of the stretches, none of them empty.

    Returns:
        (T,) float32; a stretch depends on its own numbers alone, bit for bit.
    """
    starts = np.cumsum(lengths) - lengths
    powers = np.exp(values - np.repeat(np.maximum.reduceat(values, starts), lengths))
    return np.asarray(powers / np.repeat(np.add.reduceat(powers, starts), lengths))


def pieces(values: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Cut (T, ...) into R pieces of (R,) lengths, without the cost of `np.split`."""
    ends = np.cumsum(lengths).tolist()
    return [values[end - n : end] for n, end in zip(lengths.tolist(), ends, strict=True)]


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread: how a sum is split among threads would show in its last bits.

    The limit is the process's own, so that whoever else computes here waits for its end.
    """
    with _one_at_a_time, _pools().limit(limits=1):
        yield


@cache
def _pools() -> ThreadpoolController:
    """Find the thread pools of this process; it takes milliseconds."""
    return ThreadpoolController()
