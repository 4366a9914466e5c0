"""Training examples of the ranker: every prefix of a history with what came next and its rivals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.benchmark.ensemble.history_features import Features
from training.benchmark.ensemble.posting_vectors import Said
from training.benchmark.protocols.training_view import History, OnProgress
from training.data.posting_fields import ABSENT

_RIVALS = 300
_NEARBY = 0.6
"""Share of the rivals from the region of the history: the others are told apart easily."""
_MOST = 6_000


@dataclass(frozen=True, eq=False)
class Examples:
    """B choices among C postings.

    Args:
        numbers: (B, C, F) float32, the posting that was chosen at 0.
        weights: (B,) float32, summing to 1: somebody with many views counts more than others, but
            not as many times more.
    """

    numbers: np.ndarray
    weights: np.ndarray


def make(
    features: Features,
    said: Said,
    histories: Sequence[History],
    seed: int,
    on_progress: OnProgress,
) -> Examples:
    """Turn histories into examples; of each the person's own traces are left out of the counts.

    A next posting that nobody else has viewed looks, to a person who has not viewed it yet, like
    one that nobody has seen. There the traffic of the rivals is hidden too, or else having none
    would be what tells the answer.
    """
    chance = np.random.default_rng(seed)
    prefixes = [
        (place, length)
        for place, history in enumerate(histories)
        for length in range(1, len(history))
    ]
    if len(prefixes) > _MOST:
        prefixes = [prefixes[p] for p in np.sort(chance.permutation(len(prefixes))[:_MOST])]
    viewers = np.bincount(
        np.concatenate([np.unique(history.items) for history in histories]), minlength=said.count
    )
    rivals = min(_RIVALS, said.count - 1)
    numbers = np.zeros((len(prefixes), rivals + 1, len(features.names)), dtype=np.float32)
    for row, (place, length) in enumerate(prefixes):
        whole = histories[place]
        target = whole.items[length]
        drawn = _draw(said, whole.first(length).items, int(target), rivals, chance)
        found = features.of(whole.first(length), drawn, whole, place)
        if viewers[target] <= 1:
            found[:, features.traffic] = 0.0
        numbers[row, : len(drawn)] = found
        numbers[row, len(drawn) :] = found[-1]  # too few to choose from: the last again
        on_progress("comparing", (row + 1) / len(prefixes))
    weights = np.array([len(histories[place]) ** -0.5 for place, _ in prefixes], dtype=np.float32)
    return Examples(numbers, weights / weights.sum() if len(weights) else weights)


def _draw(
    said: Said, steps: np.ndarray, target: int, rivals: int, chance: np.random.Generator
) -> np.ndarray:
    """Draw rivals, the target first; (C,) with C at most rivals + 1."""
    free = np.ones(said.count, dtype=bool)
    free[steps] = False
    free[target] = False
    code = said.codes.get("region", said.codes.get("locality"))
    near = free.copy()
    if code is not None:
        near &= np.isin(code, code[steps][code[steps] != ABSENT])
    close = chance.permutation(np.flatnonzero(near))[: int(rivals * _NEARBY)]
    free[close] = False
    others = chance.permutation(np.flatnonzero(free))[: rivals - len(close)]
    return np.concatenate([[target], close, others])
