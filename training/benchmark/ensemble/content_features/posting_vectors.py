"""Postings as vectors: codes of fields, and TF-IDF rows of texts.

Every similarity is an inner product of sparse unit rows, so that an unseen posting has it as soon
as its text is known. The data decide which there are: a field that is empty, or equal everywhere,
has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from training.data.posting_fields import (
    ABSENT,
    MIN_ABSENT_SHARE,
    TEXT_FIELDS,
    category_codes,
    flatten_fields,
)
from training.evaluation.tfidf import CHARACTER_NGRAMS, tfidf_vectors

_FUZZY_FIELDS = ("title", "employer", "locality")
"""Fields that are also compared by character n-grams, because names are spelt in many ways."""


@dataclass(frozen=True, eq=False)
class PostingVectors:
    """The vectors of N postings."""

    codes: Mapping[str, np.ndarray]
    """By field: (N,) int64, equal for equal values, `posting_fields.ABSENT` for none."""
    missing: Mapping[str, np.ndarray]
    """By field that is often absent: (N,) bool, true where it is."""
    texts: Mapping[str, sparse.csr_array]
    """By text: (N, ·) float32 unit rows of TF-IDF; a zero row for no text."""

    @property
    def count(self) -> int:
        """N."""
        return len(next(iter(self.codes.values()))) if self.codes else 0


def vectorise(postings: Sequence[Mapping[str, Any]]) -> PostingVectors:
    """Return the vectors of postings, JSON values of `streaming.contract.records.Posting`."""
    rows = [flatten_fields(posting) for posting in postings]
    names = sorted({name for values in rows for name in values} - TEXT_FIELDS)
    columns = {name: [values.get(name, "") for values in rows] for name in names}
    codes = {name: category_codes(column) for name, column in columns.items()}
    codes = {name: code for name, code in codes.items() if code.max() > 0}
    texts = {
        f"{name} letters": tfidf_vectors(columns[name], CHARACTER_NGRAMS, np.float32)
        for name in _FUZZY_FIELDS
        if name in codes
    }
    words = {"title": columns["title"]} if "title" in codes else {}
    words |= {name: [values.get(name, "") for values in rows] for name in sorted(TEXT_FIELDS)}
    texts |= {f"{name} words": tfidf_vectors(own, dtype=np.float32) for name, own in words.items()}
    return PostingVectors(
        codes=codes,
        missing={
            name: code == ABSENT
            for name, code in codes.items()
            if MIN_ABSENT_SHARE <= (code == ABSENT).mean() <= 1 - MIN_ABSENT_SHARE
        },
        texts={name: rows for name, rows in texts.items() if rows.nnz},
    )


def pair_codes(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Number the pairs of two fields' values, (N,) int64; absent where either value is."""
    pairs = first.astype(np.int64) * (second.max() + 1) + second
    absent = (first == ABSENT) | (second == ABSENT)
    codes = np.full(len(first), ABSENT, dtype=np.int64)
    codes[~absent] = np.unique(pairs[~absent], return_inverse=True)[1]
    return codes
