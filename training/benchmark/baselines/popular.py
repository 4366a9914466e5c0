"""The most popular items, and those that are so of late: the same list for everybody."""

from collections.abc import Sequence

import numpy as np

from training.benchmark.baselines.grid_search import Built, Choices, Make, Recipe
from training.benchmark.protocols.training_view import History, TrainingView

_DAY = 86_400e6  # microseconds


def _count(training: TrainingView, histories: Sequence[History], seed: int) -> Make:
    del seed  # nothing is random
    counts = _weighed(histories, [np.ones(len(history)) for history in histories], training.items)
    return lambda _: _everybody(counts)


def _recent(training: TrainingView, histories: Sequence[History], seed: int) -> Make:
    """Count with half-lives: in days where there are times, else in items of the same history."""
    del seed  # nothing is random
    ages = _ages(histories)

    def make(choices: Choices) -> Built:
        weights = [0.5 ** (age / choices["half_life"]) for age in ages]
        return _everybody(_weighed(histories, weights, training.items))

    return make


def _ages(histories: Sequence[History]) -> list[np.ndarray]:
    if all(history.times is not None for history in histories):
        newest = max(int(history.times[-1]) for history in histories if history.times is not None)
        return [
            (newest - history.times) / _DAY for history in histories if history.times is not None
        ]
    return [np.arange(len(history))[::-1].astype(np.float64) for history in histories]


def _weighed(histories: Sequence[History], weights: Sequence[np.ndarray], items: int) -> np.ndarray:
    """Sum weights by item, (N,) float64."""
    rows = np.concatenate([history.items for history in histories])
    return np.bincount(rows, weights=np.concatenate(weights), minlength=items)


def _everybody(counts: np.ndarray) -> Built:
    row = counts.astype(np.float32)
    return Built(lambda asked: np.tile(row, (len(asked), 1)), {"counts": counts})


MOST_POPULAR = Recipe(_count, {})
RECENT_POPULAR = Recipe(_recent, {"half_life": (7.0, 0.5, 1.0, 2.0, 14.0, 30.0, 90.0)})
