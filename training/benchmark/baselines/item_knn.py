"""Item-kNN: items that stand close together in the same histories are similar.

similarity(i, j) = Σ e^(-spread · (q - p - 1)) over all histories and places p < q with i and j,
times `backward` where j came first, over n_i^asking · n_j^answering, with n the number of histories
that hold an item. An item's score is the sum of its similarities with the history's items, weighted
by e^(-decay · age), plus a multiple of its popularity.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import sparse

from training.benchmark.baselines.grid_search import (
    Baseline,
    BaselineScorer,
    Builder,
    Choices,
    decayed_histories,
)
from training.benchmark.protocols.training_view import History, TrainingView

_REACH = 50
"""The most places between two items that count as a co-occurrence."""


def _prepare(training: TrainingView, histories: Sequence[History], seed: int) -> Builder:
    del seed  # nothing is random
    count = training.items
    first, second, distances = _pairs(histories)
    held = np.bincount(
        np.concatenate([np.unique(history.items) for history in histories]), minlength=count
    )

    @lru_cache(maxsize=2)
    def co_occurrence(spread: float, backward: float) -> sparse.csr_array:
        closeness = np.exp(-spread * (distances - 1))
        forward = sparse.csr_array((closeness, (first, second)), shape=(count, count))
        return (forward + backward * forward.T).tocsr()

    def build(choices: Choices) -> BaselineScorer:
        users = np.maximum(held, 1).astype(np.float64)
        left = sparse.diags_array(users ** -choices["asking"])
        right = sparse.diags_array(users ** -choices["answering"])
        pairs = co_occurrence(choices["spread"], choices["backward"])
        similarity = (left @ pairs @ right).tocsr()
        popularity = choices["popularity"] * held / held.max()

        def score(histories: Sequence[History]) -> np.ndarray:
            summed = decayed_histories(histories, count, choices["decay"]) @ similarity
            return np.asarray(summed.todense() + popularity, dtype=np.float32)

        return BaselineScorer(score, {"similarities": similarity.data, "rows": similarity.indices})

    return build


def _pairs(histories: Sequence[History]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """List the pairs of items within histories: earlier, later, places apart; each (P,) int64."""
    items = np.concatenate([history.items for history in histories])
    owners = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    parts = [(np.zeros(0, np.int64),) * 3]
    for distance in range(1, min(_REACH, max(map(len, histories)) - 1) + 1):
        same = owners[:-distance] == owners[distance:]
        first, second = items[:-distance][same], items[distance:][same]
        different = first != second
        parts.append((first[different], second[different], np.full(different.sum(), distance)))
    first, second, distances = (np.concatenate(column) for column in zip(*parts, strict=True))
    return first, second, distances


ITEM_KNN = Baseline(
    _prepare,
    {
        "decay": (0.3, 0.0, 0.1, 0.6, 1.0, 1.5),
        "spread": (0.3, 0.0, 0.1, 0.6, 1.0, 2.0),
        "backward": (1.0, 0.7, 0.4),
        "asking": (0.5, 0.0, 0.25, 0.75, 1.0),
        "answering": (0.5, 0.0, 0.25, 0.75, 1.0),
        "popularity": (0.0, 1e-6, 1e-3, 1e-2, 3e-2),
    },
)
