"""What is looked at when: how busy things like a posting are around a moment.

Shops hire before Christmas and accountants before taxes. A posting that nobody has seen yet has no
time of its own, and none is used: its season is that of what others saw of its employer, its place
and its words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.benchmark.ensemble.posting_vectors import Said, crossed, indicators
from training.benchmark.protocols.training_view import History

_DAY = 86_400e6  # microseconds
_MOST_BINS = 400
_WIDTHS_DAYS = (2.0, 10.0)
_DOUBT = 3.0
"""So many views at the ordinary rate are added to those seen."""
_ALIKE = 0.3
_TOGETHER = 1_000
ITSELF = "itself"


@dataclass(frozen=True, eq=False)
class Seasons:
    """Views of like postings over time.

    Args:
        vectors: by kind, sparse rows whose inner products say how alike postings are, (N, ·).
        views: by kind, the likeness of each posting with all views of a bin, (N, bins) float32.
        start: microseconds since 1970 of the first bin.
        step: microseconds of a bin.
        rate: (bins,) views.
    """

    vectors: Mapping[str, sparse.csr_array]
    views: Mapping[str, np.ndarray]
    start: float
    step: float
    rate: np.ndarray

    @classmethod
    def count(cls, said: Said, histories: Sequence[History], items: int) -> "Seasons | None":
        """Count the views of some histories; None where the data say no times."""
        if any(history.times is None for history in histories):
            return None
        seen = np.concatenate([history.items for history in histories])
        times = np.concatenate([np.asarray(history.times) for history in histories])
        start = float(times.min())
        step = max(_DAY, (float(times.max()) - start) / (_MOST_BINS - 1))
        bins = int((times.max() - start) // step) + 1
        when = ((times - start) // step).astype(np.int64)
        ones = np.ones(len(seen), dtype=np.float32)
        grid = sparse.csr_array((ones, (seen, when)), shape=(items, bins))
        vectors = _vectors(said, items)
        views = {name: _summed(rows, grid) for name, rows in vectors.items()}
        return cls(vectors, views, start, step, np.bincount(when, minlength=bins).astype(float))

    def names(self) -> tuple[str, ...]:
        """Name the columns of `at`."""
        return tuple(f"{kind} within {width:g} d" for kind in self.views for width in _WIDTHS_DAYS)

    def at(self, moment: float, columns: np.ndarray | None, own: History | None) -> np.ndarray:
        """Tell how busy things like each posting are around a moment, beside the ordinary.

        Args:
            moment: microseconds since 1970: of the newest step of a history.
            columns: (C,) rows of the catalogue; None for all of it.
            own: what the same person's training history holds, to be left out.

        Returns:
            (kinds · widths, C) float32: logs of ratios, 0 for as busy as ever.
        """
        middles = self.start + (np.arange(len(self.rate)) + 0.5) * self.step
        near = np.stack(
            [np.exp(-np.abs(middles - moment) / (width * _DAY)) for width in _WIDTHS_DAYS]
        )  # (widths, bins)
        rate, bins = self.rate, np.zeros(0, dtype=np.int64)
        if own is not None:
            bins = ((np.asarray(own.times) - self.start) // self.step).astype(np.int64)
            rate = rate - np.bincount(bins, minlength=len(rate))
        ordinary = np.maximum(near @ rate / max(rate.sum(), 1.0), 1e-12)
        found = []
        for kind, views in self.views.items():
            taken = views if columns is None else views[columns]
            around, total = taken @ near.T.astype(np.float32), taken.sum(axis=1)
            if own is not None:
                mine = self._mine(kind, own, columns)  # (steps, C)
                around = np.maximum(around - (near[:, bins] @ mine).T, 0.0)
                total = np.maximum(total - mine.sum(axis=0), 0.0)
            ratio = (around / ordinary + _DOUBT) / (total + _DOUBT)[:, None]
            found.append(np.log(ratio).T)
        return np.concatenate(found).astype(np.float32)

    def _mine(self, kind: str, own: History, columns: np.ndarray | None) -> np.ndarray:
        rows = self.vectors[kind]
        others = rows if columns is None else rows[columns]
        return np.asarray(_alike(rows[own.items], others).toarray())


def _alike(some: sparse.csr_array, others: sparse.csr_array) -> sparse.csr_array:
    """Compare rows; what is hardly alike is not alike, or else the many would drown the few."""
    found = (some @ others.T).tocsr()
    found.data[found.data < _ALIKE] = 0.0
    found.eliminate_zeros()
    return found


def _summed(rows: sparse.csr_array, grid: sparse.csr_array) -> np.ndarray:
    """Sum the likeness of each posting with the views of each bin, (N, bins) float32."""
    parts = [
        (_alike(rows[start : start + _TOGETHER], rows) @ grid).toarray()
        for start in range(0, rows.shape[0], _TOGETHER)
    ]
    return np.concatenate(parts).astype(np.float32)


def _vectors(said: Said, items: int) -> dict[str, sparse.csr_array]:
    """Choose the kinds: the posting itself, its employer anywhere and here, its title so too."""
    found = {ITSELF: sparse.eye_array(items, format="csr", dtype=np.float32)}
    codes = said.codes
    if "employer" in codes:
        found["employer"] = indicators(codes["employer"])
        if "locality" in codes:
            found["employer here"] = indicators(crossed(codes["employer"], codes["locality"]))
    if "title letters" in said.texts:
        title = said.texts["title letters"]
        found["title"] = title
        if "region" in codes:
            found["title here"] = _within(title, codes["region"])
    return found


def _within(rows: sparse.csr_array, code: np.ndarray) -> sparse.csr_array:
    """Make rows of different values of a field have nothing in common."""
    entries = rows.tocoo()
    owners, columns = entries.coords
    keep = code[owners] >= 0
    wide = code[owners[keep]] * rows.shape[1] + columns[keep]
    used, narrow = np.unique(wide, return_inverse=True)
    shape = (rows.shape[0], max(len(used), 1))
    return sparse.csr_array((entries.data[keep], (owners[keep], narrow)), shape=shape)
