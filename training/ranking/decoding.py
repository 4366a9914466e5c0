"""Decoding: lists from the first decoding step alone, or greedily."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.explanation.attribution import ListedPosting, carrying_strengths, step_likeness
from training.inference.numpy_network import Decision, Encoded, EncoderInput, NumpyNetwork, State
from training.inference.prepared_catalogue import PreparedCatalogue
from training.model.presets import Decoding
from training.retrieval.employer_cap import allowed_next
from training.retrieval.shortlist import RetrievalQuery, Shortlist, nearest_postings

_BATCH = 16
"""Profiles whose nearest postings are held at a time: more would not stay in a core's cache."""


@dataclass(frozen=True, eq=False)
class DecodingStart:
    """Encoded profiles, and their first decoding step."""

    encoded: Encoded
    state: State
    """The encoder's last."""
    decision: Decision

    def take(self, rows: slice) -> "DecodingStart":
        """Select some of the profiles."""
        hidden, cell = self.state
        state = hidden[rows], cell[rows]
        return DecodingStart(self.encoded.take(rows), state, self.decision.take(rows))


@dataclass(frozen=True, eq=False)
class _PartialList:
    """The first places of a list, and what is known for the next one."""

    profile: int
    """The index of its profile."""
    scores: np.ndarray
    """(K,) of the profile's shortlist, for the next place."""
    state: State
    """The decoder's, (U,) each."""
    chosen: tuple[int, ...] = ()
    """Indices of the shortlist, in the order of the list."""
    totals: tuple[float, ...] = ()
    """The log-probability of the list up to and including each of its places."""

    def extended(self, shortlist: Shortlist, size: int) -> "_PartialList":
        """Add the most probable of the postings that the next of `size` places may hold."""
        taken = np.zeros(len(shortlist), dtype=bool)
        taken[list(self.chosen)] = True
        allowed = allowed_next(shortlist.employers, taken, size)
        scores = np.where(allowed, self.scores.astype(np.float64), -np.inf)
        index = int(np.argmax(scores))
        before = self.totals[-1] if self.totals else 0.0
        total = before - np.log(np.exp(scores - scores[index]).sum())
        chosen, totals = (*self.chosen, index), (*self.totals, float(total))
        return replace(self, chosen=chosen, totals=totals)


def decode(
    network: NumpyNetwork,
    queries: Sequence[RetrievalQuery],
    prepared: PreparedCatalogue,
    *,
    size: int,
    decoding: Decoding,
) -> list[list[ListedPosting]]:
    """Make a list of at most `size` places for each query.

    Estimates for the whole catalogue choose the postings that are scored exactly at the first step;
    the best of these, as many as the list has places, are ordered by `decoding`. A list keeps the
    cap on employers. The probability of a posting at a step is a softmax over the scores of the
    postings allowed there. Ties go by row (a hash of the id).

    Returns:
        A list for each query; scores are log-probabilities of the list up to each place.
    """
    if not queries:
        return []
    start = start_decoding(network, [query.encoder_input for query in queries])
    products = prepared.approximate_products(start.decision.query)
    lists: list[list[ListedPosting]] = []
    for first in range(0, len(queries), _BATCH):
        rows = slice(first, first + _BATCH)
        batch = start.take(rows)
        nearest = [
            nearest_postings(prepared, query, batch.decision, index=index, products=own, size=size)
            for index, (query, own) in enumerate(zip(queries[rows], products[rows], strict=True))
        ]
        lists += _lists(network, batch, nearest, size, decoding)
    return lists


def start_decoding(network: NumpyNetwork, inputs: Sequence[EncoderInput]) -> DecodingStart:
    """Encode profiles, and take the first decoding step."""
    encoded, state = network.encode(inputs)
    return DecodingStart(encoded, state, network.decide(encoded, state, network.first_input()))


