"""Compares texts by their meaning: vectors of a language model against prototypes of concepts.

A concept's prototype is the mean of the vectors of its names. Directions in which the names of one
concept differ from one another say little about what it is, so they are made shorter (whitening by
the within-class scatter, as in linear discriminant analysis, Fisher 1936).

Values are whole numbers up to 127. Their products and sums are exact in float32, so that every
machine finds the same likeness.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from training.text.language_model import LanguageModel
from training.text.word_embeddings import unit_rows

_SHRINKAGE = 0.5
"""Share of the scatter that is taken as equal in all directions. Accuracy hardly depends on it."""
_SCALE = 127.0
_FILE = "meanings.npz"


@dataclass(frozen=True, eq=False)
class Meanings:
    """Prototypes of C concepts."""

    encoder: LanguageModel
    prototypes: np.ndarray
    """(C, D) int8."""
    whitening: np.ndarray
    """(D, D) float32."""
    centre: np.ndarray
    """(D,) float32: the mean of all names."""

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        owners: np.ndarray,
        encoder: LanguageModel,
        on_progress: Callable[[float], None],
    ) -> Self:
        """Make prototypes of L names; `owners` (L,) are their concepts, 0 to C - 1, ascending."""
        lower = [_lower(name) for name in names]
        encoder.read_ahead(lower, on_progress)
        vectors = encoder.encode(lower)
        counts = np.bincount(owners).astype(np.float32)
        means = np.add.reduceat(vectors, np.flatnonzero(np.diff(owners, prepend=-1)), axis=0)
        means /= counts[:, None]
        centre, whitening = vectors.mean(axis=0), _whitening(vectors - means[owners])
        prototypes = _rounded((means - centre) @ whitening)
        return cls(encoder, prototypes.astype(np.int8), whitening, centre)

    def likeness(self, text: str) -> np.ndarray:
        """Return the cosine of a text with each concept, (C,) float32."""
        [vector] = self.encoder.encode([_lower(text)])
        if not vector.any():
            return np.zeros(len(self.prototypes), dtype=np.float32)
        own = _rounded((vector - self.centre)[None] @ self.whitening)[0]
        return np.asarray(self.prototypes.astype(np.float32) @ own / _SCALE**2, dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write everything but the encoder into an existing folder."""
        arrays = {name: getattr(self, name) for name in ("prototypes", "whitening", "centre")}
        np.savez(folder / _FILE, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path, encoder: LanguageModel) -> "Meanings | None":
        """Read what `save` wrote; None where nothing was saved."""
        if not (folder / _FILE).exists():
            return None
        with np.load(folder / _FILE) as arrays:
            return cls(encoder, arrays["prototypes"], arrays["whitening"], arrays["centre"])


def _lower(text: str) -> str:
    """Titles in capitals mean the same."""
    return " ".join(text.casefold().split())


def _whitening(differences: np.ndarray) -> np.ndarray:
    """Return the inverse square root of the scatter of (L, D) differences from their means."""
    dimensions = differences.shape[1]
    scatter = differences.T.astype(np.float64) @ differences / len(differences)
    mean = float(np.trace(scatter)) / dimensions
    if mean <= 0:  # each concept has one name
        return np.eye(dimensions, dtype=np.float32)
    values, vectors = np.linalg.eigh(
        (1 - _SHRINKAGE) * scatter / mean + _SHRINKAGE * np.eye(dimensions)
    )
    return np.asarray(vectors * values**-0.5 @ vectors.T, dtype=np.float32)


def _rounded(vectors: np.ndarray) -> np.ndarray:
    """Return unit rows as whole numbers from -127 to 127, float32."""
    return np.asarray(np.rint(unit_rows(vectors) * _SCALE), dtype=np.float32)
