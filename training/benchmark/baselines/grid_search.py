"""How every baseline is fitted: settings searched on the validation part, then built once more."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse

from training.benchmark.protocols.scorer_evaluation import CHOSEN_BY, measure
from training.benchmark.protocols.training_view import (
    Account,
    Cases,
    History,
    OnProgress,
    TrainingView,
)

Choices = Mapping[str, float]
"""A value for each setting of a baseline."""

Score = Callable[[Sequence[History]], np.ndarray]
"""As `Scorer.scores`."""

_MOST_CASES = 4_000
_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Built:
    """A scorer (`data.Scorer`)."""

    score: Score
    arrays: Mapping[str, np.ndarray]
    """What was learned."""
    account: Account = field(default_factory=Account)

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories: (B, N) float32."""
        return self.score(histories)

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return everything that was learned or chosen as arrays."""
        chosen = {name: np.array(value) for name, value in self.account.choices.items()}
        return {**self.arrays, **chosen}


Make = Callable[[Choices], Built]
"""Builds with some settings; what does not depend on them was computed before, or is kept."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """A baseline as data: a builder (`data.Fit`).

    Args:
        prepare: from the view, the histories to learn from and a seed to `Make`.
        grid: setting to the values tried, the first of which the search begins with.
    """

    prepare: Callable[[TrainingView, Sequence[History], int], Make]
    grid: Mapping[str, Sequence[float]]

    def __call__(self, training: TrainingView, *, seed: int, on_progress: OnProgress) -> Built:
        """Search setting by setting on the validation part, then build on the final histories."""
        began = time.monotonic()
        cases = sample(training.validation, seed)
        make = self.prepare(training, training.histories, seed)
        choices = self._search(make, cases, on_progress)
        searched = time.monotonic()
        if training.final_histories is not training.histories:
            make = self.prepare(training, training.final_histories, seed)
        built = make(choices)
        seconds = {"search": searched - began, "train": time.monotonic() - searched}
        return replace(built, account=Account(seconds, choices))

    def _search(self, make: Make, cases: Cases, on_progress: OnProgress) -> Choices:
        """Change one setting at a time for as long as that is better; ties keep what was."""
        choices = {name: values[0] for name, values in self.grid.items()}
        if not len(cases) or all(len(values) == 1 for values in self.grid.values()):
            return choices
        best, tried = measure(make(choices), cases).mean(CHOSEN_BY), 1
        total = 1 + _ROUNDS * sum(len(values) - 1 for values in self.grid.values())
        for _ in range(_ROUNDS):
            before = choices
            for name, values in self.grid.items():
                for value in [value for value in values if value != choices[name]]:
                    other = {**choices, name: value}
                    found, tried = measure(make(other), cases).mean(CHOSEN_BY), tried + 1
                    on_progress("choosing", tried / total)
                    if found > best:
                        best, choices = found, other
            if choices == before:
                break
        return choices


def sample(cases: Cases, seed: int, most: int = _MOST_CASES) -> Cases:
    """Draw at most so many cases."""
    if len(cases) <= most:
        return cases
    drawn = np.sort(np.random.default_rng(seed).permutation(len(cases))[:most])
    return replace(
        cases,
        users=tuple(cases.users[place] for place in drawn),
        histories=tuple(cases.histories[place] for place in drawn),
        targets=cases.targets[drawn],
    )


def decayed(histories: Sequence[History], items: int, decay: float) -> sparse.csr_array:
    """Weigh what histories hold by age, the newest item at age 0.

    Args:
        histories: B of them.
        items: N.
        decay: a weight is e^(-decay · age in items), each history's divided by their sum.

    Returns:
        (B, N); an item that stands in a history twice has the sum of its weights.
    """
    lengths = [len(history) for history in histories]
    weights = [np.exp(-decay * np.arange(length)[::-1]) for length in lengths]
    data = np.concatenate([weight / weight.sum() for weight in weights])
    columns = np.concatenate([history.items for history in histories])
    rows = np.repeat(np.arange(len(histories)), lengths)
    return sparse.csr_array((data, (rows, columns)), shape=(len(histories), items))
