"""Weighted sums of rows of a table, many at a time."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional


def weighted_sums(
    table: np.ndarray,
    rows: Sequence[Sequence[int]],
    weights: Sequence[Sequence[float] | np.ndarray],
) -> np.ndarray:
    """Sum rows of a (V, D) float32 table for each of N texts; each sum depends on its own alone.

    Returns:
        (N, D) float32; zero for a text without rows.
    """
    counts = np.array([len(own) for own in rows], dtype=np.int64)
    if not counts.sum():
        return np.zeros((len(rows), table.shape[1]), dtype=np.float32)
    sums = functional.embedding_bag(
        torch.tensor([row for own in rows for row in own]),
        torch.from_numpy(np.asarray(table)),
        torch.from_numpy(np.cumsum(counts) - counts),
        mode="sum",
        per_sample_weights=torch.tensor(
            [weight for own in weights for weight in own], dtype=torch.float32
        ),
    )
    return sums.numpy()
