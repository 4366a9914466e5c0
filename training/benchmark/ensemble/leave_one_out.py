"""Reasons by leave-one-out: the step of a history without which an item would lose most.

Each step is removed in turn and the whole ensemble scores again. What counts is the item's
log-probability among everything that the history does not hold.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import logsumexp

from training.benchmark.protocols.training_view import History

_MOST_STEPS = 50
"""Older steps are not tried: they have little influence."""


def most_influential_step(
    scores: Callable[[Sequence[History]], np.ndarray], history: History, item: int
) -> int:
    """Return the place in a history that contributes most to an item, by `Scorer.scores`."""
    if len(history) == 1:
        return 0
    places = np.arange(len(history))
    tried = places[-_MOST_STEPS:]
    without = scores([history.take(np.delete(places, place)) for place in tried])
    without = without.astype(np.float64)
    without[:, np.setdiff1d(history.items, [item])] = -np.inf
    log_probabilities = without[:, item] - logsumexp(without, axis=1)
    return int(tried[log_probabilities.argmin()])
