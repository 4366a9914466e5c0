"""What a benchmark gives a model, and what it keeps from it.

A `Split` holds two things: the `TrainingView`, which is all that a model may see, and the test
`Cases`, which only the evaluation sees. A builder (`Fit`) takes the first alone, so that no model
can look at a target by accident. Validation cases are part of the view: they choose.

Items are rows 0 … N-1, in the order of their names, so that an unchanged catalogue has unchanged
rows whoever looked at what. Users are in the order of their names for the same reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

OnProgress = Callable[[str, float], None]
"""Called with what is being done, in words, and the share of it that is done, 0 to 1."""

EVERYWHERE = 0
"""The pool of every item where all compete with all."""
NOWHERE = -1
"""The pool of an item that competes with none."""


@dataclass(frozen=True, eq=False)
class History:
    """What is known of one user, oldest first; never empty.

    Under job-views each item stands once; a sequence may hold an item again.
    """

    items: np.ndarray
    """(L,) int64 rows."""
    times: np.ndarray | None = None
    """(L,) int64 microseconds since 1970; None where the data say no times."""
    durations: np.ndarray | None = None
    """(L,) float32 seconds, NaN where unknown; None where the data say none at all."""

    def __len__(self) -> int:
        return len(self.items)

    def first(self, count: int) -> "History":
        """Return the oldest so many."""
        return self.take(np.arange(min(count, len(self))))

    def take(self, places: np.ndarray) -> "History":
        """Return what stands at some places, in their order."""
        return History(
            self.items[places],
            None if self.times is None else self.times[places],
            None if self.durations is None else self.durations[places],
        )


@dataclass(frozen=True, eq=False)
class Cases:
    """What is to be foretold: U users, for each a history and one target.

    Nothing of a history is ranked, so a target that its history holds already counts as missed.
    """

    users: tuple[str, ...]
    histories: tuple[History, ...]
    targets: np.ndarray
    """(U,) int64 rows."""
    pools: np.ndarray
    """(N,) int8: a target is ranked among the items of its own pool, minus the history."""
    seen: np.ndarray
    """(N,) bool: some history that could be trained on holds the item. Only for the evaluation: a
    list must not depend on it."""

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, eq=False)
class TrainingView:
    """All that training and choosing may see.

    Choose on `validation` after training on `histories`, which never hold a validation target. Then
    train once more on `final_histories`: the protocol says whether those hold them (job-views) or
    are the same as `histories` (sequences, where validation items never train).
    """

    protocol: str
    """`job-views` or `sequences`; for reports: a builder looks at what there is instead."""
    item_names: tuple[str, ...]
    """N of them: names, not features."""
    postings: tuple[Mapping[str, Any], ...] | None
    """For each item the JSON value of a `records.Posting`; None for bare ids."""
    attributes: tuple[tuple[int, ...], ...] | None
    """For each item its attribute numbers, ascending, possibly none; None where there are none."""
    users: tuple[str, ...]
    """Everybody with a history."""
    histories: tuple[History, ...]
    """For each of `users` what may be trained on while choosing; possibly of a single item."""
    final_histories: tuple[History, ...]
    """For each of `users` what may be trained on when everything is chosen."""
    validation: Cases

    @property
    def items(self) -> int:
        """N."""
        return len(self.item_names)


@dataclass(frozen=True, eq=False)
class Split:
    """A data set under a protocol."""

    training: TrainingView
    test: Cases
    """No builder may see it."""
    about: Mapping[str, Any]
    """Counts of the file, for the report."""


@dataclass(frozen=True)
class Account:
    """What a training has to say of itself; it goes into the report."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    """`search`: choosing on the validation part; `train`: the training of what was chosen."""
    choices: Mapping[str, Any] = field(default_factory=dict)
    """What was chosen, and every setting needed to repeat it; JSON values."""
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """A value per epoch, such as `train_loss` and `validation_ndcg@10`."""
    measured: Mapping[str, float] = field(default_factory=dict)
    """What else was measured on the validation part, by the report's keys."""


class Scorer(Protocol):
    """A trained model."""

    @property
    def account(self) -> Account:
        """How it was trained."""

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories, each by itself.

        Returns:
            (B, N) float32, higher is better, all finite; what is in a history is ranked by nobody,
            so that its score may be anything finite.
        """

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return everything that was learned or chosen as arrays, by name.

        Two trainings are the same exactly if these are, bit for bit.
        """


class Fit(Protocol):
    """A builder: trains on a view. Every preset and every baseline is one."""

    def __call__(self, training: TrainingView, *, seed: int, on_progress: OnProgress) -> Scorer:
        """Choose on the validation part, then train.

        Args:
            training: the data; nothing else may be read.
            seed: of everything random: the same seed and view give the same weights.
            on_progress: to be called now and then.

        Raises:
            InputError: the data cannot be trained on.
        """


def batches(histories: Sequence[History], size: int) -> list[Sequence[History]]:
    """Cut histories into runs of at most `size`."""
    return [histories[start : start + size] for start in range(0, len(histories), size)]
