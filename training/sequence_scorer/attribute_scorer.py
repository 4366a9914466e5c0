"""Likeness of attributes: the cosine of a posting's words with those of a history.

A word counts by its inverse document frequency (Salton and Buckley, Term-Weighting Approaches in
Automatic Text Retrieval, 1988), and a step by e^(-decay · age).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from scipy import sparse

from streaming.serving.catalogue import Catalogue
from training.sequence_scorer.histories import Steps, attribute_words
from training.sequence_scorer.neighbour_scorer import decayed_weights

DECAYS = (0.1, 0.0, 0.3, 0.6)
"""The values to compare."""
_FILE, _PARTS = "attributes.npz", ("data", "indices", "indptr")
_SMALLEST = 1e-12


@dataclass(frozen=True, eq=False)
class AttributeScorer:
    """The words of M items; postings that training never saw are scored by their words too."""

    items: tuple[str, ...]
    """Posting ids."""
    words: tuple[str, ...]
    """A attribute words."""
    weights: np.ndarray
    """(A,) float32, of the words."""
    rows: sparse.csr_array
    """(M, A) float32 of length 1, or 0 for an item without words."""
    decay: float

    @classmethod
    def of(cls, items: Sequence[str], attributes: Sequence[Sequence[str]], decay: float) -> Self:
        """Weigh the words of M items, at least one of which has a word."""
        words = tuple(sorted({word for own in attributes for word in own}))
        places = {word: place for place, word in enumerate(words)}
        held = np.bincount([places[word] for own in attributes for word in own])
        weights = (1 + np.log((1 + len(items)) / (1 + held))).astype(np.float32)
        return cls(tuple(items), words, weights, _unit_rows(attributes, places, weights), decay)

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        arrays = {name: np.asarray(getattr(self.rows, name)) for name in _PARTS}
        texts = {"items": np.array(self.items, dtype=str), "words": np.array(self.words, dtype=str)}
        own = {"weights": self.weights, "decay": np.array(self.decay)}
        np.savez(folder / _FILE, allow_pickle=False, **arrays, **texts, **own)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            OSError, ValueError, KeyError, BadZipFile: the folder is incomplete.
        """
        with np.load(folder / _FILE) as file:
            items, words = tuple(file["items"].tolist()), tuple(file["words"].tolist())
            parts, shape = tuple(file[name] for name in _PARTS), (len(items), len(words))
            rows = sparse.csr_array(parts, shape=shape)
            return cls(items, words, file["weights"], rows, float(file["decay"]))

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write the words of a catalogue's postings into an existing folder."""
        rows = self.catalogue_rows(catalogue)
        for name in _PARTS:
            np.save(folder / f"{name}.npy", getattr(rows, name))

    def open(self, folder: Path) -> "OpenAttributeScorer":
        """Open what `prepare` wrote."""
        parts = tuple(np.asarray(np.load(folder / f"{n}.npy", mmap_mode="r")) for n in _PARTS)
        shape = (len(parts[-1]) - 1, len(self.words))
        return OpenAttributeScorer(self, sparse.csr_array(parts, shape=shape))

    def catalogue_rows(self, catalogue: Catalogue) -> sparse.csr_array:
        """Return the words of each posting of a catalogue, (N, A) as `rows`."""
        places = {word: place for place, word in enumerate(self.words)}
        attributes: list[list[str]] = [[] for _ in range(len(catalogue))]
        if "skills" in catalogue.table.column_names:
            postings = catalogue.table.select(["skills"]).to_pylist()
            attributes = [[w for w in attribute_words(one) if w in places] for one in postings]
        return _unit_rows(attributes, places, self.weights)

    def terms(self, steps: Steps) -> np.ndarray:
        """Return what each of n steps adds to the words asked for, (n, A) float32.

        Their sum has the length 1, or 0 where no step has words that are known.
        """
        terms = np.zeros((len(steps), len(self.words)), dtype=np.float32)
        places = self.places_of(steps)
        known = np.flatnonzero(places >= 0)
        weights = decayed_weights(len(known), self.decay).astype(np.float32)
        terms[known] = self.rows[places[known]].toarray() * weights[:, None]
        length = np.linalg.norm(terms.sum(axis=0))
        return np.asarray(terms / max(float(length), _SMALLEST), dtype=np.float32)

    def places_of(self, steps: Steps) -> np.ndarray:
        """Return the places of n steps among the items, (n,) int64; -1 for unknown ones."""
        return np.array([self._places.get(step, -1) for step in steps], dtype=np.int64)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {posting_id: place for place, posting_id in enumerate(self.items)}


@dataclass(frozen=True, eq=False)
class OpenAttributeScorer:
    """Scores the N postings of a prepared catalogue."""

    scorer: AttributeScorer
    rows: sparse.csr_array
    """(N, A), as `AttributeScorer.rows`."""

    @cached_property
    def known(self) -> np.ndarray:
        """Whether each posting has a known word, (N,) bool."""
        return np.asarray(np.diff(self.rows.indptr) > 0)

    def scores(self, steps: Steps) -> np.ndarray:
        """Score every posting by its cosine with a history, (N,) float32 from 0 to 1."""
        return np.asarray(self.rows @ self.scorer.terms(steps).sum(axis=0), dtype=np.float32)

    def scores_alone(self, steps: Steps, rows: np.ndarray) -> np.ndarray:
        """Score (K,) rows after each of n steps alone, (n, K) float32; 0 after unknown steps."""
        scores = np.zeros((len(steps), len(rows)), dtype=np.float32)
        places = self.scorer.places_of(steps)
        known = np.flatnonzero(places >= 0)
        scores[known] = (self.scorer.rows[places[known]] @ self.rows[rows].T).toarray()
        return scores


def _unit_rows(
    attributes: Sequence[Sequence[str]], places: dict[str, int], weights: np.ndarray
) -> sparse.csr_array:
    """Return rows of length 1 with the weights of the words of each posting, none twice."""
    indices = np.array([places[word] for own in attributes for word in own], dtype=np.int32)
    lengths = np.array([len(own) for own in attributes], dtype=np.int64)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    data = weights[indices]
    owners = np.repeat(np.arange(len(lengths)), lengths)
    norms = np.sqrt(np.bincount(owners, weights=data**2, minlength=len(lengths)))
    data = (data / norms[owners]).astype(np.float32)
    return sparse.csr_array((data, indices, ends), shape=(len(lengths), len(weights)))
