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

_L2_GRID = (1e-1, 3e-2, 1e-2, 3e-3)
"""The strongest first: each fit starts from the one before."""
_LEAST_DEVIATION = 0.05
"""Features are divided by their deviation, but not by less than this: near-constant features would
become too large."""
_MOST_STEPS, _MOST_HALVINGS = 30, 20
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
    features, weights = examples.blocks_between(1, BLOCKS - 2)
    newest, _ = examples.blocks_between(BLOCKS - 1, BLOCKS - 1)
    if not len(features) or not len(newest):
        return FittedLogit(fit_weights(examples, _L2_GRID[0]), _L2_GRID[0], {})
    found, start = {}, None
    for l2 in _L2_GRID:
        found[l2] = start = _fit(features, weights, l2, start)
    ndcg = {l2: _ndcg(newest @ own) for l2, own in found.items()}
    l2 = max(reversed(_L2_GRID), key=lambda penalty: ndcg[penalty])
    return FittedLogit(fit_weights(examples, l2, found[l2]), l2, ndcg)


def fit_weights(
    examples: ContentExamples, l2: float, start: np.ndarray | None = None
) -> np.ndarray:
    """Train on all examples with a given penalty: (F,) float32; `start` only saves time."""
    return _fit(*examples.blocks_between(1, BLOCKS), l2, start)


def softmax_regression(
    features: Tensor, example_weights: Tensor, l2: float, start: Tensor
) -> Tensor:
    """Minimise the cross-entropy of choices plus `l2` times the sum of squared weights.

    Features are (B, C, F) scaled, the chosen alternative at 0; the weights of the examples, (B,),
    sum to 1. Returns the weights of the features, (F,) float64, as `start` is.

    The loss is convex, with a Hessian of F x F. Newton's method, its steps halved until they lower
    the loss, needs a handful of passes over the features.
    """
    weights, loss = start, _loss(start, features, example_weights, l2)
    for _ in range(_MOST_STEPS):
        gradient, hessian = _derivatives(weights, features, example_weights, l2)
        step = torch.linalg.solve(hessian, gradient)
        if float(gradient @ step) / 2 <= _LEAST_GAIN:  # of the quadratic that the loss is near to
            break
        for _ in range(_MOST_HALVINGS):
            tried = weights - step
            reached = _loss(tried, features, example_weights, l2)
            if reached < loss:
                break
            step = step / 2
        else:
            break  # the loss is as low as its rounding lets it become
        weights, loss = tried, reached
    return weights


def _loss(weights: Tensor, features: Tensor, example_weights: Tensor, l2: float) -> float:
    logs = (features @ weights.float()).log_softmax(dim=1)[:, 0]
    return l2 * float(weights @ weights) - float((logs * example_weights).sum(dtype=torch.float64))


def _derivatives(
    weights: Tensor, features: Tensor, example_weights: Tensor, l2: float
) -> tuple[Tensor, Tensor]:
    """Return gradient and Hessian of the loss, (F,) and (F, F) float64."""
    gradient = 2 * l2 * weights
    hessian = 2 * l2 * torch.eye(len(weights), dtype=torch.float64)
    for first in range(0, len(features), _BLOCK):  # so that no second array of them is made
        own, shares = features[first : first + _BLOCK], example_weights[first : first + _BLOCK]
        chances = (own @ weights.float()).softmax(dim=1) * shares[:, None]
        means = torch.einsum("bc,bcf->bf", chances, own)
        gradient += means.sum(0, dtype=torch.float64) - (shares @ own[:, 0]).double()
        flat = own.flatten(0, 1)
        squares = flat.T @ (flat * chances.reshape(-1, 1))
        hessian += (squares - means.T @ (means / shares[:, None])).double()
    return gradient, hessian


def _fit(
    features: np.ndarray, example_weights: np.ndarray, l2: float, start: np.ndarray | None
) -> np.ndarray:
    """Fit the weights of unscaled features, (F,) float32; zero without examples."""
    if not len(features):
        return np.zeros(features.shape[-1], dtype=np.float32)
    deviation = np.maximum(features.std(axis=(0, 1)), _LEAST_DEVIATION)
    scaled = torch.from_numpy(features / deviation)
    begun = np.zeros_like(deviation) if start is None else start * deviation
    weights = softmax_regression(
        scaled, torch.from_numpy(example_weights), l2, torch.from_numpy(begun).double()
    )
    return np.asarray(weights.numpy() / deviation, dtype=np.float32)


def _ndcg(scores: np.ndarray) -> float:
    """Return the mean NDCG@10 of (B, C) scores, the target at 0; ties count against it."""
    ranks = (scores[:, 1:] >= scores[:, :1]).sum(axis=1) + 1
    return float(ndcg_of_ranks(ranks, 10).mean())
