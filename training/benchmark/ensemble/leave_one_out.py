"""Why an item is in a list: the part of the history without which it would lose most.

Measured, not guessed: each part is taken out in turn, and the whole blend is asked again. What
counts is the item's log-probability among all that the history does not hold.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import logsumexp

from training.benchmark.protocols.training_view import History

_NEWEST = 50
"""Older parts are not tried: little rests on them."""


def carried_by(
    scores: Callable[[Sequence[History]], np.ndarray], history: History, item: int
) -> int:
    """Name the place in a history that carries an item.

    Args:
        scores: as `Scorer.scores`.
        history: of any length; what it holds carries something else.
        item: a row of the catalogue.
    """
    if len(history) == 1:
        return 0
    places = np.arange(len(history))
    tried = places[-_NEWEST:]
    without = scores([history.take(np.delete(places, place)) for place in tried])
    without = without.astype(np.float64)
    without[:, np.setdiff1d(history.items, [item])] = -np.inf
    chances = without[:, item] - logsumexp(without, axis=1)
    return int(tried[chances.argmin()])
