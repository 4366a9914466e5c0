"""What people did, counted by posting id and by the values of fields, never by row.

So it means the same over every catalogue: a posting that nobody has seen has an employer and a
place that people know. Which places lie near each other nobody says, but who looks at postings in
one of two neighbouring towns looks at the other too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from scipy import sparse

from training.content_ranker.text_features import Said
from training.data.dataset import DISMISS, Dataset
from training.data.popularity_counts import HALF_LIFE_DAYS, Counts
from training.model.time_encoding import micros

KINDRED = ("locality", "employer")
"""Fields whose values are near when the same people look at both."""
MEASURES = ("people", "share of both", "share", "second hand")
"""Log of the people who held both values; their number by the geometric mean of those who held
either; by those who held the first and any other; and the share through a third value."""
_DAY = 86_400e6  # microseconds
_MOST_KIN = 64
"""So many values are near one at most, and so many postings go with one: the nearest."""


@dataclass(frozen=True, eq=False)
class Near:
    """What stands near what: for each of V things some others, each with M numbers."""

    names: tuple[str, ...]
    """Of the V things: values or posting ids."""
    starts: np.ndarray
    """(V + 1,) int64."""
    others: np.ndarray
    """(E,) int32 places in `names`; those of thing v are starts[v] up to starts[v + 1]."""
    numbers: np.ndarray
    """(E, M) float32."""

    def aligned(self, values: Sequence[str]) -> np.ndarray:
        """Find values among the names, (N,) int64; V, which is near nothing, for the others."""
        places = {name: place for place, name in enumerate(self.names)}
        return np.array([places.get(value, len(places)) for value in values], dtype=np.int64)

    def neighbours(self, thing: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what stands near a thing, and its numbers: (E,) places, (E, M)."""
        if thing >= len(self.names):
            return self.others[:0], self.numbers[:0]
        span = slice(*self.starts[thing : thing + 2].tolist())
        return self.others[span], self.numbers[span]


@dataclass(frozen=True, eq=False)
class Habits:
    """What some events show of the people behind them."""

    kin: Mapping[str, Near]
    """By field of `KINDRED`: M measures."""
    together: Near
    """Of posting ids: the people who turned to both (M = 1)."""
    people: np.ndarray
    """(P,) float32: the people who turned to each of `together.names`."""
    counts: Counts
    """What is popular, as for the most-popular list."""

    @classmethod
    def of(cls, events: Dataset, said: Said) -> Self:
        """Count.

        Args:
            events: what is known so far.
            said: what the postings of its catalogue say.
        """
        real = events.kinds != DISMISS
        owners = np.repeat(np.arange(len(events)), np.diff(events.starts))[real]
        postings = events.postings[real]
        ids = np.array(events.catalogue.posting_ids, dtype=object)
        shown, places = np.unique(postings, return_inverse=True)
        both = _both(owners, places, len(events), len(shown))
        kin = {}
        for field, values in said.values.items():
            told = np.array(values, dtype=object)[postings]
            names, place = np.unique(told[told != ""].astype(str), return_inverse=True)
            met = _both(owners[told != ""], place, len(events), len(names))
            kin[field] = _kin(names.tolist(), met)
        away = _nearest(_apart(both))
        return cls(
            kin=kin,
            together=_near(ids[shown].tolist(), away, [away]),
            people=np.asarray(both.diagonal(), dtype=np.float32),
            counts=events.counts,
        )

    def left(self, moment: int) -> float:
        """What is left of the counts' weights at a moment, microseconds since 1970."""
        made_at = self.counts.made_at
        days = 0.0 if made_at is None else (moment - micros(made_at)) / _DAY
        return float(0.5 ** (max(days, 0.0) / HALF_LIFE_DAYS))

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        self.counts.write(folder / "lately.parquet")
        arrays = {"people": self.people}
        for name, near in (("together", self.together), *self.kin.items()):
            arrays |= {
                f"{name}/names": np.array(near.names, dtype=str),
                f"{name}/starts": near.starts,
                f"{name}/others": near.others,
                f"{name}/numbers": near.numbers,
            }
        np.savez(folder / "habits.npz", allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(folder / "habits.npz") as arrays:
            found = {
                name.partition("/")[0]: Near(
                    tuple(arrays[name].tolist()),
                    *(arrays[name.replace("/names", f"/{p}")] for p in _PARTS),
                )
                for name in arrays
                if name.endswith("/names")
            }
            people = arrays["people"]
        counts = Counts.read(folder / "lately.parquet")
        return cls(
            {n: near for n, near in found.items() if n != "together"},
            found["together"],
            people,
            counts,
        )


_PARTS = ("starts", "others", "numbers")


def _both(owners: np.ndarray, things: np.ndarray, people: int, count: int) -> sparse.csr_array:
    """Count the people with both of two things, (V, V); on the diagonal those with one."""
    ones = np.ones(len(owners), dtype=np.float32)
    held = sparse.csr_array((ones, (owners, things)), shape=(people, count))
    held.sum_duplicates()
    held.data[:] = 1.0
    return (held.T @ held).tocsr()


def _kin(names: Sequence[str], both: sparse.csr_array) -> Near:
    """Measure how near values are."""
    holders = np.maximum(both.diagonal(), 1.0)
    between = _apart(both)
    totals = sparse.diags_array(1 / np.maximum(between.sum(axis=1), 1.0), format="csr")
    share = (totals @ between).tocsr()
    second = _apart((share @ share).tocsr())
    kept = _nearest(_apart((share + second).tocsr()))
    either = sparse.diags_array(holders**-0.5, format="csr")
    measures = [between.log1p(), either @ between @ either, share, second.sqrt()]
    return _near(names, kept, [measure.tocsr() for measure in measures])


def _apart(both: sparse.csr_array) -> sparse.csr_array:
    """Leave the diagonal out."""
    found = both.copy()
    found.setdiag(0)
    found.eliminate_zeros()
    found.sort_indices()
    return found


def _nearest(strength: sparse.csr_array) -> sparse.csr_array:
    """Keep the strongest few of each row; of equal ones those of the lowest number."""
    rows = np.repeat(np.arange(strength.shape[0]), np.diff(strength.indptr))
    order = np.lexsort((strength.indices, -strength.data, rows))
    rank = np.arange(len(order)) - strength.indptr[rows]
    keep = np.sort(order[rank < _MOST_KIN])
    return sparse.csr_array(
        (strength.data[keep], (rows[keep], strength.indices[keep])), shape=strength.shape
    )


def _near(
    names: Sequence[str], kept: sparse.csr_array, measures: Sequence[sparse.csr_array]
) -> Near:
    """Read some measures off where something is kept."""
    rows = np.repeat(np.arange(kept.shape[0]), np.diff(kept.indptr))
    numbers = np.zeros((len(rows), len(measures)), dtype=np.float32)
    if len(rows):  # an empty selection would stay sparse
        for place, measure in enumerate(measures):
            numbers[:, place] = measure[rows, kept.indices]
    starts, others = kept.indptr.astype(np.int64), kept.indices.astype(np.int32)
    return Near(tuple(names), starts, others, numbers)
