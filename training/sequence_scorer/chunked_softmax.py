"""Cross-entropy over a catalogue that never holds all logits at once.

A few hundred rows of logits at a time are computed, turned into loss and gradients, and
overwritten, so that they stay in the processor's cache. Autograd would keep all of them and pass
over them several times.

Over large catalogues the softmax is sampled: the negatives are a random part of the catalogue, the
same for a whole step. A constant added to a negative's logit corrects for the sampling (uniform
logQ correction, Bengio and Senecal, 2008).
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

_ROWS = 512


class _CrossEntropy(torch.autograd.Function):
    """Mean of -log softmax(states · items' + offsets)[targets]; `forward` computes gradients."""

    @staticmethod
    def forward(
        ctx: Any, states: Tensor, items: Tensor, offsets: Tensor, targets: Tensor
    ) -> Tensor:
        """Compute the loss of (P, D) states over (C, D) items; offsets (C,), targets (P,)."""
        by_state, by_item = torch.empty_like(states), torch.zeros_like(items)
        columns = items.t().contiguous()
        total, share = torch.zeros(()), 1 / max(len(states), 1)
        buffer = torch.empty(min(_ROWS, len(states)), len(items))
        for start in range(0, len(states), _ROWS):
            rows = states[start : start + _ROWS]
            own = targets[start : start + _ROWS, None]
            logits = torch.mm(rows, columns, out=buffer[: len(rows)]).add_(offsets)
            highest = logits.max(dim=1, keepdim=True)[0]
            chosen = logits.gather(1, own) - highest
            exponentials = logits.sub_(highest).exp_()
            sums = exponentials.sum(dim=1, keepdim=True)
            total += (sums.log() - chosen).sum() * share
            slopes = exponentials.mul_(share / sums).scatter_add_(
                1, own, torch.full_like(chosen, -share)
            )
            torch.mm(slopes, items, out=by_state[start : start + _ROWS])
            by_item.addmm_(slopes.t(), rows)
        ctx.save_for_backward(by_state, by_item)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients that `forward` computed."""
        by_state, by_item = ctx.saved_tensors
        return by_state * grads[0], by_item * grads[0], None, None


def cross_entropy(states: Tensor, items: Tensor, targets: Tensor) -> Tensor:
    """Average the cross-entropy of (P, D) states over (N, D) items; targets are (P,) rows."""
    return _loss(states, items, torch.zeros(len(items)), targets)


def sampled_cross_entropy(
    states: Tensor, items: Tensor, targets: Tensor, negatives: int, random: np.random.Generator
) -> Tensor:
    """Estimate the cross-entropy from all targets and a number of random negatives.

    Shapes are those of `cross_entropy`, which N negatives or more give.
    """
    count = len(items)
    if negatives >= count:
        return cross_entropy(states, items, targets)
    drawn = torch.from_numpy(random.choice(count, negatives, replace=False))
    columns = torch.unique(torch.cat([targets, drawn]))
    # A target is always present; a drawn negative stands for N / negatives items.
    offsets = torch.full((count,), math.log(count / negatives))
    offsets[targets] = 0.0
    places = torch.searchsorted(columns, targets)
    return _loss(states, items[columns], offsets[columns], places)


def _loss(states: Tensor, items: Tensor, offsets: Tensor, targets: Tensor) -> Tensor:
    loss = _CrossEntropy.apply(states, items, offsets, targets)  # type: ignore[no-untyped-call]
    return torch.as_tensor(loss)
