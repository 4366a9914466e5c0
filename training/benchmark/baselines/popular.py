"""The most popular items, of all time and recently: the same list for every user."""

from collections.abc import Sequence

import numpy as np

from training.benchmark.baselines.grid_search import Baseline, BaselineScorer, Builder, Choices
from training.benchmark.protocols.training_view import History, TrainingView

_DAY = 86_400e6  # microseconds


def _count(training: TrainingView, histories: Sequence[History], seed: int) -> Builder:
    del seed  # nothing is random
    counts = _weighted_counts(
        histories, [np.ones(len(history)) for history in histories], training.items
    )
    return lambda _: _constant(counts)


def _recent(training: TrainingView, histories: Sequence[History], seed: int) -> Builder:
    """Count with half-lives: in days where there are times, else in items of the same history."""
    del seed  # nothing is random
    ages = _ages(histories)

    def build(choices: Choices) -> BaselineScorer:
        weights = [0.5 ** (age / choices["half_life"]) for age in ages]
        return _constant(_weighted_counts(histories, weights, training.items))

    return build


def _ages(histories: Sequence[History]) -> list[np.ndarray]:
    times = [history.times for history in histories if history.times is not None]
    if len(times) == len(histories):
        newest = max(int(own[-1]) for own in times)
        return [(newest - own) / _DAY for own in times]
    return [np.arange(len(history))[::-1].astype(np.float64) for history in histories]


def _weighted_counts(
    histories: Sequence[History], weights: Sequence[np.ndarray], items: int
) -> np.ndarray:
    """Sum weights by item, (N,) float64."""
    rows = np.concatenate([history.items for history in histories])
    return np.bincount(rows, weights=np.concatenate(weights), minlength=items)


def _constant(counts: np.ndarray) -> BaselineScorer:
    row = counts.astype(np.float32)
    return BaselineScorer(lambda histories: np.tile(row, (len(histories), 1)), {"counts": counts})


MOST_POPULAR = Baseline(_count, {})
RECENT_POPULAR = Baseline(_recent, {"half_life": (7.0, 0.5, 1.0, 2.0, 14.0, 30.0, 90.0)})
