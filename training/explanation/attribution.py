"""Attribution: how much each step of a profile carries a posting into a list.

What a step adds to a score (attention times likeness) is known exactly, but a step that adds much
to one posting may add as much to its rivals. Attribution therefore uses occlusion (Zeiler and
Fergus 2014): it hides the steps that add most from the attention, one at a time, and measures how
much less probable the posting becomes among those nearest to the profile. The encoder's states stay
as they are, because encoding the profile again without each step would take as many passes.
`training.benchmark.faithfulness` tests whether the posting stays in the list when the named one is
alone in the profile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.inference.numpy_network import Decision, Encoded, NumpyNetwork, State
from training.retrieval.shortlist import Shortlist

MAX_OCCLUDED = 8
"""The largest number of steps of a profile that are hidden in turn."""


@dataclass(frozen=True, eq=False)
class ListedPosting:
    """One place of a list, with its attribution."""

    row: int
    """The posting's row in the catalogue."""
    score: float
    """Falls from place to place."""
    contributions: np.ndarray
    """(L,) float32: what each step of the profile adds to the posting's score at the first step."""
    occlusion_losses: np.ndarray
    """(L,) float32: how much less probable it is without each step (`occlusion_losses`)."""
    source: str | None = None
    """What retrieved it; None where there is a single source."""
    probability: float | None = None
    """That the next turn is to it; None where scores are not calibrated."""


@dataclass(frozen=True, eq=False)
class ScoredList:
    """The S postings of a list among the K nearest."""

    nearest: Shortlist
    """K postings, those of the list among them."""
    scores: np.ndarray
    """(K,) float32, at the first decoding step."""
    indices: np.ndarray
    """(S,) int64, where the list's postings stand in `nearest`."""


def step_contributions(
    encoded: Encoded, decision: Decision, index: int, vectors: np.ndarray
) -> np.ndarray:
    """Compute what each step of the profile at `index` itself adds to scores of (S, D) postings.

    Returns:
        (S, L) float32: attention times `step_likeness`.
    """
    likeness = step_likeness(encoded, decision, index, vectors)
    return np.asarray(likeness * decision.attention[index])


def step_likeness(
    encoded: Encoded, decision: Decision, index: int, vectors: np.ndarray
) -> np.ndarray:
    """Return the inner products of (S, D) postings with each step's own content, (S, L) float32."""
    gated = decision.gates[index] * vectors  # (S, D)
    return np.asarray(gated @ encoded.contents[index].T)


def occlusion_losses(
    network: NumpyNetwork,
    encoded: Encoded,
    state: State,
    contributions: Sequence[np.ndarray],
    lists: Sequence[ScoredList],
) -> list[np.ndarray]:
    """Compute how much less probable the postings of lists are without each step of the profile.

    There are R profiles, with the encoder's last state, (R, U) each, `step_contributions`, (S, L)
    each, and their lists.

    Returns:
        For each profile (S, L) float32: nats of each posting's log-probability among the K nearest;
        minus infinity for a step that was not hidden, and for the only step of a profile.
    """
    occluded = [_steps_to_hide(own) for own in contributions]
    without = network.decide_without(encoded, state, occluded)
    losses, end = [], 0
    for own, scored, steps in zip(contributions, lists, occluded, strict=True):
        rows, end = slice(end, end + len(steps)), end + len(steps)
        loss = np.full(own.shape, -np.inf, dtype=np.float32)
        if len(steps):
            hidden = scored.nearest.scores_of(without.query[rows], without.freshness_weights[rows])
            scores = np.concatenate([scored.scores[:, None], hidden], axis=1)  # (K, 1 + steps)
            scores -= scores.max(axis=0)
            log_probabilities = scores[scored.indices] - np.log(np.exp(scores).sum(axis=0))
            loss[:, steps] = log_probabilities[:, :1] - log_probabilities[:, 1:]
        losses.append(loss)
    return losses


def _steps_to_hide(contributions: np.ndarray) -> np.ndarray:
    """Choose the steps to hide: first those that add most to any posting, then second most.

    Returns:
        Indices of steps; none for a list without postings, nor the only step of a profile.
    """
    postings, steps = contributions.shape
    if steps == 1 or not postings:
        return np.arange(0)
    if steps <= MAX_OCCLUDED:
        return np.arange(steps)
    ranks = np.argsort(np.argsort(-contributions, axis=1, kind="stable"), axis=1)  # (S, L)
    order = np.lexsort((-contributions.max(axis=0), ranks.min(axis=0)))
    return np.asarray(order[:MAX_OCCLUDED])
