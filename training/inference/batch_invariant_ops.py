"""Operations on the rows of many profiles in which a row's result does not depend on the others.

A list must not depend on the profiles beside it, to the last bit, but BLAS may round differently
for another number of rows. `multiply_rows` therefore always passes the same number of rows to
BLAS, and pads the last group with zeros. `is_batch_invariant` checks that this machine's BLAS then
treats all rows of a group alike. Sums over the steps of a profile are made for each profile alone.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

ROWS_PER_GROUP = 8
"""Rows that BLAS receives at a time, where it treats them alike."""
_TRIALS = 3
"""Trials with random rows, for each matrix."""
_one_at_a_time = threading.RLock()


def multiply_rows(rows: np.ndarray, weights: np.ndarray, group: int) -> np.ndarray:
    """Multiply any number of (R, I) rows by an (I, O) matrix, `group` rows at a time in BLAS.

    Returns:
        (R, O) float32; each row depends on its own input alone, bit for bit.
    """
    count, width = rows.shape
    groups = -(-count // group)
    if count < groups * group:
        padded = np.zeros((groups * group, width), dtype=np.float32)
        padded[:count] = rows
    else:
        padded = np.ascontiguousarray(rows)
    # NumPy passes the matrices of a stack to BLAS one by one.
    product = padded.reshape(groups, group, width) @ weights
    return np.asarray(product.reshape(groups * group, weights.shape[1])[:count])


def is_batch_invariant(weights: np.ndarray) -> bool:
    """Check that a row's product depends neither on its place in a group nor on the other rows."""
    rng = np.random.default_rng(0)
    for _ in range(_TRIALS):
        rows = rng.standard_normal((ROWS_PER_GROUP, len(weights)), dtype=np.float32)
        others = rng.standard_normal((ROWS_PER_GROUP, len(weights)), dtype=np.float32)
        product = multiply_rows(rows, weights, ROWS_PER_GROUP)
        others[0] = rows[0]
        shifts = range(1, ROWS_PER_GROUP)
        rotated = np.concatenate([np.roll(rows, shift, axis=0) for shift in shifts])
        expected = np.concatenate([np.roll(product, shift, axis=0) for shift in shifts])
        if not np.array_equal(multiply_rows(rotated, weights, ROWS_PER_GROUP), expected):
            return False
        if not np.array_equal(multiply_rows(others, weights, ROWS_PER_GROUP)[0], product[0]):
            return False
    return True


def lstm_step(gates: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take one step of an LSTM (Hochreiter and Schmidhuber 1997, in the form of `torch.nn.LSTM`).

    Gates, (R, 4U), are before their activation, in PyTorch's order: input, forget, cell, output.
    The cell is (R, U), or (U,) for all rows. Returns hidden state and cell state, (R, U) each.
    """
    units = gates.shape[1] // 4
    input_gate, forget_gate = gates[:, :units], gates[:, units : 2 * units]
    candidate, output_gate = gates[:, 2 * units : 3 * units], gates[:, 3 * units :]
    cell = sigmoid(forget_gate) * cell
    cell += sigmoid(input_gate) * np.tanh(candidate)
    return sigmoid(output_gate) * np.tanh(cell), cell


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), computed from tanh, which cannot overflow."""
    half = np.float32(0.5)
    result = np.tanh(half * values)
    result += 1
    result *= half
    return np.asarray(result)


def log_softmax(values: np.ndarray) -> np.ndarray:
    """Compute the logarithm of the softmax over the last axis, faster than SciPy."""
    if not values.size:
        return values
    shifted = values - values.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def segment_softmax(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Compute the softmax of each segment of (T,) float32 values; (R,) int64 lengths, none 0.

    A segment of the result, (T,) float32, depends on its own values alone, bit for bit.
    """
    starts = np.cumsum(lengths) - lengths
    powers = np.exp(values - np.repeat(np.maximum.reduceat(values, starts), lengths))
    return np.asarray(powers / np.repeat(np.add.reduceat(powers, starts), lengths))


def split_segments(values: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Split (T, ...) into R segments of (R,) lengths; `np.split` takes several times as long."""
    ends = np.cumsum(lengths).tolist()
    return [values[end - n : end] for n, end in zip(lengths.tolist(), ends, strict=True)]


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS to one thread: the way threads divide a sum shows in its last bits.

    The limit holds for the whole process, so other callers of this function wait for its end.
    """
    with _one_at_a_time, _thread_pools().limit(limits=1):
        yield


@cache
def _thread_pools() -> ThreadpoolController:
    """Find the thread pools of this process, once; it takes milliseconds."""
    return ThreadpoolController()
