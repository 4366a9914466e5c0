"""The content score of a whole catalogue for one profile, and what each step adds to it.

A step adds, for each similarity, its similarity with the posting times the similarity's weight for
that step. So each column of the postings becomes a table of what its values add: as values, by
their texts, and by co-visitation. The texts of a history become one weight for each word. Postings
are never compared one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from streaming.serving.catalogue import ALWAYS
from training.content_ranker.co_visitation import MEASURES
from training.content_ranker.interaction_features import (
    CO_VISITS,
    POSTING_TERMS,
    InteractionFeatures,
    absence,
    co_visit,
)
from training.content_ranker.profile_history import AGGREGATES, ProfileHistory
from training.content_ranker.sparse_rows import inner_products, row_entries, sum_at
from training.content_ranker.stated_score import StatedFeatures
from training.data.posting_fields import ABSENT
from training.model.time_encoding import Freshness


@dataclass(frozen=True, eq=False)
class ContentScores:
    """The scores of the N postings of a catalogue for one history, (N,) float32."""

    total: np.ndarray
    together: np.ndarray
    """`InteractionFeatures.co_visits`."""


@dataclass(frozen=True, eq=False)
class ContentScore:
    """Scores the N postings of a prepared catalogue."""

    features: InteractionFeatures
    weights: np.ndarray
    """(F,) float32, of `features.names`."""
    words: sparse.csr_array
    """(N, W) float32: all texts of each posting side by side."""

    def scores(
        self, histories: Sequence[ProfileHistory], moments: Sequence[int]
    ) -> Iterator[ContentScores]:
        """Score every posting by itself for each history at its moment, microseconds since 1970.

        Histories have at least one step. Texts are read once for all histories; scores do not
        depend on the other histories by a bit.
        """
        counts, tables = self.features.co_visits(histories), self._tables(histories)
        for place, moment in enumerate(moments):
            together = counts[place].take(self.features.posting_places)
            fresh = self._freshness.weighted(self._term_weights[:CO_VISITS], moment)
            total = self._posting_scores(moment, fresh, together, slice(None))
            for codes, table in zip(self.features.postings.codes, tables, strict=True):
                total += table[place].take(codes)
            yield ContentScores(total, together)

    @cached_property
    def stated(self) -> StatedFeatures:
        """The features of stated parts with the same postings."""
        return StatedFeatures(self.features)

    @cached_property
    def orders(self) -> dict[str, np.ndarray]:
        """Dated postings, the newest first, and those that people turned to, the most popular."""
        opens, popularity = self.features.opens, self.features.popularity
        newest, most = np.argsort(-opens, kind="stable"), np.argsort(-popularity, kind="stable")
        return {
            "fresh": newest[opens[newest] != ALWAYS],
            "popular": most[popularity[most] > 0],
        }

    def _posting_scores(
        self, moment: int, fresh: np.ndarray, together: np.ndarray, columns: np.ndarray | slice
    ) -> np.ndarray:
        """Add what C postings have by themselves to (C,) freshness, and (…, C) co-visits."""
        features, weights = self.features, self._term_weights[CO_VISITS:]
        decay = np.float32(features.co_visitation.decay_at(moment))
        scores = fresh + weights[0] * np.log1p(together)
        scores += weights[1] * features.log_people[columns]
        scores += weights[2] * np.log1p(features.popularity[columns] * decay)
        return np.asarray(scores)

    def _tables(self, histories: Sequence[ProfileHistory]) -> list[np.ndarray]:
        """Return by column what its V values, and none, add for B histories: (B, V + 1) float32."""
        features, count = self.features, len(histories)
        postings, featurizer = features.postings, features.featurizer
        owners = np.repeat(np.arange(count), [len(history) for history in histories])
        rows = np.concatenate([history.rows for history in histories])
        steps = [self._step_weights(history) for history in histories]
        weights = dict(zip(features.similarity_names, np.concatenate(steps, axis=1), strict=True))
        own = dict(zip(postings.columns, postings.codes[:, rows], strict=True))
        tables = {
            column: np.zeros((count, size + 1), dtype=np.float32)
            for column, size in zip(postings.columns, self._sizes, strict=True)
        }
        for field in featurizer.fields:
            tables[field] = sum_at(tables[field].shape, owners, own[field], weights[field])
            tables[field][:, ABSENT] = 0.0
        for field in featurizer.missing:
            lacking = weights[absence(field)] * (own[field] == ABSENT)
            tables[field][:, ABSENT] = np.bincount(owners, weights=lacking, minlength=count)
        for text, vectors in zip(featurizer.texts, postings.texts, strict=True):
            column = featurizer.column_of(text)
            places, step = row_entries(vectors.indptr, own[column])
            terms = vectors.data[places] * weights[text][step]
            shape = vectors.shape[1], count
            words = sum_at(shape, vectors.indices[places], owners[step], terms)
            # Each column of the product is summed by itself, in the order of a row's words.
            tables[column] += (vectors @ words).T
        for field, nodes in features.field_places.items():
            neighbours, held = features.co_visitation.fields[field], nodes[own[field]]
            by_step = np.stack([weights[co_visit(field, m)] for m in MEASURES], axis=1)
            others, measures, step = neighbours.of(held)
            terms = (measures * by_step[step]).sum(axis=1)
            near = sum_at((count, len(neighbours.names) + 1), owners[step], others, terms)
            near[owners, held] = 0.0
            tables[field] += near[:, nodes]
        return list(tables.values())

    def scores_alone(self, history: ProfileHistory, moment: int, columns: np.ndarray) -> np.ndarray:
        """Score C other postings by each of n steps as if it were the only one, (n, C) float32.

        Co-visitation does not count, though, between values that any of the n steps hold.
        """
        features = self.features
        weights = self._aggregate_weights.T @ history.weights_alone
        similarities = features.value_similarities(history.rows, columns)
        by_text = weights[features.text_places]
        by_value = np.delete(weights, features.text_places, axis=0)
        scores = (by_value[:, :, None] * similarities).sum(axis=0)
        scores += inner_products(
            self.words, history.rows, columns, lambda step, word: by_text[self._text_of[word], step]
        )
        neighbours, nodes = features.co_visitation.postings, features.posting_places
        together = neighbours.between(nodes[history.rows], nodes[columns])[:, :, 0]
        fresh = self._term_weights[:CO_VISITS] @ self._freshness.of(columns, moment)
        return np.asarray(scores + self._posting_scores(moment, fresh, together, columns))

    def _step_weights(self, history: ProfileHistory) -> np.ndarray:
        """Return the weight of each similarity with each step, (similarities, n) float32."""
        return np.asarray(self._aggregate_weights.T @ history.weights)

    @cached_property
    def _sizes(self) -> list[int]:
        """Number of values of each column."""
        codes = self.features.postings.codes
        return [int(size) for size in codes.max(axis=1, initial=-1) + 1]

    @cached_property
    def _text_of(self) -> np.ndarray:
        """(W,) int64: the text of each column of `words`."""
        widths = [vectors.shape[1] for vectors in self.features.postings.texts]
        return np.repeat(np.arange(len(widths)), widths)

    @cached_property
    def _freshness(self) -> Freshness:
        return Freshness(self.features.opens)

    @cached_property
    def _aggregate_weights(self) -> np.ndarray:
        weights = self.weights[: -len(POSTING_TERMS)]
        return weights.reshape(len(AGGREGATES), -1)  # (aggregates, similarities)

    @cached_property
    def _term_weights(self) -> np.ndarray:
        return self.weights[-len(POSTING_TERMS) :]
