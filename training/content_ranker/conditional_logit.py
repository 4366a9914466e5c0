"""The weights of the content score: a conditional logit over interaction features.

The score is Σ weight · feature (McFadden's conditional logit, 1974), which has a single optimum.
Small networks for interactions between features did not help on a real stream of views, and a sum
makes scores cheap and reasons exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.content_ranker.content_examples import BLOCKS, ContentExamples
from training.evaluation.ranking_metrics import ndcg_of_ranks

_L2_GRID = (3e-3, 1e-2, 3e-2, 1e-1)
_LEAST_DEVIATION = 0.05
"""Features are divided by their deviation, but not by less than this: near-constant features would
become too large."""
_ITERATIONS = 30
"""Steps at most; and halvings of each."""
_LEAST_GAIN = 1e-7
"""Nats an example: the steps end where the next one would not gain more."""
_BLOCK = 256
"""Examples that are read at a time."""


@dataclass(frozen=True, eq=False)
class FittedLogit:
    """The weights, and how the penalty was chosen."""

    weights: np.ndarray
    """(F,) float32."""
    l2: float
    """The penalty on the weights of scaled features."""
    ndcg: Mapping[float, float]
    """Penalty to NDCG@10 on the newest block, among sampled negatives."""


def fit_logit(examples: ContentExamples) -> FittedLogit:
    """Choose the L2 penalty on the newest block, trained on the others; then train on all."""
    ndcg = _compare_penalties(examples)
    l2 = max(ndcg, key=lambda penalty: ndcg[penalty]) if ndcg else _L2_GRID[-1]
    return FittedLogit(fit_weights(examples, l2), l2, ndcg)


def fit_weights(examples: ContentExamples, l2: float) -> np.ndarray:
    """Train on all examples with a given penalty: (F,) float32."""
    return _fit(*examples.blocks_between(1, BLOCKS), l2)


def softmax_regression(features: Tensor, example_weights: Tensor, l2: float) -> Tensor:
    """Minimise the cross-entropy of choices plus `l2` times the sum of squared weights.

    Features are (B, C, F) scaled, the chosen alternative at 0; the weights of the examples, (B,),
    sum to 1. Returns the weights of the features, (F,).

    The loss is convex, with a Hessian of F x F: Newton's method, its steps halved while they do not
    lower the loss, is there after a handful of passes.
    """
    weights = torch.zeros(features.shape[-1], dtype=torch.float64)
    now = _Expansion.at(weights, features, example_weights, l2)
    for _ in range(_ITERATIONS):
        step = torch.linalg.solve(now.hessian, now.gradient)
        gain = float(now.gradient @ step) / 2  # of the quadratic that the loss is near to
        if gain <= _LEAST_GAIN:
            break
        for halvings in range(_ITERATIONS):
            tried = weights - step / 2**halvings
            there = _Expansion.at(tried, features, example_weights, l2)
            if there.loss < now.loss:
                break
        weights, now = tried, there
    return weights.float()


@dataclass(frozen=True, eq=False)
class _Expansion:
    """The loss around some weights, to the second order."""

    loss: float
    gradient: Tensor
    """(F,) float64."""
    hessian: Tensor
    """(F, F) float64."""

    @classmethod
    def at(
        cls, weights: Tensor, features: Tensor, example_weights: Tensor, l2: float
    ) -> "_Expansion":
        """Expand; the examples are read in blocks, so that no second array of them is made."""
        loss = l2 * float(weights @ weights)
        gradient = 2 * l2 * weights
        hessian = 2 * l2 * torch.eye(len(weights), dtype=torch.float64)
        for first in range(0, len(features), _BLOCK):
            own, shares = features[first : first + _BLOCK], example_weights[first : first + _BLOCK]
            logs = (own @ weights.float()).log_softmax(dim=1)
            loss -= float((logs[:, 0] * shares).sum(dtype=torch.float64))
            chances = logs.exp() * shares[:, None]
            means = torch.einsum("bc,bcf->bf", chances, own)
            gradient += means.sum(0, dtype=torch.float64) - (shares @ own[:, 0]).double()
            flat = own.flatten(0, 1)
            squares = flat.T @ (flat * chances.reshape(-1, 1))
            hessian += (squares - means.T @ (means / shares[:, None])).double()
        return cls(loss, gradient, hessian)


def _compare_penalties(examples: ContentExamples) -> dict[float, float]:
    features, weights = examples.blocks_between(1, BLOCKS - 2)
    newest, _ = examples.blocks_between(BLOCKS - 1, BLOCKS - 1)
    if not len(features) or not len(newest):
        return {}
    return {l2: _ndcg(newest @ _fit(features, weights, l2)) for l2 in _L2_GRID}


def _fit(features: np.ndarray, example_weights: np.ndarray, l2: float) -> np.ndarray:
    """Fit the weights of unscaled features, (F,) float32; zero without examples."""
    if not len(features):
        return np.zeros(features.shape[-1], dtype=np.float32)
    deviation = np.maximum(features.std(axis=(0, 1)), _LEAST_DEVIATION)
    scaled = torch.from_numpy(features / deviation)
    weights = softmax_regression(scaled, torch.from_numpy(example_weights), l2)
    return np.asarray(weights.numpy() / deviation)


def _ndcg(scores: np.ndarray) -> float:
    """Return the mean NDCG@10 of (B, C) scores, the target at 0; ties count against it."""
    ranks = (scores[:, 1:] >= scores[:, :1]).sum(axis=1) + 1
    return float(ndcg_of_ranks(ranks, 10).mean())
