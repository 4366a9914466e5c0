"""The first decoding step of one profile, which other scores are blended with and reports show."""

from dataclasses import dataclass

import numpy as np

from training.explanation.attribution import step_likeness
from training.inference.profile_encoding import ProfileStep
from training.ranking.decoding import DecodingStart


@dataclass(frozen=True, eq=False)
class Attention:
    """What a profile's first recommendation rests on."""

    steps: tuple[ProfileStep, ...]
    """The L steps of the profile: stated entries, then events, oldest first."""
    weights: np.ndarray
    """(L,) float32: the attention, which sums to 1."""
    contributions: np.ndarray
    """(L,) float32: what each step added to the score of the posting."""
    posting_id: str
    """The posting that is recommended first."""


@dataclass(frozen=True, eq=False)
class FirstStep:
    """The first decoding step of one profile."""

    steps: tuple[ProfileStep, ...]
    """The L steps of the profile."""
    products: np.ndarray
    """(N,) float32: `PreparedCatalogue.approximate_products` of the profile's query."""
    start: DecodingStart
    """Of all profiles that were computed together."""
    index: int
    """The profile's among them."""

    @property
    def query(self) -> np.ndarray:
        """The query, (D,)."""
        return np.asarray(self.start.decision.query[self.index])

    @property
    def freshness_weights(self) -> np.ndarray:
        """What each freshness feature is worth, (3,)."""
        return np.asarray(self.start.decision.freshness_weights[self.index])

    def scores_alone(self, vectors: np.ndarray) -> np.ndarray:
        """Score (S, D) postings by what each step itself says, all attention on it: (L, S)."""
        return step_likeness(self.start.encoded, self.start.decision, self.index, vectors).T
