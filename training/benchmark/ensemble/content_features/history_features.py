"""Features of a history and a posting: similarities, aggregated over the history.

Each similarity gives four features: with the newest step, the mean weighted by recency, the
maximum, and the mean over the newest session. Further features are the popularity of similar
postings at that time, and how many other people viewed the posting, alone or together with the
history's steps. The popularity features are those of the posting itself: 0 for a posting that
nobody has viewed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.benchmark.ensemble.content_features.field_co_occurrence import (
    MEASURES,
    FieldCoOccurrence,
    history_matrix,
)
from training.benchmark.ensemble.content_features.field_similarity import FieldSimilarity
from training.benchmark.ensemble.content_features.posting_vectors import PostingVectors
from training.benchmark.ensemble.content_features.temporal_popularity import (
    ITSELF,
    TemporalPopularity,
)
from training.benchmark.protocols.training_view import History

_AGGREGATES = ("newest", "recent", "most", "this session")
_RECENCY = 0.3
"""A step's weight is e^(-0.3 · age in steps)."""
_MOST_STEPS = 20
_SESSION_GAP = 3_600e6
"""Microseconds between two views after which a new session begins."""
_CO_OCCURRING_FIELDS = ("locality", "employer")
_VIEW_COUNTS = ("viewed together", "viewed")


@dataclass(frozen=True, eq=False)
class HistoryFeatures:
    """Computes features; what it knows of other people is counted beforehand."""

    similarity: FieldSimilarity
    co_occurrences: dict[str, FieldCoOccurrence]
    seasonality: TemporalPopularity | None
    """Popularity over time; None where there are no times."""
    held: sparse.csr_array
    """(H, N) float32 sparse, which history holds what."""
    names: tuple[str, ...]
    popularity: np.ndarray
    """(F,) bool, the features that count views of the posting itself."""

    @classmethod
    def count(cls, vectors: PostingVectors, histories: Sequence[History]) -> "HistoryFeatures":
        """Count what histories show."""
        similarity = FieldSimilarity(vectors)
        co_occurrences = {
            name: FieldCoOccurrence.count(vectors.codes[name], histories)
            for name in _CO_OCCURRING_FIELDS
            if name in vectors.codes
        }
        seasonality = TemporalPopularity.count(vectors, histories, vectors.count)
        compared = similarity.names() + tuple(
            f"{name} by {measure}" for name in co_occurrences for measure in MEASURES
        )
        names = (
            *(f"{name}, {how}" for name in compared for how in _AGGREGATES),
            *(seasonality.names() if seasonality else ()),
            *_VIEW_COUNTS,
        )
        popularity = np.array([n.startswith(ITSELF) or n in _VIEW_COUNTS for n in names])
        held = history_matrix(histories, vectors.count)
        return cls(similarity, co_occurrences, seasonality, held, names, popularity)

    def of(
        self,
        history: History,
        columns: np.ndarray | None = None,
        own: History | None = None,
        place: int | None = None,
    ) -> np.ndarray:
        """Compute the features of one history with many postings, (C, F) float32.

        `columns` are (C,) rows of the catalogue, None for all of it. `own`, what was counted of the
        same person at the row `place` of `held`, is left out; None for others.
        """
        recent = history.items[-_MOST_STEPS:]
        own_items = None if own is None else own.items
        compared = np.concatenate(
            [
                self.similarity.features(recent, columns),
                *(c.features(recent, columns, own_items) for c in self.co_occurrences.values()),
            ]
        )  # (similarities, n, C)
        weights = _recency_weights(len(recent))
        weights = (weights / weights.sum()).astype(np.float32)
        aggregated = np.stack(
            [
                compared[:, -1],
                np.einsum("n,knc->kc", weights, compared),
                compared.max(axis=1),
                compared[:, _newest_session(history)[-_MOST_STEPS:]].mean(axis=1),
            ],
            axis=1,
        ).reshape(-1, compared.shape[2])  # (similarities · aggregates, C)
        seasonal = []
        if self.seasonality and history.times is not None:
            seasonal.append(self.seasonality.at(float(history.times[-1]), columns, own))
        elif self.seasonality:
            shape = (len(self.seasonality.names()), compared.shape[2])
            seasonal.append(np.zeros(shape, dtype=np.float32))
        views = self._view_counts(recent, columns, own_items, place)
        return np.asarray(np.concatenate([aggregated, *seasonal, views]).T)

    def _view_counts(
        self,
        recent: np.ndarray,
        columns: np.ndarray | None,
        own: np.ndarray | None,
        place: int | None,
    ) -> np.ndarray:
        """Count the people who viewed each posting: those who also viewed the steps, and all."""
        weights = np.zeros(self.held.shape[1], dtype=np.float32)
        weights[recent] = _recency_weights(len(recent))
        people = self.held @ weights  # (H,)
        views = np.asarray(self.held.sum(axis=0), dtype=np.float32).copy()
        if own is not None and place is not None:
            people[place] = 0.0
            views[own] -= 1.0
        counts = np.log1p(np.maximum(np.stack([people @ self.held, views]), 0.0))
        return np.asarray(counts if columns is None else counts[:, columns])


def _recency_weights(steps: int) -> np.ndarray:
    return np.asarray(np.exp(-_RECENCY * np.arange(steps)[::-1]))


def _newest_session(history: History) -> np.ndarray:
    """Return which steps belong to the newest session, (L,) bool; all where there are no times."""
    if history.times is None:
        return np.ones(len(history), dtype=bool)
    starts = np.diff(history.times, append=history.times[-1]) > _SESSION_GAP
    return np.asarray(np.cumsum(starts[::-1])[::-1] == 0)
