"""What looks at a scorer's lists while it is measured."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from training.benchmark.protocols.training_view import History


class Observer(Protocol):
    """Sees the scores of every batch once, and sums up at the end."""

    def see(self, scores: np.ndarray, histories: Sequence[History], targets: np.ndarray) -> None:
        """Look at the scores, (B, N), of B cases."""

    def report(self) -> dict[str, float]:
        """Return what was found, by the report's keys."""
