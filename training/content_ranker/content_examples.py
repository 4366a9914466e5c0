"""Training examples of the content score: the posting a candidate chose, and sampled negatives.

Negatives follow the rule of `training.evaluation.prequential`: a posting without an opening date
competes with postings of its own status, those that anybody had turned to before, or nobody.

The training part is split into blocks by time, and what is held out after it is one more. For each
block, co-visitation is counted up to the start of the block, and the choices within the block are
the examples. This is how lists are made later: with the counts of the training. So no example is
part of its own counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np

from streaming.profiles.fold import MAX_EVENTS
from streaming.serving.catalogue import ALWAYS
from streaming.timestamps import format_timestamp
from training.content_ranker.co_visitation import CoVisitation
from training.content_ranker.interaction_features import InteractionFeatures
from training.content_ranker.posting_features import PostingFeatures, PostingFeaturizer
from training.content_ranker.profile_history import ProfileHistory
from training.content_ranker.stated_score import FEATURES, StatedFeatures
from training.data.dataset import Dataset
from training.data.posting_fields import ABSENT
from training.evaluation.split import Split
from training.model.features import stated_steps
from training.model.presets import ModelConfig
from training.model.time_encoding import to_microseconds

BLOCKS = 5
"""Of the training part; the first is only counted, and what comes after is a last one."""
_MOST_EXAMPLES = 4_000
_MOST_HELD_OUT = 1_000
_NEGATIVES = 200
_NEARBY = 0.6
"""Share of the negatives in a place of the history: these are harder to tell apart."""
_PLACES = ("region", "locality")
_MOST_OF_A_CANDIDATE = 8
"""First turns after which a statement is taken to be old."""
_NEVER = np.iinfo(np.int64).max
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class ContentExamples:
    """B choices among C postings."""

    features: np.ndarray
    """(B, C, F) float32, the chosen posting at 0."""
    owners: np.ndarray
    """(B,) int64: the candidate of each choice."""
    blocks: np.ndarray
    """(B,) int64, from 1, ascending."""
    held_out: np.ndarray
    """(B,) bool: choices by which settings are chosen."""

    @cached_property
    def weights(self) -> np.ndarray:
        """(B,) float32: a candidate's weights sum to the root of the number of their choices."""
        counts = np.bincount(self.owners, minlength=1).astype(np.float32)
        return np.asarray(counts[self.owners] ** -0.5)

    def of_training(self) -> "ContentExamples":
        """Return the examples that are not held out."""
        kept = ~self.held_out
        if kept.all():
            return self
        parts = (self.features, self.owners, self.blocks, self.held_out)
        return ContentExamples(*(part[kept] for part in parts))

    def blocks_between(self, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the features of the examples of some blocks, and weights that sum to 1."""
        span = slice(*np.searchsorted(self.blocks, [first, last + 1]).tolist())
        weights = self.weights[span]
        return self.features[span], weights / max(float(weights.sum()), 1e-12)


@dataclass(frozen=True, eq=False)
class ExampleMaker:
    """Makes examples of the parts of a training, whose postings have these features."""

    split: Split
    featurizer: PostingFeaturizer
    postings: PostingFeatures
    seed: int

    def of_histories(self) -> ContentExamples:
        """Make examples of what people turned to, by their events before."""
        train = self.split.final
        events = train.first_interactions()
        known = [not history_before(train, event).dismissed.all() for event in events.tolist()]

        def over(features: InteractionFeatures) -> _Compute:
            return lambda event, columns: features.compute(
                history_before(train, event), int(train.times[event]), columns
            )

        own = events[np.array(known, dtype=bool)]
        return self._make(own, over, lambda features: features.names)

    def of_statements(self, config: ModelConfig) -> ContentExamples:
        """Make examples of what people turned to first after they had stated something.

        Their features are `stated_score.FEATURES`: what they had done before is not read.
        """
        train = self.split.final
        steps = [stated_steps(part, config) for part in train.stated]
        said = [
            to_microseconds(part["updated_at"]) if part and own else _NEVER
            for part, own in zip(train.stated, steps, strict=True)
        ]
        events = train.first_interactions()
        owners = np.searchsorted(train.starts, events, side="right") - 1
        later = train.times[events] >= np.array(said, dtype=np.int64)[owners]
        events, owners = events[later], owners[later]
        order = np.arange(len(events)) - np.searchsorted(owners, owners)  # of a candidate's events

        def over(features: InteractionFeatures) -> _Compute:
            stated = StatedFeatures(features)
            owner_of = dict(zip(events.tolist(), owners.tolist(), strict=True))
            return lambda event, columns: stated.compute(steps[owner_of[event]], columns).T

        return self._make(events[order < _MOST_OF_A_CANDIDATE], over, lambda _: FEATURES)

    def _make(
        self,
        events: np.ndarray,
        over: "Callable[[InteractionFeatures], _Compute]",
        names: Callable[[InteractionFeatures], Sequence[str]],
    ) -> ContentExamples:
        train, training = self.split.final, self.split.training
        shares = np.arange(1, BLOCKS + 1) / BLOCKS
        edges = np.quantile(training.times, shares, method="lower")
        # Each part has random numbers of its own: what is held out changes no example of training.
        parts = []
        for held_out, most in ((False, _MOST_EXAMPLES), (True, _MOST_HELD_OUT)):
            random = np.random.default_rng((self.seed, int(held_out)))
            own = events[self.split.held_out[events] == held_out]
            parts.append((random, np.sort(random.permutation(own)[:most])))
        rows: list[np.ndarray] = []
        made: list[int] = []
        for block, edge in enumerate(edges.tolist(), start=1):
            past = training.until(format_timestamp(_EPOCH + timedelta(microseconds=edge)))
            counts = CoVisitation.count(past, self.postings)
            features = InteractionFeatures.over(
                train.catalogue, self.postings, self.featurizer, counts
            )
            compute = over(features)
            for random, own in parts:
                chosen = own[np.searchsorted(edges, train.times[own]) == block].tolist()
                rows += [
                    compute(event, _choice(train, features, event, random)) for event in chosen
                ]
                made += chosen
        places = np.array(made, dtype=np.int64)
        return ContentExamples(
            features=np.stack(rows)
            if rows
            else np.zeros((0, 1, len(names(features))), dtype=np.float32),
            owners=np.searchsorted(train.starts, places, side="right") - 1,
            blocks=np.searchsorted(edges, train.times[places]),
            held_out=self.split.held_out[places],
        )


_Compute = Callable[[int, np.ndarray], np.ndarray]
"""Returns the features of (C,) rows for what somebody turned to by an event, (C, F) float32."""


def history_before(data: Dataset, event: int) -> ProfileHistory:
    """Return a candidate's history before one of the events, as a profile holds it."""
    first = _first_event(data, event)
    span = slice(max(first, event - MAX_EVENTS), event)
    return ProfileHistory.of_events(data.postings[span], data.kinds[span], data.times[span])


def _first_event(data: Dataset, event: int) -> int:
    """Return the first event of the candidate of an event."""
    return int(data.starts[np.searchsorted(data.starts, event, side="right") - 1])


def _choice(
    train: Dataset, features: InteractionFeatures, event: int, random: np.random.Generator
) -> np.ndarray:
    """Return the rows of the chosen posting and of negatives, (C,)."""
    moment, target = int(train.times[event]), int(train.postings[event])
    catalogue = train.catalogue
    free = catalogue.is_open & (catalogue.opens <= moment) & (moment <= catalogue.expires)
    free[train.postings[_first_event(train, event) : event + 1]] = False
    if catalogue.opens[target] == ALWAYS:
        seen = train.first_events < moment
        free &= seen == seen[target]
    near = free & _shares_a_place(features, history_before(train, event).rows)
    nearby = random.permutation(np.flatnonzero(near))[: int(_NEGATIVES * _NEARBY)]
    free[nearby] = False
    others = random.permutation(np.flatnonzero(free))[: _NEGATIVES - len(nearby)]
    chosen = np.concatenate([[target], nearby, others])
    lacking = _NEGATIVES + 1 - len(chosen)  # a small catalogue: the last negative is repeated
    return np.concatenate([chosen, np.repeat(chosen[-1:], lacking)])


def _shares_a_place(features: InteractionFeatures, rows: np.ndarray) -> np.ndarray:
    """Return which postings share a place with some rows, (N,) bool; all if there are no places."""
    for name in _PLACES:
        if name in features.featurizer.fields:
            codes = features.postings.codes_of(name)
            return np.asarray(np.isin(codes, codes[rows][codes[rows] != ABSENT]))
    return np.ones(features.postings.codes.shape[1], dtype=bool)
