"""Co-visitation: which postings, and which values of fields, the same people turn to.

Counts are keyed by posting id and by value, never by row, so that they apply to every catalogue: an
unseen posting has an employer and a place that people know. No posting says which places are near
each other, but people who look at postings in one of two neighbouring towns look at the other too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from scipy import sparse

from training.content_ranker.posting_features import CO_VISITED_FIELDS, PostingFeatures
from training.content_ranker.sparse_rows import row_entries
from training.data.dataset import DISMISS, Dataset
from training.data.popularity_counts import HALF_LIFE_DAYS, PopularityCounts
from training.model.time_encoding import to_microseconds

MEASURES = ("people", "share of both", "share", "second hand")
"""Logarithm of the number of people who held both values; this number over the geometric mean of
those who held either; over those who held the first and any other; and the share through a third
value."""
_DAY = 86_400e6  # microseconds
_MOST_NEIGHBOURS = 64
"""Neighbours that are kept of each value and posting: the strongest."""
_FILE, _POPULARITY = "co_visitation.npz", "popularity.parquet"
_POSTINGS = "postings"
_ARRAYS = ("names", "starts", "others", "measures")


@dataclass(frozen=True, eq=False)
class Neighbours:
    """A sparse graph: V nodes, each with its co-visited neighbours and M measures of each."""

    names: tuple[str, ...]
    """Of the V nodes: values or posting ids."""
    starts: np.ndarray
    """(V + 1,) int64."""
    others: np.ndarray
    """(E,) int32 places in `names`; the neighbours of node v are starts[v] up to starts[v + 1]."""
    measures: np.ndarray
    """(E, M) float32."""

    def places_of(self, values: Sequence[str]) -> np.ndarray:
        """Return the nodes of values, (N,) int64; V, which has no neighbours, for unknown ones."""
        places = {name: place for place, name in enumerate(self.names)}
        return np.array([places.get(value, len(places)) for value in values], dtype=np.int64)

    def of(self, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the neighbours of n nodes: (E,) nodes, (E, M) measures, and whose each is."""
        entries, owners = row_entries(self._starts, nodes)
        return self.others[entries], self.measures[entries], owners

    def between(self, nodes: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Look up the measures between n nodes and C others, (n, C, M) float32.

        Others that are among the n nodes have 0: equality is a similarity of its own.
        """
        none = len(others)
        places = np.full(len(self.names) + 1, none)
        places[others] = np.arange(none)
        places[nodes] = none
        table = np.zeros((len(nodes), none + 1, self.measures.shape[1]), dtype=np.float32)
        near, measures, owners = self.of(nodes)
        table[owners, places[near]] = measures
        table[:, none] = 0.0
        return table[:, places[others]]

    @cached_property
    def _starts(self) -> np.ndarray:
        """With a node at the end that has no neighbours, for unknown values."""
        return np.append(self.starts, self.starts[-1])


@dataclass(frozen=True, eq=False)
class CoVisitation:
    """What events show of the people behind them."""

    fields: Mapping[str, Neighbours]
    """By field of `CO_VISITED_FIELDS`: values with `MEASURES`."""
    postings: Neighbours
    """Posting ids with one measure: the people who turned to both."""
    people: np.ndarray
    """(P,) float32: the people who turned to each of `postings.names`."""
    popularity: PopularityCounts
    """As for the most-popular list."""

    @classmethod
    def count(cls, events: Dataset, features: PostingFeatures) -> Self:
        """Count the events of the postings of a catalogue, whose features these are."""
        real = events.kinds != DISMISS
        owners = np.repeat(np.arange(len(events)), np.diff(events.starts))[real]
        rows = events.postings[real]
        ids = np.array(events.catalogue.posting_ids, dtype=object)
        shown, places = np.unique(rows, return_inverse=True)
        both = _co_occurrence(owners, places, len(events), len(shown))
        fields = {}
        for field in CO_VISITED_FIELDS:
            values = np.array(features.values[field], dtype=object)
            held = values[features.codes_of(field)[rows]]
            names, value_places = np.unique(held[held != ""].astype(str), return_inverse=True)
            counts = _co_occurrence(owners[held != ""], value_places, len(events), len(names))
            fields[field] = _measure(names.tolist(), counts)
        pairs = _strongest(_without_diagonal(both))
        return cls(
            fields=fields,
            postings=_neighbours(ids[shown].tolist(), pairs, [pairs]),
            people=np.asarray(both.diagonal(), dtype=np.float32),
            popularity=events.counts,
        )

    def decay_at(self, moment: int) -> float:
        """Return the decay of the popularity at a moment, microseconds since 1970; from 0 to 1."""
        made_at = self.popularity.made_at
        days = 0.0 if made_at is None else (moment - to_microseconds(made_at)) / _DAY
        return float(0.5 ** (max(days, 0.0) / HALF_LIFE_DAYS))

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        self.popularity.write(folder / _POPULARITY)
        arrays = {"people": self.people}
        for name, neighbours in ((_POSTINGS, self.postings), *self.fields.items()):
            arrays |= {f"{name}/{part}": np.asarray(getattr(neighbours, part)) for part in _ARRAYS}
        np.savez(folder / _FILE, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(folder / _FILE) as arrays:
            names = [key.partition("/")[0] for key in arrays if key.endswith("/names")]
            graphs = {
                name: Neighbours(
                    tuple(arrays[f"{name}/names"].tolist()),
                    *(arrays[f"{name}/{part}"] for part in _ARRAYS[1:]),
                )
                for name in names
            }
            people = arrays["people"]
        postings = graphs.pop(_POSTINGS)
        return cls(graphs, postings, people, PopularityCounts.read(folder / _POPULARITY))


def _co_occurrence(
    owners: np.ndarray, nodes: np.ndarray, people: int, count: int
) -> sparse.csr_array:
    """Count the people who hold two nodes, (V, V); on the diagonal those who hold one."""
    ones = np.ones(len(owners), dtype=np.float32)
    held = sparse.csr_array((ones, (owners, nodes)), shape=(people, count))
    held.sum_duplicates()
    held.data[:] = 1.0
    return (held.T @ held).tocsr()


def _measure(names: Sequence[str], both: sparse.csr_array) -> Neighbours:
    """Compute `MEASURES` of values that the same people hold."""
    holders = np.maximum(both.diagonal(), 1.0)
    between = _without_diagonal(both)
    totals = sparse.diags_array(1 / np.maximum(between.sum(axis=1), 1.0), format="csr")
    share = (totals @ between).tocsr()
    second = _without_diagonal((share @ share).tocsr())
    kept = _strongest(_without_diagonal((share + second).tocsr()))
    either = sparse.diags_array(holders**-0.5, format="csr")
    measures = [between.log1p(), either @ between @ either, share, second.sqrt()]
    return _neighbours(names, kept, [measure.tocsr() for measure in measures])


def _without_diagonal(matrix: sparse.csr_array) -> sparse.csr_array:
    copy = matrix.copy()
    copy.setdiag(0)
    copy.eliminate_zeros()
    copy.sort_indices()
    return copy


def _strongest(strength: sparse.csr_array) -> sparse.csr_array:
    """Keep the strongest entries of each row; of equal ones those of the lowest column."""
    rows = np.repeat(np.arange(strength.shape[0]), np.diff(strength.indptr))
    order = np.lexsort((strength.indices, -strength.data, rows))
    rank = np.arange(len(order)) - strength.indptr[rows]
    keep = np.sort(order[rank < _MOST_NEIGHBOURS])
    return sparse.csr_array(
        (strength.data[keep], (rows[keep], strength.indices[keep])), shape=strength.shape
    )


def _neighbours(
    names: Sequence[str], kept: sparse.csr_array, measures: Sequence[sparse.csr_array]
) -> Neighbours:
    """Read measures at the entries of a matrix."""
    rows = np.repeat(np.arange(kept.shape[0]), np.diff(kept.indptr))
    values = np.zeros((len(rows), len(measures)), dtype=np.float32)
    if len(rows):  # an empty selection would stay sparse
        for place, measure in enumerate(measures):
            values[:, place] = measure[rows, kept.indices]
    starts, others = kept.indptr.astype(np.int64), kept.indices.astype(np.int32)
    return Neighbours(tuple(names), starts, others, values)
