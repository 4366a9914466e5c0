"""Co-occurrence of field values: values that the same people view, such as neighbouring towns.

No posting says where towns lie, but histories do: people who view postings in one of two
neighbouring towns view the other too. What is counted of a person can be left out, so that
features are made of other people's histories alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.benchmark.baselines.content import one_hot
from training.benchmark.protocols.competitors import history_cells
from training.benchmark.protocols.training_view import History
from training.data.posting_fields import ABSENT

MEASURES = ("people", "share of both", "share", "second hand")
"""Logarithm of the number of people who viewed both values; this number over the geometric mean of
those who viewed either; over those who viewed the first; and the share through a third value."""


@dataclass(frozen=True, eq=False)
class FieldCoOccurrence:
    """How many people's histories hold both of two values of one field."""

    codes: np.ndarray
    """(N,) int64, the field's values."""
    people: sparse.csr_array
    """(V, V) float32 sparse: people with both, and on the diagonal people with one."""
    transitions: sparse.csr_array
    """(V, V) float32 sparse: without the diagonal, each row summing to 1 or 0."""

    @classmethod
    def count(cls, codes: np.ndarray, histories: Sequence[History]) -> "FieldCoOccurrence":
        """Count the people behind histories."""
        values = history_matrix(histories, len(codes)) @ one_hot(codes)  # (people, V)
        values.data[:] = 1.0
        people = (values.T @ values).tocsr()
        between = people - sparse.diags_array(people.diagonal(), format="csr")
        between.eliminate_zeros()
        totals = np.maximum(between.sum(axis=1), 1.0).astype(np.float32)
        return cls(codes, people, (sparse.diags_array(1 / totals) @ between).tocsr())

    def features(
        self, steps: np.ndarray, columns: np.ndarray | None, own: np.ndarray | None
    ) -> np.ndarray:
        """Measure how values of a history and of other postings co-occur, (measures, n, C) float32.

        `steps` are (n,) and `columns` (C,) rows of the catalogue, None for all of it. Values that
        steps hold themselves have 0: equality has a feature of its own. `own` are rows of the same
        person's training history, to be left out of the counts; None for a person who was not
        counted.
        """
        values, own_values = self.codes[steps], np.zeros(0, dtype=np.int64)
        if own is not None:
            own_values = np.unique(self.codes[own])
            own_values = own_values[own_values != ABSENT]
        held = values[values != ABSENT]
        both = self.people[np.maximum(values, 0)].toarray()  # (n, V)
        both[:, own_values] -= 1.0
        both[:, held] = 0.0
        both[values == ABSENT] = 0.0
        counts = self.people.diagonal().copy()
        counts[own_values] -= 1.0
        np.maximum(counts, 1.0, out=counts)
        share = both / np.maximum(both.sum(axis=1, keepdims=True), 1.0)
        others = share.copy()
        others[:, own_values] = 0.0  # transitions between own values are the person's own trace
        second = np.asarray(others @ self.transitions)
        second[:, held] = 0.0
        either = np.sqrt(counts[None, :] * counts[np.maximum(values, 0)][:, None])
        measures = np.stack([np.log1p(both), both / either, share, np.sqrt(second)])
        codes = self.codes if columns is None else self.codes[columns]
        features = measures[:, :, np.maximum(codes, 0)]
        features[:, :, codes == ABSENT] = 0.0
        return features.astype(np.float32)


def history_matrix(histories: Sequence[History], items: int) -> sparse.csr_array:
    """Return which history holds which item, (H, N) float32, 1 or 0."""
    rows, columns = history_cells(histories)
    ones = np.ones(len(columns), dtype=np.float32)
    matrix = sparse.csr_array((ones, (rows, columns)), shape=(len(histories), items))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix
