"""Cross-entropy over a catalogue, of which only a random part competes in a step.

A constant added to a negative's logit corrects for the sampling (uniform logQ correction, Bengio
and Senecal, 2008).
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


def sampled_cross_entropy(
    states: Tensor, items: Tensor, targets: Tensor, negatives: int, random: np.random.Generator
) -> Tensor:
    """Average the cross-entropy of (P, D) states over (N, D) items; targets are (P,) rows.

    All targets of the step compete, and so many random negatives; N or more of these are the whole
    catalogue.
    """
    count = len(items)
    if negatives >= count:
        return functional.cross_entropy(states @ items.t(), targets)
    drawn = torch.from_numpy(random.choice(count, negatives, replace=False))
    columns = torch.unique(torch.cat([targets, drawn]))
    # A target is always present; a drawn negative stands for N / negatives items.
    offsets = torch.full((count,), math.log(count / negatives))
    offsets[targets] = 0.0
    logits = torch.addmm(offsets[columns], states, items[columns].t())
    return functional.cross_entropy(logits, torch.searchsorted(columns, targets))
