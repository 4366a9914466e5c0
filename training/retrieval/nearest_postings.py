"""Retrieval by the encoder-decoder: the postings nearest to the first query of a profile."""

from dataclasses import dataclass

import numpy as np

from training.inference.numpy_network import Decision, EncoderInput
from training.inference.prepared_catalogue import PreparedCatalogue
from training.retrieval.employer_cap import capped_top_rows
from training.retrieval.shortlist import Shortlist

_RESCORED_PER_POSTING, MIN_RESCORED = 4, 64
"""For each posting wanted so many are retrieved by estimates, and at least so many."""


@dataclass(frozen=True, eq=False)
class RetrievalQuery:
    """A profile for which a list is wanted."""

    encoder_input: EncoderInput
    as_of: int
    """Microseconds since 1970."""
    allowed: np.ndarray
    """(N,) bool, the postings that the list may hold."""


def nearest_postings(
    prepared: PreparedCatalogue,
    query: RetrievalQuery,
    decision: Decision,
    *,
    index: int,
    products: np.ndarray,
    size: int,
) -> Shortlist:
    """Retrieve more postings than are wanted, by estimates of their scores at the first step.

    `index` is the profile's in the decision; `products`, (N,) float32, are the
    `PreparedCatalogue.approximate_products` of its query.
    """
    catalogue, weights = prepared.catalogue, decision.freshness_weights[index]
    estimates = products + prepared.freshness.weighted(weights, query.as_of)
    retrieved = max(size * _RESCORED_PER_POSTING, MIN_RESCORED)
    rows = capped_top_rows(estimates, query.allowed, catalogue.employer_numbers, retrieved)
    return Shortlist.of(prepared, np.sort(rows), query.as_of)
