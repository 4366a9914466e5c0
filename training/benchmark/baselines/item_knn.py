"""Item-kNN over histories of items, as it also serves (`training.sequence_scorer`)."""

from collections.abc import Sequence

import numpy as np

from training.benchmark.baselines.grid_search import (
    Baseline,
    BaselineScorer,
    Builder,
    Choices,
    decayed_histories,
)
from training.benchmark.protocols.training_view import History, TrainingView
from training.sequence_scorer.neighbour_scorer import GRID, CoOccurrence


def _prepare(training: TrainingView, histories: Sequence[History], seed: int) -> Builder:
    del seed  # nothing is random
    count = training.items
    counted = CoOccurrence.count([history.items for history in histories], count)

    def build(choices: Choices) -> BaselineScorer:
        similarity, popularity = counted.similarities(choices), counted.popularity(choices)

        def score(histories: Sequence[History]) -> np.ndarray:
            summed = decayed_histories(histories, count, choices["decay"]) @ similarity
            return np.asarray(summed.todense() + popularity, dtype=np.float32)

        return BaselineScorer(score, {"similarities": similarity.data, "rows": similarity.indices})

    return build


ITEM_KNN = Baseline(_prepare, GRID)
