"""Which values of a field the same people look at: places near each other, employers of a kind.

Nobody says where towns lie, but histories do: who looks at postings in one of two neighbouring
towns looks at the other too. What is counted is learned from other people alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.benchmark.ensemble.posting_vectors import indicators
from training.benchmark.protocols.training_view import History
from training.data.posting_fields import ABSENT

MEASURES = ("people", "share of both", "share", "second hand")
"""Log of the people who held both values; their number by the geometric mean of those who held
either; by those who held the first; and the share through a third value."""


@dataclass(frozen=True, eq=False)
class Kinship:
    """How many people's histories hold both of two values of one field.

    Args:
        code: (N,) int64, the field's values.
        people: (V, V) float32 sparse: those with both, and on the diagonal those with one.
        onward: (V, V) float32 sparse: without the diagonal, each row summing to 1 or 0.
    """

    code: np.ndarray
    people: sparse.csr_array
    onward: sparse.csr_array

    @classmethod
    def count(cls, code: np.ndarray, histories: Sequence[History]) -> "Kinship":
        """Count the people of some histories."""
        owners = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
        items = np.concatenate([history.items for history in histories])
        held = sparse.csr_array(
            (np.ones(len(items), dtype=np.float32), (owners, items)),
            shape=(len(histories), len(code)),
        )
        values = held @ indicators(code)  # (people, V)
        values.data[:] = 1.0
        people = (values.T @ values).tocsr()
        between = people - sparse.diags_array(people.diagonal(), format="csr")
        between.eliminate_zeros()
        totals = np.maximum(between.sum(axis=1), 1.0).astype(np.float32)
        return cls(code, people, (sparse.diags_array(1 / totals) @ between).tocsr())

    def rows(
        self, steps: np.ndarray, columns: np.ndarray | None, own: np.ndarray | None
    ) -> np.ndarray:
        """Tell how near the values of a history and of other postings are.

        Args:
            steps: (n,) rows of the catalogue; values that they hold are near in another way, and
                have 0 here.
            columns: (C,) rows of the catalogue; None for all of it.
            own: rows of the catalogue that the same person's training history holds, to be left out
                of what was counted; None for somebody who was not counted.

        Returns:
            (measures, n, C) float32.
        """
        asked, mine = self.code[steps], np.zeros(0, dtype=np.int64)
        if own is not None:
            mine = np.unique(self.code[own])
            mine = mine[mine != ABSENT]
        held = asked[asked != ABSENT]
        both = self.people[np.maximum(asked, 0)].toarray()  # (n, V)
        both[:, mine] -= 1.0
        both[:, held] = 0.0
        both[asked == ABSENT] = 0.0
        counts = self.people.diagonal().copy()
        counts[mine] -= 1.0
        np.maximum(counts, 1.0, out=counts)
        share = both / np.maximum(both.sum(axis=1, keepdims=True), 1.0)
        others = share.copy()
        others[:, mine] = 0.0  # what leads from one own value to another is the person's own trace
        second = np.asarray(others @ self.onward)
        second[:, held] = 0.0
        either = np.sqrt(counts[None, :] * counts[np.maximum(asked, 0)][:, None])
        values = np.stack([np.log1p(both), both / either, share, np.sqrt(second)])
        code = self.code if columns is None else self.code[columns]
        found = values[:, :, np.maximum(code, 0)]
        found[:, :, code == ABSENT] = 0.0
        return found.astype(np.float32)
