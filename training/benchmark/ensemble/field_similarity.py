"""How alike each step of a history and each posting are, kind by kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import sparse

from training.benchmark.ensemble.posting_vectors import Said
from training.data.posting_fields import ABSENT

_AGAINST = ("locality", "region")
"""Places: what else is alike counts differently within one."""
_KEPT = 24
_BESIDES = ("employer", "title letters")


@dataclass(frozen=True, eq=False)
class Likeness:
    """Compares postings by what they say.

    Args:
        said: what the N postings say.
        flipped: by text, its rows as columns, (·, N).
    """

    said: Said
    flipped: dict[str, sparse.csr_array]

    @classmethod
    def of(cls, said: Said) -> "Likeness":
        """Prepare for many questions."""
        return cls(said, {name: rows.T.tocsr() for name, rows in said.texts.items()})

    def kinds(self) -> tuple[str, ...]:
        """Name the kinds of likeness, in the order of `rows`."""
        return tuple(name for name, _ in self._rows(np.zeros(1, np.int64), np.zeros(1, np.int64)))

    def rows(self, steps: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
        """Compare the postings of a history with others.

        Args:
            steps: (n,) rows of the catalogue.
            columns: (C,) rows of the catalogue; None for all of it.

        Returns:
            (kinds, n, C) float32 from 0 to 1.
        """
        if columns is None:
            return np.stack([_against_all(self, int(step)) for step in steps], axis=1)
        return np.stack([row for _, row in self._rows(steps, columns)])

    def _rows(
        self, steps: np.ndarray, columns: np.ndarray | None
    ) -> Iterator[tuple[str, np.ndarray]]:
        found: dict[str, np.ndarray] = {}
        for name, code in self.said.codes.items():
            own = code[steps][:, None]
            found[name] = ((own == _at(code, columns)) & (own != ABSENT)).astype(np.float32)
        for name, lack in self.said.lacking.items():
            found[f"{name} absent"] = (lack[steps][:, None] & _at(lack, columns)).astype(np.float32)
        for name, rows in self.said.texts.items():
            others = self.flipped[name] if columns is None else rows[columns].T
            found[name] = (rows[steps] @ others).toarray()
        for place in _AGAINST:
            for name in _BESIDES:
                if place in found and name in found:
                    found[f"{place} and {name}"] = found[place] * found[name]
        yield from found.items()


@lru_cache(maxsize=_KEPT)
def _against_all(likeness: Likeness, step: int) -> np.ndarray:
    """Compare one posting with all others, (kinds, N).

    A history without one of its steps, as reasons try it, shares all the others with the whole.
    """
    return np.stack([row[0] for _, row in likeness._rows(np.array([step]), None)])  # noqa: SLF001


def _at(values: np.ndarray, columns: np.ndarray | None) -> np.ndarray:
    return values[None, :] if columns is None else values[None, columns]
