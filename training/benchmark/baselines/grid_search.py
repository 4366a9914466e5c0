"""Baselines as data: settings are searched on the validation part, then the baseline is built."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from training.benchmark.protocols.competitors import mean_metric
from training.benchmark.protocols.training_view import (
    Cases,
    History,
    OnProgress,
    TrainingSummary,
    TrainingView,
)
from training.evaluation.setting_search import search

Choices = Mapping[str, float]
"""A value for each setting of a baseline."""

_MOST_CASES = 4_000
_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class BaselineScorer:
    """A scorer made of a function; a `training_view.Scorer`."""

    score: Callable[[Sequence[History]], np.ndarray]
    """As `Scorer.scores`."""
    arrays: Mapping[str, np.ndarray]
    """What was learned."""
    summary: TrainingSummary = field(default_factory=TrainingSummary)

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories: (B, N) float32."""
        return self.score(histories)

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return everything that was learned or chosen as arrays."""
        chosen = {name: np.array(value) for name, value in self.summary.choices.items()}
        return {**self.arrays, **chosen}


Builder = Callable[[Choices], BaselineScorer]
"""Builds a scorer with given settings; it shares what does not depend on them between calls."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """A baseline; a `training_view.Fit`."""

    prepare: Callable[[TrainingView, Sequence[History], int], Builder]
    """Takes the view, the histories to learn from and a seed, and returns a `Builder`."""
    grid: Mapping[str, Sequence[float]]
    """Setting to the values to try; the search starts with the first of each."""

    def __call__(
        self, training: TrainingView, *, seed: int, on_progress: OnProgress
    ) -> BaselineScorer:
        """Search the settings on the validation part, then build on the final histories."""
        started = time.monotonic()
        cases = sample_cases(training.validation, seed)
        build = self.prepare(training, training.histories, seed)
        choices = self._search(build, cases, on_progress)
        searched = time.monotonic()
        if training.final_histories is not training.histories:
            build = self.prepare(training, training.final_histories, seed)
        scorer = build(choices)
        seconds = {"search": searched - started, "train": time.monotonic() - searched}
        return replace(scorer, summary=TrainingSummary(seconds, choices))

    def _search(self, build: Builder, cases: Cases, on_progress: OnProgress) -> Choices:
        """Search the settings; see `setting_search.search`."""
        first = {name: values[0] for name, values in self.grid.items()}
        total = 1 + _ROUNDS * sum(len(values) - 1 for values in self.grid.values())
        if not len(cases) or total == 1:
            return first
        tries = 0

        def value_of(tried: Choices) -> float:
            nonlocal tries
            tries += 1
            on_progress("choosing", tries / total)
            scorer = build(tried)
            return mean_metric(lambda rows: scorer.scores(cases.histories[rows]), cases)

        return search(self.grid, first, value_of, _ROUNDS)[0]


def sample_cases(cases: Cases, seed: int, most: int = _MOST_CASES) -> Cases:
    """Draw a sample of at most `most` cases, in their order."""
    if len(cases) <= most:
        return cases
    drawn = np.sort(np.random.default_rng(seed).permutation(len(cases))[:most])
    return replace(
        cases,
        histories=tuple(cases.histories[place] for place in drawn),
        targets=cases.targets[drawn],
    )


def decayed_histories(histories: Sequence[History], items: int, decay: float) -> sparse.csr_array:
    """Weight the N items of B histories by age, the newest at age 0.

    A weight is e^(-decay · age in items), divided by the sum over the history.

    Returns:
        (B, N); an item that stands in a history twice has the sum of its weights.
    """
    lengths = [len(history) for history in histories]
    weights = [np.exp(-decay * np.arange(length)[::-1]) for length in lengths]
    data = np.concatenate([weight / weight.sum() for weight in weights])
    columns = np.concatenate([history.items for history in histories])
    rows = np.repeat(np.arange(len(histories)), lengths)
    return sparse.csr_array((data, (rows, columns)), shape=(len(histories), items))
