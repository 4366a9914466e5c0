"""Lists: by the first decoding step alone, greedily, or by a beam."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.explanation.attribution import Listed, added, lost
from training.model.presets import Decoding
from training.ranking.employer_cap import fitting
from training.ranking.numpy_network import Decision, Encoded, Network, Reading, State
from training.ranking.prepared_catalogue import PreparedCatalogue
from training.ranking.retrieval import Question, Shortlist, nearest

_AT_A_TIME = 16
"""Profiles whose nearest postings are held at a time: more would not stay in a core's cache."""


@dataclass(frozen=True, eq=False)
class Emission:
    """One place of a list."""

    row: int
    """Of the posting in the catalogue."""
    score: float
    """The log-probability of the list up to and including it: falls from place to place."""
    added: np.ndarray
    """(L,) float32: what each step of the profile itself adds to the posting's first score."""
    lost: np.ndarray
    """(L,) float32: how much less probable it is without the step (`removal.lost`)."""


@dataclass(frozen=True, eq=False)
class _Line:
    """A list in the making, and what is known for its next place."""

    place: int
    """Of its profile."""
    scores: np.ndarray
    """(K,) of its shortlist."""
    state: State
    """The decoder's, (U,) each."""
    chosen: tuple[int, ...] = ()
    """Places in the shortlist, in the order of the list."""
    totals: tuple[float, ...] = ()
    """The log-probability of the list up to and including each of them."""


def decode(
    network: Network,
    questions: Sequence[Question],
    prepared: PreparedCatalogue,
    *,
    size: int,
    decoding: Decoding,
) -> list[list[Emission]]:
    """Make a list for each question.

    For the first step the whole catalogue is estimated (`training.ranking.quantisation`), and the
    best of it scored; the best of those are the shortlist that a list is made of. A list holds
    nothing twice and keeps the rule on employers; the probability of a posting at a step is a
    softmax over the scores of what may stand there. What is equal goes by row (posting id).

    - Width 0 keeps the scores of the first step for all places: no further step is taken.
    - Width 1 is greedy: each step emits the most probable posting, and the next knows of it.
    - A larger width follows so many lists side by side; the most probable whole one is kept.

    Args:
        network: the model.
        questions: B of them.
        prepared: the catalogue.
        size: most places of a list.
        decoding: how.
    """
    if not questions:
        return []
    begun = begin(network, [question.reading for question in questions])
    likeness = prepared.products(begun.decision.query)
    lists: list[list[Emission]] = []
    for start in range(0, len(questions), _AT_A_TIME):
        some = slice(start, start + _AT_A_TIME)
        part = begun.take(some)
        near = [
            nearest(
                prepared,
                question,
                part.decision,
                place=n,
                likeness=like,
                size=size * decoding.among,
            )
            for n, (question, like) in enumerate(zip(questions[some], likeness[some], strict=True))
        ]
        lists += _lists(network, part, near, size, decoding)
    return lists


@dataclass(frozen=True, eq=False)
class Begun:
    """Profiles after the first decoding step."""

    encoded: Encoded
    state: State
    """The encoder's last, from which the step began."""
    decision: Decision

    def take(self, some: slice) -> "Begun":
        """Select some of the profiles."""
        hidden, cell = self.state
        return Begun(self.encoded.take(some), (hidden[some], cell[some]), self.decision.take(some))


def begin(network: Network, readings: Sequence[Reading]) -> Begun:
    """Read profiles, and take the first decoding step."""
    encoded, state = network.encode(readings)
    return Begun(encoded, state, network.decide(encoded, state, network.first_input()))


def _lists(
    network: Network, begun: Begun, near: Sequence[Shortlist], size: int, decoding: Decoding
) -> list[list[Emission]]:
    """Make the lists of profiles, and measure what carries their postings."""
    decision = begun.decision
    scores = [one.scores(decision.query[n], decision.taste[n]) for n, one in enumerate(near)]
    best = [one.best(found, size * decoding.among) for one, found in zip(near, scores, strict=True)]
    short = [one.take(places) for one, places in zip(near, best, strict=True)]
    hidden, cell = decision.state
    lines = [
        _Line(n, found[places], (hidden[n], cell[n]))
        for n, (found, places) in enumerate(zip(scores, best, strict=True))
    ]
    made = (
        _follow(network, begun.encoded, short, lines, size=size, width=decoding.width)
        if decoding.width
        else [_at_once(line, one, size) for line, one in zip(lines, short, strict=True)]
    )
    listed = [
        Listed(one, found, places[list(line.chosen)])
        for line, one, found, places in zip(made, near, scores, best, strict=True)
    ]
    return _emissions(network, begun, made, listed)


