"""Greedy decoding of one list."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.model import Decision, EncoderDecoder, Steps
from training.popular import top_rows
from training.presets import Preset


@dataclass(frozen=True, eq=False)
class Emission:
    """One place of a list."""

    row: int
    """Of the posting in the catalogue."""
    score: float
    """The log-probability of the list up to and including it: falls from place to place."""
    shares: np.ndarray
    """(L,) float32: what each step of the profile itself added to the posting's score."""


def decode(
    model: EncoderDecoder,
    steps: Steps,
    vectors: Tensor,
    fresh: Tensor,
    allowed: np.ndarray,
    *,
    size: int,
    preset: Preset,
) -> list[Emission]:
    """Emit one posting per step, each time the one that scores best; ties by row (posting id).

    The first step scores the whole catalogue; all steps choose among the best of it, `shortlist`
    for each place. Nothing is emitted twice.

    Args:
        model: the network.
        steps: one profile (B = 1).
        vectors: (N, D) of the catalogue.
        fresh: (N, 3), how fresh its postings are.
        allowed: (N,) bool, what the list may hold.
        size: most places.
        preset: says the length of the shortlist.
    """
    encoded, state = model.encode(steps)
    decision = model.decide(encoded, state, model.first_input(1))
    scores = _scores(vectors, fresh, decision).numpy()  # (N,)
    # In the order of rows, so that the first maximum is the one with the smallest posting id.
    rows = np.sort(top_rows(scores, allowed, size * preset.model.shortlist))
    listed, listed_fresh = vectors[rows], fresh[rows]  # (K, D), (K, 3)
    free = torch.ones(len(rows), dtype=torch.bool)
    emissions: list[Emission] = []
    total = 0.0
    chosen = listed[:0]
    for _ in range(min(size, len(rows))):
        if emissions:
            decision = model.decide(encoded, decision.state, model.next_input(chosen))
        scored = _scores(listed, listed_fresh, decision).masked_fill(~free, -torch.inf)  # (K,)
        place = int(np.argmax(scored.numpy()))
        total += float(scored[place] - scored.logsumexp(dim=0))
        chosen = listed[place : place + 1]  # (1, D)
        free[place] = False
        weighed = encoded.contents[0] @ (decision.gates[0] * chosen[0])  # (L,)
        shares = (decision.attention[0] * weighed).numpy()
        emissions.append(Emission(int(rows[place]), total, shares))
    return emissions


def _scores(vectors: Tensor, fresh: Tensor, decision: Decision) -> Tensor:
    return vectors @ decision.query[0] + fresh @ decision.taste[0]
