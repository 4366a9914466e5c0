"""Several scorers as one: how much each counts is chosen on the validation part.

Each says something the others do not: a sequence model generalises, item-kNN remembers what
stood together, texts and attributes speak for items that are rare. Only a few numbers are chosen,
one at a time, so that the validation part cannot be learned by heart.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from training.benchmark.protocols.scorer_evaluation import CHOSEN_BY
from training.benchmark.protocols.training_view import Cases, History, OnProgress
from training.evaluation.ranking_metrics import METRICS, of_places, places

WEIGHTS = (1.0, 0.0, 0.25, 0.5, 0.75, 1.5, 2.0, 3.0, 4.0)
_ROUNDS = 3
_TOGETHER = 500


def logarithm(scores: np.ndarray, doubt: float = 0.1) -> np.ndarray:
    """Bring scores of 0 and more, (B, N), to logarithms, so that they add up with others.

    A row's highest becomes log(1 + doubt), and 0 becomes log(doubt).
    """
    highest = np.maximum(scores.max(axis=1, keepdims=True), 1e-12)
    return np.asarray(np.log(scores / highest + doubt), dtype=np.float32)


def choose(
    scores: Mapping[str, np.ndarray], cases: Cases, on_progress: OnProgress
) -> tuple[dict[str, float], float]:
    """Find the weights with the best NDCG@10.

    Args:
        scores: by scorer, (U, N) for the cases; the first keeps the weight 1.
        cases: U of them.
        on_progress: told now and then.

    Returns:
        Weight by scorer, and the NDCG@10 they reach.
    """
    names = list(scores)
    chosen = {name: 1.0 if place == 0 else 0.0 for place, name in enumerate(names)}
    best = _value(scores, chosen, cases)
    for round_ in range(_ROUNDS):
        before = dict(chosen)
        for place, name in enumerate(names[1:], start=1):
            for weight in WEIGHTS:
                other = {**chosen, name: weight}
                if weight != chosen[name] and (found := _value(scores, other, cases)) > best:
                    best, chosen = found, other
            on_progress("blending", (round_ + place / len(names)) / _ROUNDS)
        if chosen == before:
            break
    return chosen, best


def _value(scores: Mapping[str, np.ndarray], weights: Mapping[str, float], cases: Cases) -> float:
    """NDCG@10 of a blend."""
    total = 0.0
    for start in range(0, len(cases), _TOGETHER):
        rows = slice(start, start + _TOGETHER)
        mixed = mix({name: part[rows] for name, part in scores.items()}, weights)
        found = places(mixed, cases.histories[rows], cases.targets[rows], cases.pools)
        total += float(of_places(found)[:, METRICS.index(CHOSEN_BY)].sum())
    return total / max(len(cases), 1)


def mix(scores: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """Add scores, (B, N) each, by weight."""
    used = [(weights[name], part) for name, part in scores.items() if weights[name]]
    found = used[0][0] * used[0][1]
    for weight, part in used[1:]:
        found = found + weight * part
    return np.asarray(found, dtype=np.float32)


def known_items(histories: Sequence[History], items: int) -> np.ndarray:
    """Tell which items some history holds, (N,) bool."""
    found = np.zeros(items, dtype=bool)
    for history in histories:
        found[history.items] = True
    return found