def _emissions(
    network: Network, begun: Begun, lines: Sequence[_Line], lists: Sequence[Listed]
) -> list[list[Emission]]:
    """Tell of each place of the lists what carries its posting."""
    shares = [
        added(begun.encoded, begun.decision, n, listed.near.vectors[listed.places])
        for n, listed in enumerate(lists)
    ]
    missed = lost(network, begun.encoded, begun.state, shares, lists)
    return [
        [
            Emission(row, total, added_by, lost_without)
            for row, total, added_by, lost_without in zip(
                listed.near.rows[listed.places].tolist(), line.totals, share, miss, strict=True
            )
        ]
        for line, listed, share, miss in zip(lines, lists, shares, missed, strict=True)
    ]


def _at_once(line: _Line, short: Shortlist, size: int) -> _Line:
    """Fill all places by the scores of the first step."""
    chosen = short.best(line.scores, size)
    order = chosen[np.argsort(-line.scores[chosen], kind="stable")]
    scores = line.scores[order].astype(np.float64)
    rest = np.logaddexp.accumulate(scores[::-1])[::-1]  # of each place and those after it
    totals = np.cumsum(scores - rest)
    return replace(line, chosen=tuple(order.tolist()), totals=tuple(totals.tolist()))


def _follow(
    network: Network,
    encoded: Encoded,
    short: Sequence[Shortlist],
    lines: Sequence[_Line],
    *,
    size: int,
    width: int,
) -> list[_Line]:
    """Go on from the first step, with at most `width` lines a profile; the best of each."""
    best = [[line] for line in lines]
    for step in range(size):
        if step:
            asked = [line for of_one in best for line in of_one if len(short[line.place]) > step]
            told = iter(_next_scores(network, encoded, short, asked))
            best = [
                [next(told) if len(short[line.place]) > step else line for line in of_one]
                for of_one in best
            ]
        best = [
            _longer(of_one, short[n], size, width) if len(short[n]) > step else of_one
            for n, of_one in enumerate(best)
        ]
    return [of_one[0] for of_one in best]


def _longer(lines: Sequence[_Line], short: Shortlist, size: int, width: int) -> list[_Line]:
    """Give each line of a profile another place; the most probable ones stay, best first."""
    found: list[_Line] = []
    for line in lines:
        taken = np.zeros(len(short), dtype=bool)
        taken[list(line.chosen)] = True
        scores = np.where(fitting(short.employers, taken, size), line.scores, -np.inf)
        before = line.totals[-1] if line.totals else 0.0
        for place in np.argsort(-scores, kind="stable")[:width].tolist():
            if np.isfinite(scores[place]):
                totals = (*line.totals, before - _surprise(scores, place))
                found.append(replace(line, chosen=(*line.chosen, place), totals=totals))
    return sorted(found, key=lambda line: -line.totals[-1])[:width]


def _next_scores(
    network: Network, encoded: Encoded, short: Sequence[Shortlist], lines: Sequence[_Line]
) -> Iterator[_Line]:
    """Take a decoding step for lines, with what they emitted last."""
    if not lines:
        return
    emitted = np.stack([short[line.place].vectors[line.chosen[-1]] for line in lines])
    hidden, cell = (np.stack([line.state[part] for line in lines]) for part in range(2))
    decision = network.decide(
        Encoded(
            [encoded.states[line.place] for line in lines],
            [encoded.keys[line.place] for line in lines],
            [encoded.contents[line.place] for line in lines],
        ),
        (hidden, cell),
        network.next_input(emitted),
    )
    hidden, cell = decision.state
    for row, line in enumerate(lines):
        scores = short[line.place].scores(decision.query[row], decision.taste[row])
        yield replace(line, scores=scores, state=(hidden[row], cell[row]))


def _surprise(scores: np.ndarray, chosen: int) -> float:
    """Minus the logarithm of a choice's probability."""
    apart = (scores - scores[chosen]).astype(np.float64)
    return float(np.log(np.exp(apart).sum()))
