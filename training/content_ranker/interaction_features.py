"""Features of a profile and a posting: similarities, aggregated over the profile's history.

Each similarity gives five features: with the newest posting, the mean weighted by recency, and the
means over the newest session, over saved or applied postings, and over dismissed ones. All are sums
over the steps of the history. So a linear score can be computed for a whole catalogue at once, and
it is known what each step adds. Further features are the posting's freshness, its co-visitation
with the history, and its popularity.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy import sparse

from streaming.serving.catalogue import Catalogue
from training.content_ranker.co_visitation import MEASURES, CoVisitation, Neighbours
from training.content_ranker.posting_features import PostingFeatures, PostingFeaturizer
from training.content_ranker.profile_history import AGGREGATES, ProfileHistory
from training.data.posting_fields import ABSENT
from training.model.time_encoding import freshness_at

POSTING_TERMS = (
    *(f"fresh within {days} d" for days in (2, 7, 30)),
    *("together", "turned to", "lately"),
)
"""Features that are no similarity: freshness, the people who turned to both, to the posting, and
the recent popularity."""
CO_VISITS = POSTING_TERMS.index("together")


@dataclass(frozen=True, eq=False)
class InteractionFeatures:
    """Computes the features of profiles and the postings of one catalogue."""

    postings: PostingFeatures
    featurizer: PostingFeaturizer
    co_visitation: CoVisitation
    field_places: Mapping[str, np.ndarray]
    """By field of `co_visitation.fields` the node of each posting's value, (N,) int64."""
    posting_places: np.ndarray
    """(N,) int64, the node of each posting among `co_visitation.postings`."""
    popularity: np.ndarray
    """(N,) float64, weights of `co_visitation.popularity`."""
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
            popularity=co_visitation.popularity.aligned(catalogue),
            opens=catalogue.opens,
        )

    @cached_property
    def similarity_names(self) -> tuple[str, ...]:
        """Names of the similarities, in the order of `similarities`."""
        return (
            *self.featurizer.fields,
            *(f"{name} absent" for name in self.featurizer.missing),
            *self.featurizer.texts,
            *(f"{field} by {measure}" for field in self.field_places for measure in MEASURES),
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
        plain: list[np.ndarray] = []
        for codes in self.postings.codes:
            own = codes[rows][:, None]
            plain.append((own == codes[columns]) & (own != ABSENT))
        plain += [missing[rows][:, None] & missing[columns] for missing in self.postings.missing]
        plain += [_cosines(text, rows, columns) for text in self.postings.texts]
        co_visited = [
            np.moveaxis(_co_visits(self.co_visitation.fields[field], places, rows, columns), 2, 0)
            for field, places in self.field_places.items()
        ]
        none = np.zeros((0, len(rows), len(columns)), dtype=np.float32)
        return np.concatenate(
            [none, *(np.asarray(part, dtype=np.float32)[None] for part in plain), *co_visited]
        )

    def posting_terms(
        self, history: ProfileHistory, moment: int, columns: np.ndarray | slice
    ) -> np.ndarray:
        """Compute the features that are no similarity, in the order of `POSTING_TERMS`, (6, C)."""
        places = self.posting_places[columns]
        people = np.append(self.co_visitation.people, np.float32(0))
        popularity = self.popularity[columns] * self.co_visitation.decay_at(moment)
        counts = np.stack([self.co_visits(history)[places], people[places], popularity])
        fresh = freshness_at(self.opens[columns], moment)
        return np.concatenate([fresh, np.log1p(counts)]).astype(np.float32)

    def co_visits(self, history: ProfileHistory) -> np.ndarray:
        """Count the people who turned to both a step, weighted by recency, and each posting.

        Returns:
            (P + 1,) float32, by `posting_places`; 0 for a posting that nobody turned to.
        """
        neighbours = self.co_visitation.postings
        counts = np.zeros(len(neighbours.names) + 1, dtype=np.float32)
        for row, weight in zip(history.rows.tolist(), history.recency, strict=True):
            others, measures = neighbours.of(int(self.posting_places[row]))
            counts[others] += weight * measures[:, 0]
        return counts


def _co_visits(
    neighbours: Neighbours, places: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Look up the measures between the values of postings, (n, C, measures).

    Values that a step itself holds have 0: equality is a similarity of its own.
    """
    own = places[rows]
    table = np.zeros((len(rows), len(neighbours.names) + 1, len(MEASURES)), dtype=np.float32)
    for step, value in enumerate(own.tolist()):
        others, measures = neighbours.of(value)
        table[step, others] = measures
    table[:, own] = 0.0
    return np.asarray(table[:, places[columns]])


def _cosines(text: sparse.csr_array, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Compare n unit rows with C others, (n, C); only the words of the n rows are read."""
    own = text[rows]
    words, places = np.unique(own.indices, return_inverse=True)
    table = np.zeros((len(words) + 1, len(rows)), dtype=np.float32)
    owners = np.repeat(np.arange(len(rows)), np.diff(own.indptr))
    table[places, owners] = own.data
    others = text[columns]
    slots = np.full(text.shape[1], len(words), dtype=np.int32)
    slots[words] = np.arange(len(words), dtype=np.int32)
    shared = slots[others.indices]
    hit = shared < len(words)
    ends = np.concatenate([[0], np.cumsum(hit)])[others.indptr]
    narrow = sparse.csr_array(
        (others.data[hit], shared[hit], ends), shape=(len(columns), len(words) + 1)
    )
    return np.asarray((narrow @ table).T)
