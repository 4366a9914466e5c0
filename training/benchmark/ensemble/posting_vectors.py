"""What postings say, as vectors: fields that are equal or not, texts that are more or less alike.

Every kind of likeness is an inner product of sparse unit rows, so that an unseen posting has it the
moment its text is known. Which there are depends on the data: a field that nobody fills, or that
says the same everywhere, has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from training.data.posting_fields import ABSENT, PROSE, RARELY, codes_of, flat
from training.text.tokenizer import tokens

_NAMES = ("title", "employer", "locality")
"""Fields that are compared by their letters too: names are spelt in many ways."""


@dataclass(frozen=True, eq=False)
class Said:
    """What N postings say."""

    codes: Mapping[str, np.ndarray]
    """By field: (N,) int64, equal for equal values, `fields.ABSENT` for none."""
    lacking: Mapping[str, np.ndarray]
    """By field that is often absent: (N,) bool, true where it is."""
    texts: Mapping[str, sparse.csr_array]
    """By text: (N, ·) float32 unit rows of TF-IDF; a zero row for no text."""

    @property
    def count(self) -> int:
        """N."""
        return len(next(iter(self.codes.values()))) if self.codes else 0


def read(postings: Sequence[Mapping[str, Any]]) -> Said:
    """Find out what there is to compare.

    Args:
        postings: the JSON values of `streaming.contract.records.Posting`.
    """
    rows = [flat(posting) for posting in postings]
    names = sorted({name for values in rows for name in values} - PROSE)
    columns = {name: [values.get(name, "") for values in rows] for name in names}
    codes = {name: codes_of(column) for name, column in columns.items()}
    codes = {name: code for name, code in codes.items() if code.max() > 0}
    lacking = {name: code == ABSENT for name, code in codes.items()}
    texts = {f"{name} letters": _letters(columns[name]) for name in _NAMES if name in codes}
    if "title" in codes:
        texts["title words"] = _words(columns["title"])
    for name in sorted(PROSE):
        texts[f"{name} words"] = _words([values.get(name, "") for values in rows])
    return Said(
        codes=codes,
        lacking={name: lack for name, lack in lacking.items() if _both(lack)},
        texts={name: rows for name, rows in texts.items() if rows.nnz},
    )


def crossed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Number the pairs of two fields' values, (N,) int64; absent where either is."""
    pairs = one.astype(np.int64) * (other.max() + 1) + other
    absent = (one == ABSENT) | (other == ABSENT)
    found = np.full(len(one), ABSENT, dtype=np.int64)
    found[~absent] = np.unique(pairs[~absent], return_inverse=True)[1]
    return found


def indicators(code: np.ndarray) -> sparse.csr_array:
    """Lay a field out as rows with a single 1, (N, values); zero where it is absent."""
    rows = np.flatnonzero(code != ABSENT)
    ones = np.ones(len(rows), dtype=np.float32)
    return sparse.csr_array((ones, (rows, code[rows])), shape=(len(code), max(code.max() + 1, 1)))


def _both(lack: np.ndarray) -> bool:
    return bool(RARELY <= lack.mean() <= 1 - RARELY)


def _letters(texts: Sequence[str]) -> sparse.csr_array:
    return _vectors(texts, analyzer="char_wb", ngram_range=(3, 5))


def _words(texts: Sequence[str]) -> sparse.csr_array:
    return _vectors(texts, analyzer=tokens)


def _vectors(texts: Sequence[str], **how: Any) -> sparse.csr_array:
    try:
        found = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **how).fit_transform(texts)
    except ValueError:  # no text holds a word
        return sparse.csr_array((len(texts), 1), dtype=np.float32)
    return sparse.csr_array(found)
