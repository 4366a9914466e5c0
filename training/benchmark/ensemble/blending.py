"""Weighted sums of scorers, with weights chosen on the validation part.

The members complement each other: a sequence model generalises, item-kNN memorises co-occurrences,
texts and attributes carry rare items. Only a few weights are chosen, one at a time, so that they
cannot overfit the validation part.
"""

from collections.abc import Mapping

import numpy as np

from training.benchmark.protocols.competitors import mean_metric
from training.benchmark.protocols.training_view import Cases, OnProgress

WEIGHTS = (1.0, 0.0, 0.25, 0.5, 0.75, 1.5, 2.0, 3.0, 4.0)
_ROUNDS = 3


def log_scale(scores: np.ndarray, smoothing: float = 0.1) -> np.ndarray:
    """Bring scores of 0 and more, (B, N), to logarithms, so that they add up with others.

    A row's highest score becomes log(1 + smoothing), and 0 becomes log(smoothing).
    """
    highest = np.maximum(scores.max(axis=1, keepdims=True), 1e-12)
    return np.asarray(np.log(scores / highest + smoothing), dtype=np.float32)


def choose_weights(
    scores: Mapping[str, np.ndarray], cases: Cases, on_progress: OnProgress
) -> tuple[dict[str, float], float]:
    """Find the weights with the best NDCG@10 by coordinate search; also return that NDCG@10.

    Scores are (U, N) by member, for U cases; the first member keeps the weight 1.
    """

    def value_of(weights: Mapping[str, float]) -> float:
        return mean_metric(
            lambda rows: blend({name: part[rows] for name, part in scores.items()}, weights), cases
        )

    names = list(scores)
    chosen = {name: 1.0 if place == 0 else 0.0 for place, name in enumerate(names)}
    best = value_of(chosen)
    for round_ in range(_ROUNDS):
        before = dict(chosen)
        for place, name in enumerate(names[1:], start=1):
            for weight in WEIGHTS:
                tried = {**chosen, name: weight}
                if weight != chosen[name] and (value := value_of(tried)) > best:
                    best, chosen = value, tried
            on_progress("blending", (round_ + place / len(names)) / _ROUNDS)
        if chosen == before:
            break
    return chosen, best


def blend(scores: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """Add scores, (B, N) each, by weight; members of weight 0 are left out."""
    first, *others = [(weights[name], part) for name, part in scores.items() if weights[name]]
    total = first[0] * first[1]
    for weight, part in others:
        total = total + weight * part
    return np.asarray(total, dtype=np.float32)
