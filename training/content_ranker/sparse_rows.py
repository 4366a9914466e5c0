"""Reads a few rows of sparse matrices at a time.

A list needs many small products. `scipy.sparse` checks and copies at each of them, which takes
longer than to multiply.
"""

from collections.abc import Callable

import numpy as np
from scipy import sparse

Scale = Callable[[np.ndarray, np.ndarray], np.ndarray]


def row_entries(starts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the entries of some rows, one row after the other.

    Row r has the entries from starts[r] up to starts[r + 1]; -1 is the last row.

    Returns:
        The places of the E entries, and of each one whose it is, a place in `rows`.
    """
    rows = rows % (len(starts) - 1)
    first = starts[rows]
    lengths = starts[rows + 1] - first
    owners = np.repeat(np.arange(len(rows)), lengths)
    skipped = first - np.cumsum(lengths) + lengths
    return np.arange(len(owners)) + skipped[owners], owners


def sum_at(
    shape: tuple[int, int], rows: np.ndarray, columns: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Sum (E,) values by row and column, to float32; the column -1 is the last."""
    table = np.zeros(shape, dtype=np.float32)
    np.add.at(table.reshape(-1), rows * shape[1] + columns % shape[1], values)
    return table


def inner_products(
    vectors: sparse.csr_array, rows: np.ndarray, columns: np.ndarray, scale: Scale | None = None
) -> np.ndarray:
    """Multiply (n,) with (C,) rows: (n, C) float32.

    `scale` gives factors for (E,) entries of the n rows, from their places in `rows` and columns.
    """
    places, owners = row_entries(vectors.indptr, rows)
    words, values = vectors.indices[places], vectors.data[places]
    if scale is not None:
        values = values * scale(owners, words)
    # Dense tables of the words of the n rows, each where it is mentioned last; then one of others.
    none = len(words)
    columns_of = np.full(vectors.shape[1], none, dtype=np.int32)
    columns_of[words] = np.arange(none, dtype=np.int32)
    own = np.zeros((len(rows), none + 1), dtype=np.float32)
    own[owners, columns_of[words]] = values
    places, owners = row_entries(vectors.indptr, columns)
    others = np.zeros((len(columns), none + 1), dtype=np.float32)
    others[owners, columns_of[vectors.indices[places]]] = vectors.data[places]
    return np.asarray(own @ others.T)  # no row has a word in the last place
