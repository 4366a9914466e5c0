"""How alike the postings of a list are, in TF-IDF vectors that no model has learned."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from training.model.features import posting_text
from training.text.tokenizer import tokens


def text_vectors(postings: Sequence[Mapping[str, Any]]) -> sparse.csr_array:
    """Make the TF-IDF vectors of the postings' short texts, (N, ·), unit or zero."""
    texts = [posting_text(posting) for posting in postings]
    try:
        found = TfidfVectorizer(sublinear_tf=True, analyzer=tokens).fit_transform(texts)
    except ValueError:  # no text holds a word
        return sparse.csr_array((len(texts), 1))
    return sparse.csr_array(found)


def likeness(vectors: sparse.csr_array, rows: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Average the cosines of all pairs within each list; lower is more diverse.

    Args:
        vectors: (N, ·), unit or zero.
        rows: (B, K) int64, the lists.
        real: (B, K) bool, false where a list is shorter.

    Returns:
        (B,) float64; 0 for a list without pairs.
    """
    where = np.repeat(np.arange(len(rows)), rows.shape[1])
    chosen = sparse.csr_array(
        (real.ravel().astype(np.float64), (where, rows.ravel())),
        shape=(len(rows), vectors.shape[0]),
    )
    total = chosen @ vectors
    squared = np.asarray(total.multiply(total).sum(axis=1))
    lengths = np.asarray(vectors.multiply(vectors).sum(axis=1))
    own = (lengths[rows] * real).sum(axis=1)
    sizes = real.sum(axis=1)
    return np.asarray((squared - own) / np.maximum(sizes * (sizes - 1), 1))
