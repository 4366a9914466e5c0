"""Item-kNN: what stands near in the same histories is alike, the nearer and the rarer the more.

similarity(i, j) = Σ e^(-spread · (q - p - 1)) over all histories and places p < q with i and j,
times `backward` where j came first, over n_i^asking · n_j^answering, with n the number of histories
that hold an item. An item's score is the sum of its similarities with the history's items, weighed
by e^(-decay · age), and, as far as that is better, a little for being popular.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import sparse

from training.benchmark.baselines.grid_search import Built, Choices, Make, Recipe, decayed
from training.benchmark.protocols.training_view import History, TrainingView

_REACH = 50
"""Places between two items that still meet."""


def _prepare(training: TrainingView, histories: Sequence[History], seed: int) -> Make:
    del seed  # nothing is random
    count = training.items
    first, second, apart = _pairs(histories)
    held = np.bincount(
        np.concatenate([np.unique(history.items) for history in histories]), minlength=count
    )

    @lru_cache(maxsize=2)
    def together(spread: float, backward: float) -> sparse.csr_array:
        near = np.exp(-spread * (apart - 1))
        forward = sparse.csr_array((near, (first, second)), shape=(count, count))
        return (forward + backward * forward.T).tocsr()

    def make(choices: Choices) -> Built:
        seen = np.maximum(held, 1).astype(np.float64)
        left = sparse.diags_array(seen ** -choices["asking"])
        right = sparse.diags_array(seen ** -choices["answering"])
        alike = (left @ together(choices["spread"], choices["backward"]) @ right).tocsr()
        popular = choices["popularity"] * held / held.max()

        def score(asked: Sequence[History]) -> np.ndarray:
            summed = decayed(asked, count, choices["decay"]) @ alike
            return np.asarray(summed.todense() + popular, dtype=np.float32)

        return Built(score, {"similarities": alike.data, "rows": alike.indices})

    return make


def _pairs(histories: Sequence[History]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """List the pairs of items of one history: earlier, later, places apart; each (P,) int64."""
    items = np.concatenate([history.items for history in histories])
    owners = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    found = []
    for apart in range(1, min(_REACH, max(map(len, histories)) - 1) + 1):
        same = owners[:-apart] == owners[apart:]
        first, second = items[:-apart][same], items[apart:][same]
        other = first != second
        found.append((first[other], second[other], np.full(other.sum(), apart)))
    none = (np.zeros(0, np.int64),) * 3
    first, second, distances = (np.concatenate(part) for part in zip(none, *found, strict=True))
    return first, second, distances


ITEM_KNN = Recipe(
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
