"""Arithmetic on the rows of many profiles at once, where each row comes out as if it were alone.

A list must not depend on who is beside it, to the last bit, but how BLAS rounds may depend on how
many rows it is given. So rows go through a map always the same number at a time, filled up with
zeros, and whether this machine's BLAS treats rows alike is tried (`treats_rows_alike`). What is as
long as a profile is summed for each profile alone.
"""

from collections.abc import Sequence

import numpy as np

ROWS = 8
"""Rows that go through a map at a time, where BLAS treats them alike."""
_TRIES = 3


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
    cell = sigmoid(forgetting) * cell + sigmoid(entering) * np.tanh(new)
    return sigmoid(leaving) * np.tanh(cell), cell


def sigmoid(values: np.ndarray) -> np.ndarray:
    """Squeeze numbers between 0 and 1."""
    half = np.float32(0.5)
    return np.asarray(half * (1 + np.tanh(half * values)))  # the exponential could overflow


def softmax(values: np.ndarray) -> np.ndarray:
    """Turn numbers into shares that sum to 1 along the last axis."""
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def softmax_of_each(parts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Turn the numbers of each of some vectors into shares that sum to 1, each (L,) to (L,)."""
    ends = np.cumsum([len(part) for part in parts])
    starts = [0, *ends[:-1].tolist()]
    values = np.concatenate(parts)
    lengths = np.diff(ends, prepend=0)
    powers = np.exp(values - np.repeat(np.maximum.reduceat(values, starts), lengths))
    # `reduceat` sums each stretch in an order of its own.
    shares = powers / np.repeat(np.add.reduceat(powers, starts), lengths)
    return [shares[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]
