"""Training of the score of stage two."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from training.content_ranker.conditional_logit import softmax_regression
from training.content_ranker.content_examples import BLOCKS, ContentExamples
from training.content_ranker.interaction_network import (
    FeatureScaler,
    InteractionNetwork,
    InteractionScore,
    NetworkTrainer,
    mean_scores,
)
from training.evaluation.ranking_metrics import ndcg_of_ranks

_L2_GRID = (3e-2, 1e-2, 1e-1)
_NETWORKS = 4
_MOST_EPOCHS = 8


@dataclass(frozen=True, eq=False)
class FittedInteractions:
    """The score, and how its settings were chosen."""

    score: InteractionScore
    l2: float
    """The penalty on the weights of the regression that the networks start from."""
    epochs: int
    """Of the networks; 0: the regression alone."""
    ndcg: tuple[float, ...]
    """NDCG@10 on the newest block, among sampled negatives: of the regression, then after each
    epoch. Empty where there is no such block."""


def fit_interactions(examples: ContentExamples, seed: int) -> FittedInteractions | None:
    """Choose penalty and epochs on the newest block, trained on the others; then train on all.

    None where there are no examples.
    """
    if not len(examples.features):
        return None
    l2, epochs, ndcg = _choose(examples, seed)
    training = _Training.of(*examples.blocks_between(1, BLOCKS), l2)
    return FittedInteractions(training.score(epochs, seed), l2, epochs, ndcg)


@dataclass(frozen=True, eq=False)
class _Training:
    """Scaled examples, and the weights of the regression on them."""

    scaler: FeatureScaler
    examples: torch.Tensor
    """(B, C, F)."""
    weights: torch.Tensor
    """(B,)."""
    linear: torch.Tensor
    """(F,)."""

    @classmethod
    def of(cls, features: np.ndarray, weights: np.ndarray, l2: float) -> "_Training":
        scaler = FeatureScaler.fit(features)
        examples = torch.from_numpy(scaler.transform(features))
        linear = softmax_regression(examples, torch.from_numpy(weights), l2)
        return cls(scaler, examples, torch.from_numpy(weights), linear)

    def trainers(self, seed: int) -> list[NetworkTrainer]:
        return [
            NetworkTrainer(self.examples, self.weights, self.linear, seed * _NETWORKS + place)
            for place in range(_NETWORKS)
        ]

    def score(self, epochs: int, seed: int) -> InteractionScore:
        if not epochs:
            return InteractionScore.of(self.scaler, [InteractionNetwork(self.linear)])
        trainers = self.trainers(seed)
        for trainer in trainers:
            for _ in range(epochs):
                trainer.epoch()
        return InteractionScore.of(self.scaler, [trainer.network for trainer in trainers])


def _choose(examples: ContentExamples, seed: int) -> tuple[float, int, tuple[float, ...]]:
    features, weights = examples.blocks_between(1, BLOCKS - 2)
    newest, _ = examples.blocks_between(BLOCKS - 1, BLOCKS - 1)
    if not len(features) or not len(newest):
        return _L2_GRID[-1], 0, ()
    trainings = {l2: _Training.of(features, weights, l2) for l2 in _L2_GRID}
    scaled = next(iter(trainings.values())).scaler.transform(newest)
    ndcg = {l2: _ndcg(scaled, lambda x, w=t.linear.numpy(): x @ w) for l2, t in trainings.items()}
    l2 = max(ndcg, key=lambda penalty: ndcg[penalty])
    trainers, curve = trainings[l2].trainers(seed), [ndcg[l2]]
    for _ in range(_MOST_EPOCHS):
        for trainer in trainers:
            trainer.epoch()
        curve.append(_ndcg(scaled, partial(mean_scores, [t.network for t in trainers])))
    return l2, int(np.argmax(curve)), tuple(curve)


def _ndcg(scaled: np.ndarray, score: Callable[[np.ndarray], np.ndarray]) -> float:
    """Return the mean NDCG@10 of (B, C, F) examples, the target at 0; ties count against it."""
    ranks = []
    for features in scaled:
        scores = score(features)
        ranks.append(int((scores[1:] >= scores[0]).sum()) + 1)
    return float(ndcg_of_ranks(np.array(ranks), 10).mean())
