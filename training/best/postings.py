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

from training.tokens import clean, tokens

ABSENT = -1
"""The code of a field that says nothing; it equals no other."""

_NOT_SAID = frozenset(
    {"schema_version", "posting_id", "date_posted", "valid_through", "url", "source"}
)
_PROSE = frozenset({"description", "skills"})
_NAMES = ("title", "employer", "locality")
"""Fields that are compared by their letters too: names are spelt in many ways."""
_RARELY = 0.02
"""A field is a likeness by being absent if at least so many lack it, and so many don't."""


@dataclass(frozen=True, eq=False)
class Said:
    """What N postings say."""

    codes: Mapping[str, np.ndarray]
    """By field: (N,) int64, equal for equal values, `ABSENT` for none."""
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
        postings: the JSON values of `streaming.records.Posting`.
    """
    rows = [flat(posting) for posting in postings]
    names = sorted({name for values in rows for name in values} - _PROSE)
    columns = {name: [values.get(name, "") for values in rows] for name in names}
    codes = {name: codes_of(column) for name, column in columns.items()}
    codes = {name: code for name, code in codes.items() if code.max() > 0}
    lacking = {name: code == ABSENT for name, code in codes.items()}
    texts = {f"{name} letters": _letters(columns[name]) for name in _NAMES if name in codes}
    if "title" in codes:
        texts["title words"] = _words(columns["title"])
    for name in sorted(_PROSE):
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


def flat(posting: Mapping[str, Any]) -> dict[str, str]:
    """Take the parts of a place for fields of their own, and lists for texts."""
    found: dict[str, str] = {}
    for name, value in posting.items():
        if isinstance(value, Mapping):
            found |= {key: said for key, said in value.items() if isinstance(said, str) and said}
        elif isinstance(value, list):
            found[name] = " ".join(str(part) for part in value)
        elif isinstance(value, str) and name not in _NOT_SAID:
            found[name] = value
    return {name: text for name, said in found.items() if (text := " ".join(clean(said).split()))}


def codes_of(values: Sequence[str]) -> np.ndarray:
    """Number values in their order, so that an unchanged catalogue has unchanged numbers."""
    numbers = {value: place for place, value in enumerate(sorted(set(values) - {""}))}
    return np.array([numbers.get(value, ABSENT) for value in values], dtype=np.int64)


def _both(lack: np.ndarray) -> bool:
    return bool(_RARELY <= lack.mean() <= 1 - _RARELY)


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