def _lists(
    network: NumpyNetwork,
    start: DecodingStart,
    nearest: Sequence[Shortlist],
    size: int,
    decoding: Decoding,
) -> list[list[ListedPosting]]:
    """Make the lists of a batch of profiles, with their attribution."""
    decision = start.decision
    scores = [
        own.scores(decision.query[index], decision.freshness_weights[index])
        for index, own in enumerate(nearest)
    ]
    best = [own.best(score, size) for own, score in zip(nearest, scores, strict=True)]
    shortlists = [own.take(indices) for own, indices in zip(nearest, best, strict=True)]
    hidden, cell = decision.state
    starts = [
        _PartialList(index, score[indices], (hidden[index], cell[index]))
        for index, (score, indices) in enumerate(zip(scores, best, strict=True))
    ]
    if decoding is Decoding.GREEDY:
        decoded = _greedy_lists(network, start.encoded, shortlists, starts, size)
    else:
        decoded = [
            _first_step_list(own, shortlist, size)
            for own, shortlist in zip(starts, shortlists, strict=True)
        ]
    return [
        _attributed(start, own, indices[list(made.chosen)], made)
        for made, own, indices in zip(decoded, nearest, best, strict=True)
    ]


def _attributed(
    start: DecodingStart, nearest: Shortlist, places: np.ndarray, made: _PartialList
) -> list[ListedPosting]:
    """Attribute a list, at (S,) places among the nearest, to the steps of its profile."""
    decision = start.decision
    likeness = step_likeness(start.encoded, decision, made.profile, nearest.vectors)
    fresh = nearest.fresh(decision.freshness_weights[made.profile])
    strengths = carrying_strengths(likeness.T + fresh)
    return [
        ListedPosting(int(nearest.rows[place]), score, strengths[:, place])
        for place, score in zip(places.tolist(), made.totals, strict=True)
    ]


def _first_step_list(start: _PartialList, shortlist: Shortlist, size: int) -> _PartialList:
    """Fill all places by the scores of the first step."""
    chosen = shortlist.best(start.scores, size)
    order = chosen[np.argsort(-start.scores[chosen], kind="stable")]
    scores = start.scores[order].astype(np.float64)
    rest = np.logaddexp.accumulate(scores[::-1])[::-1]  # over each place and those after it
    totals = np.cumsum(scores - rest)
    return replace(start, chosen=tuple(order.tolist()), totals=tuple(totals.tolist()))


def _greedy_lists(
    network: NumpyNetwork,
    encoded: Encoded,
    shortlists: Sequence[Shortlist],
    starts: Sequence[_PartialList],
    size: int,
) -> list[_PartialList]:
    """Emit the most probable posting at each step; the next step reads it."""
    lists = list(starts)
    for own in starts:
        if len(shortlists[own.profile]):
            lists[own.profile] = own.extended(shortlists[own.profile], size)
    for places in range(1, max(map(len, shortlists))):
        growing = [own for own in lists if len(shortlists[own.profile]) > places]
        for own in _next_scores(network, encoded, shortlists, growing):
            lists[own.profile] = own.extended(shortlists[own.profile], size)
    return lists


def _next_scores(
    network: NumpyNetwork,
    encoded: Encoded,
    shortlists: Sequence[Shortlist],
    lists: Sequence[_PartialList],
) -> Iterator[_PartialList]:
    """Take the next decoding step of lists, which reads the posting emitted last."""
    emitted = np.stack([shortlists[own.profile].vectors[own.chosen[-1]] for own in lists])
    hidden, cell = (np.stack([own.state[part] for own in lists]) for part in range(2))
    decision = network.decide(
        Encoded(
            [encoded.states[own.profile] for own in lists],
            [encoded.keys[own.profile] for own in lists],
            [encoded.contents[own.profile] for own in lists],
        ),
        (hidden, cell),
        network.next_input(emitted),
    )
    hidden, cell = decision.state
    for row, own in enumerate(lists):
        scores = shortlists[own.profile].scores(
            decision.query[row], decision.freshness_weights[row]
        )
        yield replace(own, scores=scores, state=(hidden[row], cell[row]))
