"""Training examples of the content member: prefixes of histories, the next posting, negatives."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.benchmark.ensemble.content_features.history_features import HistoryFeatures
from training.benchmark.ensemble.content_features.posting_vectors import PostingVectors
from training.benchmark.protocols.training_view import History, OnProgress
from training.data.posting_fields import ABSENT

_NEGATIVES = 300
_NEARBY = 0.6
"""Share of the negatives from the region of the history: these are harder to tell apart."""
_MOST_EXAMPLES = 6_000


@dataclass(frozen=True, eq=False)
class RankerExamples:
    """B choices among C postings."""

    features: np.ndarray
    """(B, C, F) float32, the chosen posting at 0."""
    weights: np.ndarray
    """(B,) float32, summing to 1. A person's weights sum to about the root of the number of the
    person's views."""


def make_examples(
    features: HistoryFeatures,
    postings: PostingVectors,
    histories: Sequence[History],
    seed: int,
    on_progress: OnProgress,
) -> RankerExamples:
    """Turn histories into examples; each leaves the person's own views out of the counts.

    A next posting that nobody else has viewed has no views once the person's own are left out, as
    an unseen posting has. In such an example the views of the negatives are hidden too, or else
    having none would give the answer away.
    """
    random = np.random.default_rng(seed)
    prefixes = [
        (place, length)
        for place, history in enumerate(histories)
        for length in range(1, len(history))
    ]
    if len(prefixes) > _MOST_EXAMPLES:
        drawn = random.permutation(len(prefixes))[:_MOST_EXAMPLES]
        prefixes = [prefixes[p] for p in np.sort(drawn)]
    viewers = np.asarray(features.held.sum(axis=0))
    negatives = min(_NEGATIVES, postings.count - 1)
    rows = np.zeros((len(prefixes), negatives + 1, len(features.names)), dtype=np.float32)
    for row, (place, length) in enumerate(prefixes):
        whole = histories[place]
        prefix, target = whole.first(length), int(whole.items[length])
        drawn = _draw_negatives(postings, prefix.items, target, negatives, random)
        computed = features.of(prefix, drawn, whole, place)
        if viewers[target] <= 1:
            computed[:, features.popularity] = 0.0
        rows[row, : len(drawn)] = computed
        rows[row, len(drawn) :] = computed[-1]  # a small catalogue: the last negative is repeated
        on_progress("comparing", (row + 1) / len(prefixes))
    weights = np.array([len(histories[place]) ** -0.5 for place, _ in prefixes], dtype=np.float32)
    return RankerExamples(rows, weights / weights.sum() if len(weights) else weights)


def _draw_negatives(
    postings: PostingVectors,
    steps: np.ndarray,
    target: int,
    negatives: int,
    random: np.random.Generator,
) -> np.ndarray:
    """Return the target and at most so many negatives, (C,)."""
    free = np.ones(postings.count, dtype=bool)
    free[steps] = False
    free[target] = False
    codes = postings.codes.get("region", postings.codes.get("locality"))
    near = free.copy()
    if codes is not None:
        near &= np.isin(codes, codes[steps][codes[steps] != ABSENT])
    nearby = random.permutation(np.flatnonzero(near))[: int(negatives * _NEARBY)]
    free[nearby] = False
    others = random.permutation(np.flatnonzero(free))[: negatives - len(nearby)]
    return np.concatenate([[target], nearby, others])
