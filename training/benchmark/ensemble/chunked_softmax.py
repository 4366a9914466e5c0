"""Cross-entropy over a catalogue without ever holding all its logits.

A few hundred rows of logits at a time are made, turned into loss and gradients, and overwritten,
so that they stay in the processor's cache; autograd would keep and pass over all of them several
times. Above some size of catalogue the rivals are a random part of it, the same for a whole step,
each standing for several: a constant is added to its logit (sampled softmax with uniform logQ
correction, Bengio and Senecal 2008).
"""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

_ROWS = 512


class _CrossEntropy(torch.autograd.Function):
    """Mean of -log softmax(states · items' + offsets)[targets], its gradients made on the way."""

    @staticmethod
    def forward(
        ctx: Any, states: Tensor, items: Tensor, offsets: Tensor, targets: Tensor
    ) -> Tensor:
        """Compute the loss of (P, D) states over (C, D) items; offsets (C,), targets (P,)."""
        by_state, by_item = torch.empty_like(states), torch.zeros_like(items)
        columns = items.t().contiguous()
        total, share = torch.zeros(()), 1 / max(len(states), 1)
        space = torch.empty(min(_ROWS, len(states)), len(items))
        for start in range(0, len(states), _ROWS):
            rows = states[start : start + _ROWS]
            right = targets[start : start + _ROWS, None]
            logits = torch.mm(rows, columns, out=space[: len(rows)]).add_(offsets)
            highest = logits.max(dim=1, keepdim=True)[0]
            chosen = logits.gather(1, right) - highest
            chances = logits.sub_(highest).exp_()
            sums = chances.sum(dim=1, keepdim=True)
            total += (sums.log() - chosen).sum() * share
            slopes = chances.mul_(share / sums).scatter_add_(
                1, right, torch.full_like(chosen, -share)
            )
            torch.mm(slopes, items, out=by_state[start : start + _ROWS])
            by_item.addmm_(slopes.t(), rows)
        ctx.save_for_backward(by_state, by_item)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Return what `forward` made."""
        by_state, by_item = ctx.saved_tensors
        return by_state * grads[0], by_item * grads[0], None, None


def cross_entropy(states: Tensor, items: Tensor, targets: Tensor) -> Tensor:
    """Average the cross-entropy of P choices over all N items.

    Args:
        states: (P, D).
        items: (N, D).
        targets: (P,) rows of `items`.
    """
    return _loss(states, items, torch.zeros(len(items)), targets)


def sampled(
    states: Tensor, items: Tensor, targets: Tensor, rivals: int, chance: np.random.Generator
) -> Tensor:
    """Estimate the cross-entropy from the targets of all choices and so many random rivals.

    Args:
        states: (P, D).
        items: (N, D).
        targets: (P,) rows of `items`.
        rivals: how many are drawn; with N or more it is `cross_entropy`.
        chance: draws them.
    """
    count = len(items)
    if rivals >= count:
        return cross_entropy(states, items, targets)
    drawn = torch.from_numpy(chance.choice(count, rivals, replace=False))
    columns = torch.unique(torch.cat([targets, drawn]))
    # A target is there in any case; what was merely drawn stands for N / rivals others.
    offsets = torch.full((count,), math.log(count / rivals))
    offsets[targets] = 0.0
    where = torch.searchsorted(columns, targets)
    return _loss(states, items[columns], offsets[columns], where)


def _loss(states: Tensor, items: Tensor, offsets: Tensor, targets: Tensor) -> Tensor:
    found = _CrossEntropy.apply(states, items, offsets, targets)  # type: ignore[no-untyped-call]
    return torch.as_tensor(found)
