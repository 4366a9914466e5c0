"""What carries a posting into a list: what it would lose without each step of the profile.

What a step adds to a score (attention times likeness) is known exactly, but a step that adds much
to one posting may add as much to its rivals. So the steps that add most are hidden from the
attention, one at a time, and what counts is by how much less probable the posting is among those
that come nearest. The encoder's states stay as they are: to read the profile anew without each step
would take as many passes of the encoder. Whether the named part is
what the model rests on when it is really taken out is tested in `training.benchmark.faithfulness`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.ranking.numpy_network import Decision, Encoded, Network, State
from training.ranking.retrieval import Shortlist

TRIED = 8
"""Steps of a profile that are hidden in turn, at most."""


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
        encoded: some profiles.
        decision: their first decoding step.
        place: of the profile among them.
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
    shares: Sequence[np.ndarray],
    lists: Sequence[Listed],
) -> list[np.ndarray]:
    """Tell how much less probable the postings of lists are without each step of the profile.

    Args:
        network: the model.
        encoded: R profiles.
        state: the encoder's last, from which the first decoding step begins, (R, U) each.
        shares: (S, L) for each profile, of `added`.
        lists: for each profile its list.

    Returns:
        For each profile (S, L) float32, nats of each posting's log-probability among the K near
        ones; minus infinity for a step that was not tried, and for the only one of a profile.
    """
    tried = [_promising(share) for share in shares]
    without = network.decide_without(encoded, state, tried)
    found, end = [], 0
    for share, listed, steps in zip(shares, lists, tried, strict=True):
        some, end = slice(end, end + len(steps)), end + len(steps)
        missed = np.full(share.shape, -np.inf, dtype=np.float32)
        if len(steps):
            scores = listed.near.scores_of(without.query[some], without.taste[some])  # (K, T)
            both = np.concatenate([listed.scores[:, None], scores], axis=1)
            chances = _log_chances(both, listed.places)  # (S, 1 + T)
            missed[:, steps] = chances[:, :1] - chances[:, 1:]
        found.append(missed)
    return found


def _promising(shares: np.ndarray) -> np.ndarray:
    """Choose the steps to try, (T,): first what adds most to any posting, then what adds second.

    None of a list without postings, nor the only step of a profile.
    """
    postings, steps = shares.shape
    if steps == 1 or not postings:
        return np.arange(0)
    if steps <= TRIED:
        return np.arange(steps)
    ranks = np.argsort(np.argsort(-shares, axis=1, kind="stable"), axis=1)  # (S, L)
    order = np.lexsort((-shares.max(axis=0), ranks.min(axis=0)))
    return np.asarray(order[:TRIED])


def _log_chances(scores: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Log-softmax of (K, T) scores over the postings, of some of them, (S, T)."""
    apart = scores - scores.max(axis=0)
    return np.asarray(apart[places] - np.log(np.exp(apart).sum(axis=0)))
