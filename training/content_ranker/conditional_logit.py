"""What is learned from the lessons: a weight for each number, by softmax regression.

The score is Σ over numbers of weight · number (McFadden's conditional logit), which has one
optimum. Small networks for what numbers say only together, as the offline preset has them, brought
nothing on a real stream of views, and a sum is what makes scores cheap and reasons exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from training.benchmark.ensemble.interaction_network import regress
from training.content_ranker.content_examples import BLOCKS, Lessons

_PULLS = (3e-3, 1e-2, 3e-2, 1e-1)
_LEAST_DEVIATION = 0.05
"""A number that is nearly always the same is not blown up more than this."""
_TEN = 10


@dataclass(frozen=True, eq=False)
class Learned:
    """The weights, and how they were chosen."""

    weights: np.ndarray
    """(F,) float32."""
    pull: float
    """Of the scaled weights towards 0."""
    reached: Mapping[float, float]
    """Pull to NDCG@10 on the newest block, among drawn rivals."""


def learn(lessons: Lessons) -> Learned:
    """Choose the pull on the newest block after learning from the others; then learn from all."""
    reached = _compare(lessons)
    pull = max(reached, key=lambda one: reached[one]) if reached else _PULLS[-1]
    numbers, each = lessons.of(1, BLOCKS)
    return Learned(_fit(numbers, each, pull), pull, reached)


def _compare(lessons: Lessons) -> dict[float, float]:
    numbers, each = lessons.of(1, BLOCKS - 2)
    asked, _ = lessons.of(BLOCKS - 1, BLOCKS - 1)
    if not len(numbers) or not len(asked):
        return {}
    return {pull: _ndcg(asked @ _fit(numbers, each, pull)) for pull in _PULLS}


def _fit(numbers: np.ndarray, each: np.ndarray, pull: float) -> np.ndarray:
    """Weigh the numbers as they are, (F,) float32; without lessons, nothing counts."""
    if not len(numbers):
        return np.zeros(numbers.shape[-1], dtype=np.float32)
    deviation = np.maximum(numbers.std(axis=(0, 1)), _LEAST_DEVIATION)
    scaled = torch.from_numpy(numbers / deviation)
    return np.asarray(regress(scaled, torch.from_numpy(each), pull).numpy() / deviation)


def _ndcg(scores: np.ndarray) -> float:
    """NDCG@10 of (B, C) scores, the target at 0; equal scores count against it."""
    ahead = (scores[:, 1:] >= scores[:, :1]).sum(axis=1)
    return float(np.where(ahead < _TEN, 1 / np.log2(2 + ahead), 0.0).mean())
