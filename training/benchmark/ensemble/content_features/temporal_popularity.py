"""Temporal popularity: how often similar postings are viewed around a moment.

Demand is seasonal: shops hire before Christmas, accountants before taxes. An unseen posting has no
views of its own; its popularity is that of similar postings, by employer, place and title.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.benchmark.baselines.content import one_hot
from training.benchmark.ensemble.content_features.posting_vectors import PostingVectors, pair_codes
from training.benchmark.protocols.training_view import History

_DAY = 86_400e6  # microseconds
_MOST_BINS = 400
_WIDTHS_DAYS = (2.0, 10.0)
_PRIOR_VIEWS = 3.0
"""Views at the average rate that are added to the observed ones."""
_LEAST_SIMILARITY = 0.3
"""Lower similarities count as 0, or else the many dissimilar postings would dominate."""
_BATCH = 1_000
ITSELF = "itself"


@dataclass(frozen=True, eq=False)
class TemporalPopularity:
    """Views of similar postings over time."""

    vectors: Mapping[str, sparse.csr_array]
    """By similarity, sparse rows whose inner products are the similarities, (N, ·)."""
    views: Mapping[str, np.ndarray]
    """By similarity, views of each bin weighted by similarity, (N, bins) float32."""
    start: float
    """Microseconds since 1970 of the first bin."""
    step: float
    """Microseconds of a bin."""
    rate: np.ndarray
    """(bins,) all views."""

    @classmethod
    def count(
        cls, postings: PostingVectors, histories: Sequence[History], items: int
    ) -> "TemporalPopularity | None":
        """Count the views of histories; None where the data have no times."""
        if any(history.times is None for history in histories):
            return None
        viewed = np.concatenate([history.items for history in histories])
        times = np.concatenate([np.asarray(history.times) for history in histories])
        start = float(times.min())
        step = max(_DAY, (float(times.max()) - start) / (_MOST_BINS - 1))
        bins = int((times.max() - start) // step) + 1
        places = ((times - start) // step).astype(np.int64)
        ones = np.ones(len(viewed), dtype=np.float32)
        views = sparse.csr_array((ones, (viewed, places)), shape=(items, bins))
        vectors = _similarity_vectors(postings, items)
        similar = {name: _similar_views(rows, views) for name, rows in vectors.items()}
        return cls(vectors, similar, start, step, np.bincount(places, minlength=bins).astype(float))

    def names(self) -> tuple[str, ...]:
        """Return the names of the rows of `at`."""
        return tuple(f"{name} within {width:g} d" for name in self.views for width in _WIDTHS_DAYS)

    def at(self, moment: float, columns: np.ndarray | None, own: History | None) -> np.ndarray:
        """Compare the views of similar postings around a moment with the average.

        `moment` is that of the newest step of a history, microseconds since 1970; `columns` are
        (C,) rows of the catalogue, None for all of it. The same person's training history, `own`,
        is left out.

        Returns:
            (similarities · widths, C) float32: logarithms of ratios, 0 for the average.
        """
        middles = self.start + (np.arange(len(self.rate)) + 0.5) * self.step
        kernels = np.stack(
            [np.exp(-np.abs(middles - moment) / (width * _DAY)) for width in _WIDTHS_DAYS]
        )  # (widths, bins)
        rate, bins = self.rate, np.zeros(0, dtype=np.int64)
        if own is not None:
            bins = ((np.asarray(own.times) - self.start) // self.step).astype(np.int64)
            rate = rate - np.bincount(bins, minlength=len(rate))
        average = np.maximum(kernels @ rate / max(rate.sum(), 1.0), 1e-12)
        ratios = []
        for name, views in self.views.items():
            chosen = views if columns is None else views[columns]
            around, total = chosen @ kernels.T.astype(np.float32), chosen.sum(axis=1)
            if own is not None:
                rows = self.vectors[name]
                others = rows if columns is None else rows[columns]
                own_views = _similarities(rows[own.items], others).toarray()  # (steps, C)
                around = np.maximum(around - (kernels[:, bins] @ own_views).T, 0.0)
                total = np.maximum(total - own_views.sum(axis=0), 0.0)
            ratio = (around / average + _PRIOR_VIEWS) / (total + _PRIOR_VIEWS)[:, None]
            ratios.append(np.log(ratio).T)
        return np.concatenate(ratios).astype(np.float32)


def _similarities(rows: sparse.csr_array, others: sparse.csr_array) -> sparse.csr_array:
    similarities = (rows @ others.T).tocsr()
    similarities.data[similarities.data < _LEAST_SIMILARITY] = 0.0
    similarities.eliminate_zeros()
    return similarities


def _similar_views(rows: sparse.csr_array, views: sparse.csr_array) -> np.ndarray:
    """Sum the views of each bin, (N, bins), weighted by the similarity with each posting."""
    parts = [
        (_similarities(rows[start : start + _BATCH], rows) @ views).toarray()
        for start in range(0, rows.shape[0], _BATCH)
    ]
    return np.concatenate(parts).astype(np.float32)


def _similarity_vectors(postings: PostingVectors, items: int) -> dict[str, sparse.csr_array]:
    """Return the posting itself, its employer and title, and these two within its place."""
    vectors = {ITSELF: sparse.eye_array(items, format="csr", dtype=np.float32)}
    codes = postings.codes
    if "employer" in codes:
        vectors["employer"] = one_hot(codes["employer"])
        if "locality" in codes:
            vectors["employer here"] = one_hot(pair_codes(codes["employer"], codes["locality"]))
    if "title letters" in postings.texts:
        title = postings.texts["title letters"]
        vectors["title"] = title
        if "region" in codes:
            vectors["title here"] = _within(title, codes["region"])
    return vectors


def _within(rows: sparse.csr_array, code: np.ndarray) -> sparse.csr_array:
    """Move rows of different values of a field to different columns, so that they share none."""
    entries = rows.tocoo()
    owners, columns = entries.coords
    keep = code[owners] >= 0
    wide = code[owners[keep]] * rows.shape[1] + columns[keep]
    used, narrow = np.unique(wide, return_inverse=True)
    shape = (rows.shape[0], max(len(used), 1))
    return sparse.csr_array((entries.data[keep], (owners[keep], narrow)), shape=shape)
