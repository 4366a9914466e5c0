"""Item-kNN: items that stand close together in the same histories are similar.

similarity(i, j) = Σ e^(-spread · (q - p - 1)) over all histories and places p < q with i and j,
times `backward` where j came first, over n_i^asking · n_j^answering, with n the number of histories
that hold an item. An item's sum is that of its similarities with the history's items, weighted by
e^(-decay · age), plus a multiple of its popularity. Its score is the logarithm of the sum in
relation to the highest one, so that it can be added to the scores of models (after Sarwar and
others, Item-Based Collaborative Filtering Recommendation Algorithms, 2001).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from scipy import sparse

from streaming.serving.catalogue import Catalogue
from training.sequence_scorer.histories import Steps

Choices = Mapping[str, float]
"""A value for each name of `GRID`."""

GRID: Mapping[str, Sequence[float]] = {
    "decay": (0.3, 0.0, 0.1, 0.6, 1.0, 1.5),
    "spread": (0.3, 0.0, 0.1, 0.6, 1.0, 2.0),
    "backward": (1.0, 0.7, 0.4),
    "asking": (0.5, 0.0, 0.25, 0.75, 1.0),
    "answering": (0.5, 0.0, 0.25, 0.75, 1.0),
    "popularity": (0.0, 1e-6, 1e-3, 1e-2, 3e-2),
}
"""The values to compare; a search starts with the first of each."""
MOST_NEIGHBOURS = 300
"""Neighbours that are kept of each item: the most similar."""
_REACH = 50
"""The most places between two items that count as a co-occurrence."""
_SMOOTHING = 0.1
_FILE, _PLACES = "neighbours.npz", "places.npy"
_ARRAYS = ("starts", "others", "similarities", "popularity")


@dataclass(frozen=True, eq=False)
class CoOccurrence:
    """What stands near what in histories over M items."""

    held: np.ndarray
    """(M,) int64: the histories that hold each item."""
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray]
    """Earlier item, later item, and places between them, (P,) int64 each."""

    @classmethod
    def count(cls, histories: Sequence[np.ndarray], items: int) -> Self:
        """Count (n,) int64 histories of items, oldest first; there is at least one."""
        distinct = np.concatenate([np.unique(history) for history in histories])
        return cls(np.bincount(distinct, minlength=items), _pairs(histories))

    def similarities(self, choices: Choices) -> sparse.csr_array:
        """Return the similarity of each item with others, (M, M): asking in rows."""
        users = np.maximum(self.held, 1).astype(np.float64)
        left = sparse.diags_array(users ** -choices["asking"])
        right = sparse.diags_array(users ** -choices["answering"])
        return (left @ self._closeness(choices["spread"], choices["backward"]) @ right).tocsr()

    def popularity(self, choices: Choices) -> np.ndarray:
        """Return what the popularity of each item adds to its sum, (M,) float64."""
        return np.asarray(choices["popularity"] * self.held / max(self.held.max(initial=1), 1))

    @cached_property
    def _closeness(self) -> Callable[[float, float], sparse.csr_array]:
        """Return sums over the pairs by spread and backward; those used last are kept."""
        first, second, distances = self.pairs
        shape = (len(self.held), len(self.held))

        @lru_cache(maxsize=2)
        def closeness(spread: float, backward: float) -> sparse.csr_array:
            near = np.exp(-spread * (distances - 1))
            forward = sparse.csr_array((near, (first, second)), shape=shape)
            return (forward + backward * forward.T).tocsr()

        return closeness


@dataclass(frozen=True, eq=False)
class NeighbourScorer:
    """A sparse graph over M items, keyed by posting id."""

    items: tuple[str, ...]
    """Posting ids."""
    decay: float
    """A step's weight is e^(-decay · age in steps)."""
    starts: np.ndarray
    """(M + 1,) int64: the neighbours of item i are starts[i] up to starts[i + 1]."""
    others: np.ndarray
    """(E,) int32 places in `items`, ascending for each item."""
    similarities: np.ndarray
    """(E,) float32."""
    popularity: np.ndarray
    """(M,) float32: what is added to the sum of each item."""

    @classmethod
    def of(
        cls,
        counted: CoOccurrence,
        items: Sequence[str],
        choices: Choices,
        most: int | None = MOST_NEIGHBOURS,
    ) -> Self:
        """Build the graph of M items.

        It keeps the `most` most similar neighbours of each, and of equal ones those that come
        first; None: all.
        """
        graph = counted.similarities(choices)
        graph.sort_indices()
        graph = graph if most is None else _strongest(graph, most)
        return cls(
            items=tuple(items),
            decay=choices["decay"],
            starts=graph.indptr.astype(np.int64),
            others=graph.indices.astype(np.int32),
            similarities=graph.data.astype(np.float32),
            popularity=counted.popularity(choices).astype(np.float32),
        )

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        arrays = {name: np.asarray(getattr(self, name)) for name in _ARRAYS}
        arrays |= {"items": np.array(self.items, dtype=str), "decay": np.array(self.decay)}
        np.savez(folder / _FILE, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            OSError, ValueError, KeyError, BadZipFile: the folder is incomplete.
        """
        with np.load(folder / _FILE) as file:
            arrays = {name: file[name] for name in _ARRAYS}
            return cls(tuple(file["items"].tolist()), float(file["decay"]), **arrays)

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write where the items of a catalogue's postings stand into an existing folder."""
        places = [self._places.get(one, len(self.items)) for one in catalogue.posting_ids]
        np.save(folder / _PLACES, np.array(places, dtype=np.int64))

    def open(self, folder: Path) -> "OpenNeighbourScorer":
        """Open what `prepare` wrote."""
        return OpenNeighbourScorer(self, np.load(folder / _PLACES))

    def read(self, steps: Steps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Select the steps that training has seen.

        Returns:
            Their numbers among the steps, their places among the items, and their weights, which
            sum to 1; (T,) each.
        """
        places = np.array([self._places.get(step, -1) for step in steps], dtype=np.int64)
        numbers = np.flatnonzero(places >= 0)
        return numbers, places[numbers], decayed_weights(len(numbers), self.decay)

    def terms(self, place: int, weight: float) -> tuple[np.ndarray, np.ndarray]:
        """Return what a step adds: the neighbours of an item, and their weighted similarities."""
        span = slice(*self.starts[place : place + 2].tolist())
        return self.others[span], np.float32(weight) * self.similarities[span]

    def sums(self, steps: Steps) -> np.ndarray:
        """Sum up the similarities of a history with every item and its popularity, (M,) float32."""
        sums = self.popularity.copy()
        _, places, weights = self.read(steps)
        for place, weight in zip(places.tolist(), weights.tolist(), strict=True):
            others, terms = self.terms(place, weight)
            sums[others] += terms
        return sums

    @cached_property
    def _places(self) -> dict[str, int]:
        return {posting_id: place for place, posting_id in enumerate(self.items)}


@dataclass(frozen=True, eq=False)
class OpenNeighbourScorer:
    """A graph over the N postings of a prepared catalogue."""

    scorer: NeighbourScorer
    places: np.ndarray
    """(N,) int64: the item of each posting; M for none."""

    @cached_property
    def known(self) -> np.ndarray:
        """Whether training has seen each posting, (N,) bool."""
        return np.asarray(self.places < len(self.scorer.items))

    def scores(self, steps: Steps) -> np.ndarray:
        """Score every posting after a history: (N,) float32.

        0 for a posting that stands near no step, and for all after a history without known steps.
        """
        if not len(self.scorer.read(steps)[0]):
            return np.zeros(len(self.places), dtype=np.float32)
        scores = np.append(log_scale(self.scorer.sums(steps)), np.float32(0))
        return np.asarray(scores[self.places])

    def scores_alone(self, steps: Steps, rows: np.ndarray) -> np.ndarray:
        """Score (K,) rows after each of n steps alone, (n, K) float32; 0 after unknown steps."""
        scores = [self.scores([step])[rows] for step in steps]
        return np.array(scores, dtype=np.float32).reshape(len(steps), len(rows))


_TINY = np.finfo(np.float32).tiny


def decayed_weights(length: int, decay: float) -> np.ndarray:
    """Weight the steps of a history by age, the newest at age 0: (n,) float64 that sum to 1."""
    weights = np.exp(-decay * np.arange(length)[::-1])
    return np.asarray(weights / max(float(weights.sum()), float(_TINY)))


def log_scale(sums: np.ndarray) -> np.ndarray:
    """Bring sums of 0 and more, (..., M), to logarithms, so that they add up with other scores.

    0 stays 0, and the highest of a row becomes log(1 + 1 / smoothing).
    """
    highest = np.maximum(sums.max(axis=-1, keepdims=True, initial=0), _TINY)
    return np.asarray(np.log1p(sums / (np.float32(_SMOOTHING) * highest)), dtype=np.float32)


def _strongest(graph: sparse.csr_array, most: int) -> sparse.csr_array:
    """Keep the largest entries of each row; of equal ones those of the lowest columns."""
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    order = np.lexsort((graph.indices, -graph.data, rows))
    kept = np.sort(order[np.arange(len(order)) - graph.indptr[rows] < most])
    ends = np.cumsum([0, *np.bincount(rows[kept], minlength=graph.shape[0])])
    return sparse.csr_array((graph.data[kept], graph.indices[kept], ends), shape=graph.shape)


def _pairs(histories: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """List the pairs of items within histories: earlier, later, places apart; each (P,) int64."""
    items = np.concatenate(histories)
    owners = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    parts = [(np.zeros(0, np.int64),) * 3]
    for distance in range(1, min(_REACH, max(map(len, histories)) - 1) + 1):
        same = owners[:-distance] == owners[distance:]
        first, second = items[:-distance][same], items[distance:][same]
        different = first != second
        parts.append((first[different], second[different], np.full(different.sum(), distance)))
    first, second, distances = (np.concatenate(column) for column in zip(*parts, strict=True))
    return first, second, distances
