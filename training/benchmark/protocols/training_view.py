"""The data that a baseline may see, and the interface of baselines.

A builder (`Fit`) takes a `TrainingView` alone, so that no baseline can read a test target by
accident. Validation cases are part of the view.

Items are rows 0 … N-1 of the catalogue.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

OnProgress = Callable[[str, float], None]
"""Called with a description of the step and the share of it that is done, 0 to 1."""

SHARED_POOL = 0
"""The pool of every item where all items compete with each other."""
NO_POOL = -1
"""The pool of items that compete with none."""


@dataclass(frozen=True, eq=False)
class History:
    """The items of one user, oldest first; never empty.

    Under job-views each item stands once; a sequence may repeat an item.
    """

    items: np.ndarray
    """(L,) int64 rows."""
    times: np.ndarray | None = None
    """(L,) int64 microseconds since 1970; None where the data have no times."""
    durations: np.ndarray | None = None
    """(L,) float32 seconds, NaN where unknown; None where the data have none at all."""

    def __len__(self) -> int:
        return len(self.items)

    def first(self, count: int) -> "History":
        """Return the oldest `count` items."""
        return self.take(np.arange(min(count, len(self))))

    def take(self, places: np.ndarray) -> "History":
        """Return the items at the given places, in their order."""
        return History(
            self.items[places],
            None if self.times is None else self.times[places],
            None if self.durations is None else self.durations[places],
        )


@dataclass(frozen=True, eq=False)
class Cases:
    """U users, each with a history and one target to predict.

    Items of the history are not ranked, so a target that the history holds counts as missed.
    """

    histories: tuple[History, ...]
    targets: np.ndarray
    """(U,) int64 rows."""
    pools: np.ndarray
    """(N,) int8: a target is ranked among the items of its own pool, minus the history."""
    seen: np.ndarray
    """(N,) bool: a history that may be trained on holds the item. For the evaluation alone: a list
    must not depend on it."""

    def __len__(self) -> int:
        return len(self.histories)


@dataclass(frozen=True, eq=False)
class TrainingView:
    """Everything that training and model selection may see.

    A builder selects on `validation` after training on `histories`, which never hold a validation
    target, and then trains again on `final_histories`. Under sequences these are the same as
    `histories`; under the other protocols they hold the validation targets.
    """

    item_names: tuple[str, ...]
    """N of them: names, not features."""
    postings: tuple[Mapping[str, Any], ...] | None
    """For each item the JSON value of a `records.Posting`; None for bare ids."""
    attributes: tuple[tuple[int, ...], ...] | None
    """For each item its attribute numbers, ascending, possibly none; None for data without any."""
    histories: tuple[History, ...]
    """For each user what may be trained on during selection; possibly a single item."""
    final_histories: tuple[History, ...]
    """For each user what may be trained on after selection."""
    validation: Cases

    @property
    def items(self) -> int:
        """N."""
        return len(self.item_names)


@dataclass(frozen=True)
class TrainingSummary:
    """How a model was trained, for the report."""

    seconds: Mapping[str, float] = field(default_factory=dict)
    """`search`: selection on the validation part; `train`: training with what was chosen."""
    choices: Mapping[str, Any] = field(default_factory=dict)
    """What was chosen, and every setting needed to repeat it; JSON values."""
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """A value for each epoch, such as `train_loss` and `validation_ndcg@10`."""
    measured: Mapping[str, float] = field(default_factory=dict)
    """Further values measured on the validation part, by the report's keys."""


class Scorer(Protocol):
    """A trained baseline."""

    @property
    def summary(self) -> TrainingSummary:
        """How it was trained."""

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories, each history by itself.

        Returns:
            (B, N) float32, higher is better, all finite. Items of the history are never ranked;
            their scores may be anything finite.
        """

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return everything that was learned or chosen as arrays, by name.

        Two trainings are equal exactly if these arrays are, bit for bit.
        """


class Fit(Protocol):
    """A builder, which trains a scorer on a view. Every baseline is one."""

    def __call__(self, training: TrainingView, *, seed: int, on_progress: OnProgress) -> Scorer:
        """Select on the validation part, then train.

        Args:
            training: the data; nothing else may be read.
            seed: of everything random; the same seed and view give the same weights.
            on_progress: to be called from time to time.

        Raises:
            InputError: the data cannot be trained on.
        """


def batches(histories: Sequence[History], size: int) -> list[Sequence[History]]:
    """Split histories into batches of at most `size`."""
    return [histories[start : start + size] for start in range(0, len(histories), size)]
