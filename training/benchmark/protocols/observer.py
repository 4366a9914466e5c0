"""The interface of metrics that read all scores while a scorer is evaluated."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from training.benchmark.protocols.training_view import History


class Observer(Protocol):
    """Takes in the scores of every batch once, and reports at the end."""

    def see(self, scores: np.ndarray, histories: Sequence[History], targets: np.ndarray) -> None:
        """Take in the scores, (B, N), of B cases."""

    def report(self) -> dict[str, float]:
        """Return the metrics, by the report's keys."""
