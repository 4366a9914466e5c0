"""Similarity of the steps of a history with postings, by field and text."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy import sparse

from training.benchmark.ensemble.content_features.posting_vectors import PostingVectors
from training.data.posting_fields import ABSENT

_PLACES = ("locality", "region")
"""Within a place, the similarity of `_WITHIN` counts differently: these products are features."""
_WITHIN = ("employer", "title letters")
_CACHED = 24
"""Postings whose similarity with the whole catalogue is kept."""


@dataclass(frozen=True, eq=False)
class FieldSimilarity:
    """Compares N postings by their fields and texts."""

    vectors: PostingVectors

    @cached_property
    def transposed(self) -> dict[str, sparse.csr_array]:
        """By text, its rows as columns, (·, N)."""
        return {name: rows.T.tocsr() for name, rows in self.vectors.texts.items()}

    def names(self) -> tuple[str, ...]:
        """Return the names of the similarities, in the order of `features`."""
        return tuple(self.compare(np.zeros(1, np.int64), np.zeros(1, np.int64)))

    def features(self, steps: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
        """Compare (n,) rows with (C,) others, None: all; (similarities, n, C) float32, 0 to 1."""
        if columns is None:
            return np.stack([_with_catalogue(self, int(step)) for step in steps], axis=1)
        return np.stack(list(self.compare(steps, columns).values()))

    def compare(self, steps: np.ndarray, columns: np.ndarray | None) -> dict[str, np.ndarray]:
        """Return the similarities by name, (n, C) float32 each; arguments as in `features`."""
        compared: dict[str, np.ndarray] = {}
        for name, codes in self.vectors.codes.items():
            own = codes[steps][:, None]
            compared[name] = ((own == _row(codes, columns)) & (own != ABSENT)).astype(np.float32)
        for name, missing in self.vectors.missing.items():
            both = missing[steps][:, None] & _row(missing, columns)
            compared[f"{name} absent"] = both.astype(np.float32)
        for name, rows in self.vectors.texts.items():
            others = self.transposed[name] if columns is None else rows[columns].T
            compared[name] = (rows[steps] @ others).toarray()
        for place in _PLACES:
            for name in _WITHIN:
                if place in compared and name in compared:
                    compared[f"{place} and {name}"] = compared[place] * compared[name]
        return compared


@lru_cache(maxsize=_CACHED)
def _with_catalogue(similarity: FieldSimilarity, step: int) -> np.ndarray:
    """Compare one posting with the catalogue, (similarities, N).

    The cache serves reasons, which score a history again without each of its steps.
    """
    compared = similarity.compare(np.array([step]), None)
    return np.stack([row[0] for row in compared.values()])


def _row(values: np.ndarray, columns: np.ndarray | None) -> np.ndarray:
    return values[None, :] if columns is None else values[None, columns]
