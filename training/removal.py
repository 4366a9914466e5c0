"""What carries a posting into a list: what it would lose without each step of the profile.

What a step adds to a score (attention times likeness) is known exactly, but a step that adds much
to one posting may add as much to its rivals. So the steps that add most are hidden from the
attention, one at a time, and what counts is by how much less probable the posting is among those
that come nearest. The encoder's states stay as they are: to read the profile anew without each step
would take as many passes of the encoder. Whether the named part is
what the model rests on when it is really taken out is tested in `training.benchmark.faithfulness`.
"""

from dataclasses import dataclass

import numpy as np

from training.inference import Decision, Encoded, Network, State
from training.shortlist import Shortlist

TRIED = 8
"""Steps of a profile that are hidden in turn: as many as the network computes side by side."""


@dataclass(frozen=True, eq=False)
class Listed:
    """The S postings of a list whose reasons are asked for."""

    near: Shortlist
    """K postings that come nearest, they among them."""
    scores: np.ndarray
    """(K,) float32, those of the first decoding step."""
    places: np.ndarray
    """(S,) int64, where they stand in `near`."""


def added(encoded: Encoded, decision: Decision, place: int, vectors: np.ndarray) -> np.ndarray:
    """Tell what each step of a profile itself adds to some postings' scores.

    Args:
        encoded: a block of profiles.
        decision: their first decoding step.
        place: of the profile in the block.
        vectors: (S, D) posting vectors.

    Returns:
        (S, L) float32: attention times the likeness of the step's own content.
    """
    gated = decision.gates[place] * vectors  # (S, D)
    return np.asarray((gated @ encoded.contents[place].T) * decision.attention[place])


def lost(
    network: Network,
    encoded: Encoded,
    state: State,
    *,
    place: int,
    shares: np.ndarray,
    listed: Listed,
) -> np.ndarray:
    """Tell how much less probable the postings of a list are without each step of the profile.

    Args:
        network: the model.
        encoded: a block of profiles.
        state: the encoder's last, from which the first decoding step begins, (`rows`, U) each.
        place: of the profile in the block.
        shares: (S, L), of `added`.
        listed: its list.

    Returns:
        (S, L) float32, nats of each posting's log-probability among the K near ones; minus
        infinity for a step that was not tried, and for the only one of a profile.
    """
    found = np.full(shares.shape, -np.inf, dtype=np.float32)
    if shares.shape[1] == 1 or not len(shares):
        return found
    tried = _promising(shares)
    before = _log_chances(listed.scores[:, None])[listed.places]  # (S, 1)
    for start in range(0, len(tried), network.rows):
        some = tried[start : start + network.rows]
        without = network.decide_without(encoded, state, place, some)
        scores = listed.near.scores_of(without.query, without.taste)  # (K, T)
        found[:, some] = before - _log_chances(scores)[listed.places]
    return found


def _promising(shares: np.ndarray) -> np.ndarray:
    """Choose the steps to try, (T,): first what adds most to any posting, then what adds second."""
    ranks = np.argsort(np.argsort(-shares, axis=1, kind="stable"), axis=1)  # (S, L)
    order = np.lexsort((-shares.max(axis=0), ranks.min(axis=0)))
    return np.asarray(order[:TRIED])


def _log_chances(scores: np.ndarray) -> np.ndarray:
    """Log-softmax of (K, T) scores over the postings."""
    apart = scores - scores.max(axis=0)
    return np.asarray(apart - np.log(np.exp(apart).sum(axis=0)))
