"""How alike vectors are: candidates and postings in the model's space."""

import numpy as np
import torch

from training.text.word_embeddings import unit


def cosine(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Compare directions.

    Args:
        one: (A, D), such as candidate vectors.
        other: (B, D), such as posting vectors.

    Returns:
        (A, B) float32 from -1 to 1; 0 wherever a vector is zero, which says nothing.
    """
    return np.asarray(np.clip(unit(one) @ unit(other).T, -1.0, 1.0))


def euclidean(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Compare places: 1 / (1 + distance).

    Args:
        one: (A, D).
        other: (B, D).

    Returns:
        (A, B) float32 from 0 to 1, 1 for equal vectors, zero vectors included.
    """
    distances = torch.cdist(
        torch.from_numpy(one.astype(np.float64)),
        torch.from_numpy(other.astype(np.float64)),
        compute_mode="donot_use_mm_for_euclid_dist",  # else equal vectors are not at distance 0
    )
    return (1.0 / (1.0 + distances)).numpy().astype(np.float32)
