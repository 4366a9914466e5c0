"""Training examples of the content ranker: what was turned to, its rivals, and what was known then.

The training part is cut into blocks by time. What people did is counted up to where a block begins,
and its own turns are the examples: just as a list is made with what was counted when the model was
trained. So nothing has to be left out of the counts, and no example knows its own future.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from streaming.timestamps import to_text
from training.content_ranker.co_visitation import Habits
from training.content_ranker.profile_features import Numbers, Steps
from training.content_ranker.text_features import Said, Wording
from training.content_ranker.text_index import compare
from training.data.dataset import MOST_EVENTS, Dataset
from training.data.posting_fields import ABSENT

BLOCKS = 5
"""The first is only counted."""
_MOST = 4_000
_RIVALS = 200
_NEARBY = 0.6
"""Share of the rivals that share a place with the events: the others are told apart easily."""
_PLACES = ("region", "locality")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Lessons:
    """B choices among C postings."""

    numbers: np.ndarray
    """(B, C, F) float32, what was chosen at 0."""
    each: np.ndarray
    """(B,) float32: somebody with many turns counts more than others, but not as many times."""
    blocks: np.ndarray
    """(B,) int64, from 1, ascending."""
    names: tuple[str, ...]
    """Of the F numbers."""

    def of(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the examples of some blocks, and what they count, summing to 1."""
        span = slice(*np.searchsorted(self.blocks, [first, last + 1]).tolist())
        each = self.each[span]
        return self.numbers[span], each / max(float(each.sum()), 1e-12)


def make(train: Dataset, wording: Wording, texts: Said, seed: int) -> Lessons:
    """Make the examples of a training part.

    Args:
        train: the events to learn from.
        wording: what is compared.
        texts: what the postings of its catalogue say, with the values of `habits.KINDRED`.
        seed: of what is drawn.
    """
    chance = np.random.default_rng(seed)
    turns = train.turns()
    turns = turns[[_is_known(train, turn) for turn in turns.tolist()]] if len(turns) else turns
    turns = np.sort(chance.permutation(turns)[:_MOST])
    edges = np.quantile(train.times, np.arange(1, BLOCKS) / BLOCKS, method="lower")
    blocks = np.searchsorted(edges, train.times[turns])
    rows: list[np.ndarray] = []
    for block, edge in enumerate(edges.tolist(), start=1):
        habits = Habits.of(train.until(to_text(_EPOCH + timedelta(microseconds=edge))), texts)
        numbers = compare(texts, wording, habits, train.catalogue)
        rows += [_choice(train, numbers, turn, chance) for turn in turns[blocks == block].tolist()]
    order = np.argsort(blocks, kind="stable")
    order = order[blocks[order] > 0]
    owners = np.searchsorted(train.starts, turns[order], side="right")
    weights = np.bincount(owners, minlength=1).astype(np.float32)[owners] ** -0.5
    count = len(numbers.names)
    return Lessons(
        np.stack(rows) if rows else np.zeros((0, 1, count), dtype=np.float32),
        weights,
        blocks[order],
        numbers.names,
    )


def steps_before(data: Dataset, event: int) -> Steps:
    """Read the events of a candidate before one of them, as a profile holds them."""
    first = int(data.starts[np.searchsorted(data.starts, event, side="right") - 1])
    span = slice(max(first, event - MOST_EVENTS), event)
    return Steps.of(data.postings[span], data.kinds[span], data.times[span])


def _is_known(data: Dataset, event: int) -> bool:
    return not steps_before(data, event).dismissed.all()


def _choice(
    train: Dataset, numbers: Numbers, event: int, chance: np.random.Generator
) -> np.ndarray:
    """Make the numbers of what was turned to and of its rivals, (C, F)."""
    first = int(train.starts[np.searchsorted(train.starts, event, side="right") - 1])
    moment, target = int(train.times[event]), int(train.postings[event])
    catalogue = train.catalogue
    free = catalogue.is_open & (catalogue.opens <= moment) & (moment <= catalogue.expires)
    free[train.postings[first : event + 1]] = False
    steps = steps_before(train, event)
    near = free & _shares_a_place(numbers, steps.rows)
    close = chance.permutation(np.flatnonzero(near))[: int(_RIVALS * _NEARBY)]
    free[close] = False
    others = chance.permutation(np.flatnonzero(free))[: _RIVALS - len(close)]
    columns = np.concatenate([[target], close, others])
    found = numbers.of(steps, moment, columns)
    lacks = _RIVALS + 1 - len(found)  # too few to choose from: the last again
    return np.concatenate([found, np.repeat(found[-1:], lacks, axis=0)])


def _shares_a_place(numbers: Numbers, rows: np.ndarray) -> np.ndarray:
    """Tell which postings lie where some others do, (N,) bool; all where nothing has a place."""
    for name in _PLACES:
        if name in numbers.wording.fields:
            code = numbers.said.codes[numbers.wording.fields.index(name)]
            return np.asarray(np.isin(code, code[rows][code[rows] != ABSENT]))
    return np.ones(numbers.said.codes.shape[1], dtype=bool)
