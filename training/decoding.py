"""Greedy decoding of lists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from training.inference import Decision, Encoded, Network, Reading
from training.moments import freshness_at
from training.popular import top_rows
from training.prepared import PreparedCatalogue

_CLOSER_LOOK, _LEAST_LOOKED = 4, 64
"""For each place of a shortlist so many postings are looked at closely, and at least so many."""


@dataclass(frozen=True, eq=False)
class Emission:
    """One place of a list."""

    row: int
    """Of the posting in the catalogue."""
    score: float
    """The log-probability of the list up to and including it: falls from place to place."""
    shares: np.ndarray
    """(L,) float32: what each step of the profile itself added to the posting's score."""


@dataclass(frozen=True, eq=False)
class Question:
    """What a list is wanted for."""

    reading: Reading
    as_of: int
    """Microseconds since 1970."""
    allowed: np.ndarray
    """(N,) bool, what the list may hold."""


@dataclass(frozen=True, eq=False)
class Shortlist:
    """The K postings that one list is made of, in the order of their rows."""

    rows: np.ndarray
    """(K,) int64."""
    vectors: np.ndarray
    """(K, D) float32."""
    fresh: np.ndarray
    """(3, K) float32."""

    def scores(self, decision: Decision, place: int) -> np.ndarray:
        """Score at a decoding step of the profile in some place, (K,)."""
        return np.asarray(
            self.vectors @ decision.query[place] + _taste(decision.taste[place], self.fresh)
        )

    def take(self, places: np.ndarray) -> "Shortlist":
        """Select some."""
        return Shortlist(self.rows[places], self.vectors[places], self.fresh[:, places])


def decode(
    network: Network,
    questions: Sequence[Question],
    prepared: PreparedCatalogue,
    *,
    size: int,
    shortlist: int,
) -> list[list[Emission]]:
    """Emit one posting per step, each time the one that scores best; ties by row (posting id).

    For the first step the whole catalogue is estimated (`training.codes`), and the best of it
    scored; all steps choose among the best of those. Nothing is emitted twice.

    Args:
        network: the model.
        questions: B of them.
        prepared: the catalogue.
        size: most places of a list.
        shortlist: postings per place to choose among.
    """
    blocks = [questions[s : s + network.rows] for s in range(0, len(questions), network.rows)]
    begun = [_begin(network, block) for block in blocks]
    asked = [decision.query for _, decision in begun]
    likeness = iter(prepared.products(np.concatenate(asked)) if asked else ())
    lists: list[list[Emission]] = []
    for block, (encoded, decision) in zip(blocks, begun, strict=True):
        listed = [
            _shortlist(prepared, question, decision, place, next(likeness), size * shortlist)
            for place, question in enumerate(block)
        ]
        lists += _emit(network, encoded, decision, listed, size)
    return lists


def _begin(network: Network, block: Sequence[Question]) -> tuple[Encoded, Decision]:
    encoded, state = network.encode([question.reading for question in block])
    return encoded, network.decide(encoded, state, network.first_input())


def _shortlist(  # noqa: PLR0917 - only ever called in this module
    prepared: PreparedCatalogue,
    question: Question,
    decision: Decision,
    place: int,
    likeness: np.ndarray,
    length: int,
) -> Shortlist:
    """Take the best of the first step: by the estimate first, then by the score itself."""
    fresh = freshness_at(prepared.catalogue.opens, question.as_of)  # (3, N)
    estimates = likeness + _taste(decision.taste[place], fresh)
    looked = max(length * _CLOSER_LOOK, _LEAST_LOOKED)
    rows = top_rows(estimates, question.allowed, looked)
    # In the order of rows, so that the first maximum is the one with the smallest posting id.
    rows = np.sort(rows)
    near = Shortlist(rows, prepared.vectors[rows], fresh[:, rows])
    best = top_rows(near.scores(decision, place), np.ones(len(rows), dtype=bool), length)
    return near.take(np.sort(best))


def _emit(
    network: Network,
    encoded: Encoded,
    decision: Decision,
    listed: Sequence[Shortlist],
    size: int,
) -> Iterator[list[Emission]]:
    """Decode a block of lists side by side."""
    lists: list[list[Emission]] = [[] for _ in listed]
    free = [np.ones(len(one.rows), dtype=bool) for one in listed]
    totals = [0.0] * len(listed)
    chosen = np.zeros((network.rows, decision.query.shape[1]), dtype=np.float32)
    for step in range(min(size, max((len(one.rows) for one in listed), default=0))):
        if step:
            decision = network.decide(encoded, decision.state, network.next_input(chosen))
        for place, one in enumerate(listed):
            if not free[place].any():
                continue
            scores = np.where(free[place], one.scores(decision, place), -np.inf)
            best = int(scores.argmax())
            totals[place] -= _surprise(scores, best)
            free[place][best] = False
            chosen[place] = one.vectors[best]
            gated = decision.gates[place] * chosen[place]  # (D,)
            shares = decision.attention[place] * (encoded.contents[place] @ gated)  # (L,)
            lists[place].append(Emission(int(one.rows[best]), totals[place], shares))
    yield from lists


def _taste(taste: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """What being fresh adds, (3,) and (3, K) to (K,)."""
    return np.asarray(taste[0] * fresh[0] + taste[1] * fresh[1] + taste[2] * fresh[2])


def _surprise(scores: np.ndarray, chosen: int) -> float:
    """Minus the logarithm of a choice's probability."""
    apart = (scores - scores[chosen]).astype(np.float64)
    return float(np.log(np.exp(apart).sum()))
