"""Similarity measures of vectors of candidates and postings."""

import numpy as np
import torch

from training.text.word_embeddings import unit_rows


def cosine(queries: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return cosines of (A, D) with (B, D) vectors, (A, B) float32; 0 where a vector is zero."""
    return np.asarray(np.clip(unit_rows(queries) @ unit_rows(vectors).T, -1.0, 1.0))


def euclidean(queries: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return Euclidean similarities, 1 / (1 + distance), of (A, D) with (B, D) vectors.

    Returns:
        (A, B) float32 from 0 to 1, 1 for equal vectors, also for zero vectors.
    """
    distances = torch.cdist(
        torch.from_numpy(queries.astype(np.float64)),
        torch.from_numpy(vectors.astype(np.float64)),
        compute_mode="donot_use_mm_for_euclid_dist",  # exact 0 for equal vectors
    )
    return (1.0 / (1.0 + distances)).numpy().astype(np.float32)
