"""Attribution: how much each step of a profile carries a posting into a list.

A step carries a posting that is probable by the step alone, compared with the postings near the
profile. What a step adds to a score does not say that: it may add as much to all of these.
`training.benchmark.faithfulness` tests whether the posting stays in the list when the step that a
reason names is alone in the profile.
"""

from dataclasses import dataclass

import numpy as np

from training.inference.batch_invariant_ops import log_softmax
from training.inference.numpy_network import Decision, Encoded


@dataclass(frozen=True, eq=False)
class ListedPosting:
    """One place of a list, with its attribution."""

    row: int
    """The posting's row in the catalogue."""
    score: float
    """Falls from place to place."""
    strengths: np.ndarray
    """(L,) float32: how much each step of the profile carries it (`carrying_strengths`)."""
    source: str | None = None
    """What retrieved it; None where there is a single source."""
    probability: float | None = None
    """That the next turn is to it; None where scores are not calibrated."""


def step_likeness(
    encoded: Encoded, decision: Decision, index: int, vectors: np.ndarray
) -> np.ndarray:
    """Return the inner products of (S, D) postings with each step's own content, (S, L) float32."""
    gated = decision.gates[index] * vectors  # (S, D)
    return np.asarray(gated @ encoded.contents[index].T)


def carrying_strengths(alone: np.ndarray) -> np.ndarray:
    """Measure how much each of L steps carries each of K postings, from (L, K) scores by it alone.

    Returns:
        (L, K) float32: how much more probable a posting is by the step alone than a random one of
        the K, in nats.
    """
    return np.asarray(log_softmax(alone) + np.float32(np.log(max(alone.shape[1], 1))))
