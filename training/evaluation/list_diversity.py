"""Intra-list similarity: how similar the postings of a list are (Ziegler and others, 2005)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from training.evaluation.tfidf import tfidf_vectors
from training.model.features import posting_text


def posting_vectors(postings: Sequence[Mapping[str, Any]]) -> sparse.csr_array:
    """Return the TF-IDF vectors of the postings' short texts, (N, V), unit or zero."""
    return tfidf_vectors([posting_text(posting) for posting in postings])


def padded_rows(lists: Sequence[Sequence[int]], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return B lists of at most K rows as (B, K) int64, and which places they fill, (B, K) bool."""
    filled = np.arange(size) < np.array([len(rows) for rows in lists], dtype=int)[:, None]
    padded = np.zeros(filled.shape, dtype=np.int64)
    padded[filled] = [row for rows in lists for row in rows]
    return padded, filled


def intra_list_similarity(
    vectors: sparse.csr_array, rows: np.ndarray, filled: np.ndarray
) -> np.ndarray:
    """Average the cosines of all pairs within each list; lower is more diverse.

    Vectors are (N, V), unit or zero. Lists are (B, K) int64 rows of them; `filled`, (B, K) bool, is
    false at places that a shorter list lacks. Returns (B,) float64; 0 for a list without pairs.
    """
    owners = np.repeat(np.arange(len(rows)), rows.shape[1])
    membership = sparse.csr_array(
        (filled.ravel().astype(np.float64), (owners, rows.ravel())),
        shape=(len(rows), vectors.shape[0]),
    )
    total = membership @ vectors
    squared = np.asarray(total.multiply(total).sum(axis=1))
    lengths = np.asarray(vectors.multiply(vectors).sum(axis=1))
    own = (lengths[rows] * filled).sum(axis=1)
    sizes = filled.sum(axis=1)
    return np.asarray((squared - own) / np.maximum(sizes * (sizes - 1), 1))
