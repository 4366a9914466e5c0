"""Features of a profile and a posting: similarities, aggregated over the profile's history.

Each similarity gives five features: with the newest posting, the mean weighted by recency, and the
means over the newest session, over saved or applied postings, and over dismissed ones. All are sums
over the steps of the history. So a linear score can be computed for a whole catalogue at once, and
it is known what each step adds. Further features are the posting's freshness, its co-visitation
with the history, and its popularity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from streaming.serving.catalogue import Catalogue
from training.content_ranker.co_visitation import MEASURES, CoVisitation
from training.content_ranker.posting_features import PostingFeatures, PostingFeaturizer
from training.content_ranker.profile_history import AGGREGATES, ProfileHistory
from training.content_ranker.sparse_rows import inner_products, sum_at
from training.data.posting_fields import ABSENT
from training.model.time_encoding import freshness_at

POSTING_TERMS = (
    *(f"fresh within {days} d" for days in (2, 7, 30)),
    *("together", "turned to", "lately"),
)
"""Features that are no similarity: freshness, the people who turned to both, to the posting, and
the recent popularity."""
CO_VISITS = POSTING_TERMS.index("together")


def absence(field: str) -> str:
    """Return the name of the similarity of two postings that lack a field."""
    return f"{field} absent"


def co_visit(field: str, measure: str) -> str:
    """Return the name of a similarity by co-visitation."""
    return f"{field} by {measure}"


@dataclass(frozen=True, eq=False)
class InteractionFeatures:
    """Computes the features of profiles and the postings of one catalogue."""

    postings: PostingFeatures
    featurizer: PostingFeaturizer
    co_visitation: CoVisitation
    field_places: Mapping[str, np.ndarray]
    """By field of `co_visitation.fields` the node of each value, (V + 1,) int64."""
    posting_places: np.ndarray
    """(N,) int64, the node of each posting among `co_visitation.postings`."""
    popularity: np.ndarray
    """(N,) float32, weights of `co_visitation.popularity`."""
    opens: np.ndarray
    """(N,) int64 microseconds, as `Catalogue.opens`."""

    @classmethod
    def over(
        cls,
        catalogue: Catalogue,
        postings: PostingFeatures,
        featurizer: PostingFeaturizer,
        co_visitation: CoVisitation,
    ) -> Self:
        """Look up what was counted of the postings of a catalogue, by their ids and values."""
        return cls(
            postings=postings,
            featurizer=featurizer,
            co_visitation=co_visitation,
            field_places={
                field: neighbours.places_of(postings.values[field])
                for field, neighbours in co_visitation.fields.items()
            },
            posting_places=co_visitation.postings.places_of(catalogue.posting_ids),
            popularity=co_visitation.popularity.aligned(catalogue).astype(np.float32),
            opens=catalogue.opens,
        )

    @cached_property
    def similarity_names(self) -> tuple[str, ...]:
        """Names of the similarities, in the order of `similarities`."""
        return (
            *self.featurizer.fields,
            *map(absence, self.featurizer.missing),
            *self.featurizer.texts,
            *(co_visit(field, measure) for field in self.field_places for measure in MEASURES),
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the F features."""
        aggregated = (f"{name}, {how}" for how in AGGREGATES for name in self.similarity_names)
        return (*aggregated, *POSTING_TERMS)

    def compute(self, history: ProfileHistory, moment: int, columns: np.ndarray) -> np.ndarray:
        """Compute the features of (C,) rows at a moment, microseconds: (C, F) float32."""
        similarities = self.similarities(history.rows, columns)
        aggregated = np.moveaxis(np.matmul(history.weights, similarities), 1, 0)  # (A, S, C)
        terms = self.posting_terms(history, moment, columns)
        features = np.concatenate([aggregated.reshape(-1, len(columns)), terms])
        return np.ascontiguousarray(features.T, dtype=np.float32)

    def similarities(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Compare n postings with C others: (similarities, n, C) float32 from 0 to 1."""
        texts = []
        for text, vectors in zip(self.featurizer.texts, self.postings.texts, strict=True):
            codes = self.postings.codes_of(self.featurizer.column_of(text))
            texts.append(inner_products(vectors, codes[rows], codes[columns]))
        shape = len(texts), len(rows), len(columns)
        others = self.value_similarities(rows, columns)
        values, co_visited = np.split(others, [self.text_places.start])
        every = [values, np.array(texts).reshape(shape), co_visited]
        return np.concatenate(every, dtype=np.float32)

    @cached_property
    def text_places(self) -> slice:
        """Where the texts stand among the similarities."""
        start = len(self.featurizer.fields) + len(self.featurizer.missing)
        return slice(start, start + len(self.featurizer.texts))

    def value_similarities(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Compare n postings with C others, but not their texts; in the order of `similarities`."""
        codes_of, fields = self.postings.codes_of, self.featurizer.fields
        compared = self.postings.codes[: len(fields)]
        own, others = compared[:, rows, None], compared[:, None, columns]
        lacking = [fields.index(field) for field in self.featurizer.missing]
        parts = [
            (own == others) & (own != ABSENT),
            (own[lacking] == ABSENT) & (others[lacking] == ABSENT),
        ]
        for field, nodes in self.field_places.items():
            codes, neighbours = codes_of(field), self.co_visitation.fields[field]
            measured = neighbours.between(nodes[codes[rows]], nodes[codes[columns]])
            parts.append(np.moveaxis(measured, 2, 0))
        return np.concatenate(parts, dtype=np.float32)

    @cached_property
    def log_people(self) -> np.ndarray:
        """(N,) float32: 1 + the people who turned to each posting, its logarithm."""
        people = np.append(self.co_visitation.people, np.float32(0))
        return np.asarray(np.log1p(people[self.posting_places]))

    def posting_terms(
        self, history: ProfileHistory, moment: int, columns: np.ndarray
    ) -> np.ndarray:
        """Compute the features that are no similarity, in the order of `POSTING_TERMS`, (6, C)."""
        [counts] = self.co_visits([history])
        together = counts[self.posting_places[columns]]
        popularity = self.popularity[columns] * np.float32(self.co_visitation.decay_at(moment))
        fresh = freshness_at(self.opens[columns], moment)
        counted = np.log1p(together), self.log_people[columns], np.log1p(popularity)
        return np.asarray(np.concatenate([fresh, counted]), dtype=np.float32)

    def co_visits(self, histories: Sequence[ProfileHistory]) -> np.ndarray:
        """Count the people who turned to both a step, weighted by recency, and each posting.

        Returns:
            (B, P + 1) float32, by `posting_places`; 0 for a posting that nobody turned to.
        """
        neighbours = self.co_visitation.postings
        owners = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
        rows = np.concatenate([history.rows for history in histories])
        recency = np.concatenate([history.recency for history in histories])
        others, measures, steps = neighbours.of(self.posting_places[rows])
        shape = len(histories), len(neighbours.names) + 1
        return sum_at(shape, owners[steps], others, recency[steps] * measures[:, 0])
