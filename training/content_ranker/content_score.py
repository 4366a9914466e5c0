"""The content score of a whole catalogue for one profile, and what each step adds to it.

A step adds, for each similarity, its similarity with the posting times the similarity's weight for
that step. So a field becomes a table of what each of its values adds, a text becomes one weight for
each word, looked up in an inverted index from words to postings, and postings are never compared
one by one.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from training.content_ranker.co_visitation import MEASURES
from training.content_ranker.interaction_features import (
    CO_VISITS,
    POSTING_TERMS,
    InteractionFeatures,
)
from training.content_ranker.profile_history import AGGREGATES, ProfileHistory
from training.data.posting_fields import ABSENT


@dataclass(frozen=True, eq=False)
class ContentScore:
    """Scores the N postings of a prepared catalogue."""

    features: InteractionFeatures
    weights: np.ndarray
    """(F,) float32, of `features.names`."""
    index: tuple[sparse.csr_array, ...]
    """By text its transpose, (·, N): which postings hold a word."""

    def scores(self, history: ProfileHistory, moment: int) -> np.ndarray:
        """Score every posting by itself at a moment, microseconds since 1970: (N,) float32.

        The history has at least one step.
        """
        postings, co_visitation = self.features.postings, self.features.co_visitation
        weights = iter(self._step_weights(history))
        scores = self._term_weights @ self.features.posting_terms(history, moment, slice(None))
        for codes, size in zip(postings.codes, self._field_sizes, strict=True):
            table = np.zeros(size + 1, dtype=np.float32)  # the last entry: absent
            np.add.at(table, codes[history.rows], next(weights))
            table[ABSENT] = 0.0
            scores += table[codes]
        for missing in postings.missing:
            scores += missing * np.float32(next(weights) @ missing[history.rows])
        for text, index in zip(postings.texts, self.index, strict=True):
            scores += _text_scores(text[history.rows], next(weights), index)
        for field, places in self.features.field_places.items():
            neighbours = co_visitation.fields[field]
            by_step = np.stack([next(weights) for _ in MEASURES], axis=1)  # (n, measures)
            table = np.zeros(len(neighbours.names) + 1, dtype=np.float32)
            for value, weight in zip(places[history.rows].tolist(), by_step, strict=True):
                others, measures = neighbours.of(value)
                table[others] += measures @ weight
            table[places[history.rows]] = 0.0
            scores += table[places]
        return np.asarray(scores, dtype=np.float32)

    def contributions(self, history: ProfileHistory, columns: np.ndarray) -> np.ndarray:
        """Return what each of n steps adds to the scores of C postings, (n, C) float32.

        The co-visitation feature is a logarithm of a sum over steps; it is divided among the steps
        in proportion to their terms.
        """
        similarities = self.features.similarities(history.rows, columns)
        added = np.einsum("kn,knc->nc", self._step_weights(history), similarities)
        return np.asarray(added + self._co_visit_contributions(history, columns), dtype=np.float32)

    def _co_visit_contributions(self, history: ProfileHistory, columns: np.ndarray) -> np.ndarray:
        neighbours, places = self.features.co_visitation.postings, self.features.posting_places
        counts = np.zeros((len(history), len(neighbours.names) + 1), dtype=np.float32)
        for step, row in enumerate(history.rows.tolist()):
            others, measures = neighbours.of(int(places[row]))
            counts[step, others] = history.recency[step] * measures[:, 0]
        chosen = counts[:, places[columns]]
        total = chosen.sum(axis=0)
        weight = self._term_weights[CO_VISITS]
        return np.asarray(chosen * (weight * np.log1p(total) / np.maximum(total, 1e-12)))

    def _step_weights(self, history: ProfileHistory) -> np.ndarray:
        """Return the weight of each similarity with each step, (similarities, n) float32."""
        return np.asarray(self._aggregate_weights.T @ history.weights)

    @cached_property
    def _field_sizes(self) -> list[int]:
        """Number of values of each field."""
        codes = self.features.postings.codes
        return [int(size) for size in codes.max(axis=1, initial=-1) + 1]

    @cached_property
    def _aggregate_weights(self) -> np.ndarray:
        weights = self.weights[: -len(POSTING_TERMS)]
        return weights.reshape(len(AGGREGATES), -1)  # (aggregates, similarities)

    @cached_property
    def _term_weights(self) -> np.ndarray:
        return self.weights[-len(POSTING_TERMS) :]


def _text_scores(
    steps: sparse.csr_array, step_weights: np.ndarray, index: sparse.csr_array
) -> np.ndarray:
    """Sum the weights of the words that each posting shares with n steps, (N,) float64."""
    words, places = np.unique(steps.indices, return_inverse=True)
    terms = steps.data * np.repeat(step_weights, np.diff(steps.indptr))
    weights = np.bincount(places, weights=terms, minlength=len(words))
    starts, ends = index.indptr[words], index.indptr[words + 1]
    sizes = ends - starts
    offsets = np.repeat(starts - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    entries = offsets + np.arange(int(sizes.sum()))
    values = np.repeat(weights, sizes) * index.data[entries]
    return np.bincount(index.indices[entries], weights=values, minlength=index.shape[1])
