"""Training examples: a part of a candidate's history, and the postings that came next.

Examples are drawn, chosen and padded as arrays, many at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from training.data.shards import Shard, offsets, spans
from training.model.features import STEP_KINDS
from training.model.presets import Preset
from training.model.time_encoding import EVENT_TIME_FEATURES, event_time_features
from training.model.training_data import TrainingData, described_events, usable_prefixes

_MAX_REQUIREMENTS = 4
"""The most entries that an example made of a posting states."""


@dataclass(frozen=True, eq=False)
class Examples:
    """N examples: steps and the targets that follow, those of each example end to end.

    Rows are those of `TrainingData`.
    """

    starts: np.ndarray
    """(N + 1,) int64: the steps of example i are starts[i] up to starts[i + 1]."""
    rows: np.ndarray
    """(L,) int64 of the steps: stated entries, then events."""
    kinds: np.ndarray
    """(L,) int64, indices of `STEP_KINDS`."""
    time_features: np.ndarray
    """(L, M) float32."""
    target_starts: np.ndarray
    """(N + 1,) int64, as `starts`, of the targets."""
    targets: np.ndarray
    """(T,) int64 of the postings; each example has from 1 to the preset's steps."""
    times: np.ndarray
    """(N,) int64 microseconds since 1970, when the first target's event happened: postings that
    were open then compete."""

    def __len__(self) -> int:
        return len(self.times)

    @property
    def lengths(self) -> np.ndarray:
        """How many steps each example has, (N,) int64."""
        return np.diff(self.starts)

    def take(self, order: np.ndarray) -> "Examples":
        """Select examples, in the given order."""
        lengths, emitted = self.lengths[order], np.diff(self.target_starts)[order]
        steps = spans(self.starts[order], lengths)
        targets = spans(self.target_starts[order], emitted)
        return Examples(
            starts=offsets(lengths),
            rows=self.rows[steps],
            kinds=self.kinds[steps],
            time_features=self.time_features[steps],
            target_starts=offsets(emitted),
            targets=self.targets[targets],
            times=self.times[order],
        )

    @classmethod
    def join(cls, parts: Sequence["Examples"]) -> "Examples":
        """Concatenate examples."""
        if len(parts) == 1:
            return parts[0]
        joined = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("rows", "kinds", "time_features", "targets", "times")
        }
        lengths = np.concatenate([part.lengths for part in parts])
        emitted = np.concatenate([np.diff(part.target_starts) for part in parts])
        return cls(starts=offsets(lengths), target_starts=offsets(emitted), **joined)


@dataclass(frozen=True, eq=False)
class Batch:
    """B examples side by side, padded on the right, and the postings that compete for them."""

    rows: Tensor
    """(R,) int64, distinct rows; the first C of them compete. The other fields refer to these."""
    log_q: Tensor
    """(C,) float32 added to the scores: minus the logarithm of the probability to be sampled."""
    steps: Tensor
    """(B, L) int64 places in `rows`; padding repeats place 0."""
    kinds: Tensor
    """(B, L) int64."""
    time_features: Tensor
    """(B, L, M) float32."""
    lengths: Tensor
    """(B,) int64 on the CPU, where the encoder wants them."""
    targets: Tensor
    """(B, T) int64 places in `rows`, less than C; padding repeats the first target."""
    real: Tensor
    """(B, T) bool: false on padding."""
    times: Tensor
    """(B,) int64 microseconds since 1970."""

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        if device.type == "cpu":
            return self
        moved = {
            field.name: getattr(self, field.name).pin_memory().to(device, non_blocking=True)
            for field in fields(self)
            if field.name != "lengths"
        }
        return replace(self, **moved)


@dataclass(frozen=True, eq=False)
class Competitors:
    """The postings that a softmax is over."""

    rows: np.ndarray
    """(C,) int64, distinct."""
    log_q: np.ndarray
    """(C,) float32, as `Batch.log_q`."""


def full_softmax(rows: np.ndarray) -> Competitors:
    """Let all of some postings compete."""
    return Competitors(rows, np.zeros(len(rows), dtype=np.float32))


def sampled_softmax(
    rows: np.ndarray, size: int, examples: Examples, rng: np.random.Generator
) -> Competitors:
    """Let the targets of some examples compete with `size` sampled postings, if there are more.

    `log_q` is the logQ correction of sampled softmax (Bengio and Senécal 2008): with it the loss
    estimates that of the full softmax.
    """
    if len(rows) <= size:
        return full_softmax(rows)
    targets = np.unique(examples.targets)
    sampled = rows[rng.choice(len(rows), size=size, replace=False, shuffle=False)]
    others = np.setdiff1d(sampled, targets, assume_unique=True)
    log_q = np.full(len(targets) + len(others), np.log(len(rows) / size), dtype=np.float32)
    log_q[: len(targets)] = 0.0  # targets always compete
    return Competitors(np.concatenate([targets, others]), log_q)


def draw_examples(
    data: TrainingData, shard: Shard, preset: Preset, rng: np.random.Generator
) -> Examples:
    """Draw a shard's examples of an epoch, as many as `count_examples` says, in a random order.

    There are up to `prefixes` examples of each candidate. Others state what a posting requires and
    have that posting as target: few candidates name any one skill, so these examples teach what
    the words stand for.
    """
    config = preset.training
    prefixes = usable_prefixes(shard, data.cut)
    owners = _owners(shard, prefixes)
    order = np.lexsort([rng.random(len(prefixes)), owners])
    prefixes = prefixes[order[_places_in_run(owners) < config.prefixes]]
    own = _history_examples(data, shard, preset, prefixes, rng)
    described = described_events(shard, data.requirement_starts, data.cut)
    known = int(np.count_nonzero(shard.times <= data.cut))
    count = round(config.described * len(own) * (len(described) / max(known, 1)))
    chosen = rng.choice(described, count) if count else described[:0]
    stating = _requirement_examples(data, shard, chosen, rng)
    drawn = Examples.join([own, stating])
    return drawn.take(rng.permutation(len(drawn)))


def validation_examples(data: TrainingData, shard: Shard, preset: Preset) -> Examples:
    """Make an example of each candidate of a shard whose profile at the cut is not empty.

    Targets are the first new postings after the cut.
    """
    owners = _owners(shard, np.flatnonzero(shard.times <= data.cut))
    known = shard.starts[:-1] + np.bincount(owners, minlength=len(shard))  # (C,): where they end
    later = np.flatnonzero(shard.new & (shard.times > data.cut))
    owners = _owners(shard, later)
    first = np.flatnonzero(_places_in_run(owners) == 0)
    candidates = owners[first]
    stated = np.diff(shard.stated_starts)[candidates]
    has_profile = (known[candidates] > shard.starts[candidates]) | (stated > 0)
    first, candidates, stated = first[has_profile], candidates[has_profile], stated[has_profile]
    ends, emitted = known[candidates], _count_targets(owners, first, preset)
    return _join_steps(
        shard,
        candidates=candidates,
        first_events=np.maximum(shard.starts[candidates], ends - preset.model.most_events),
        last_events=ends,
        stated=stated,
        as_of=shard.times[later[first]],
        times=shard.times[later[first]],
        emitted=emitted,
        target_events=later[spans(first, emitted)],
    )


def collate(examples: Examples, competitors: Competitors, rows: np.ndarray | None = None) -> Batch:
    """Pad examples to a batch; the competitors hold their targets.

    `rows` are (R,) distinct rows that start with the competitors and hold all steps; None: they are
    found.
    """
    if rows is None:
        others = np.setdiff1d(examples.rows, competitors.rows)
        rows = np.concatenate([competitors.rows, others])
    place = np.zeros(int(rows.max()) + 1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    lengths, emitted = examples.lengths, np.diff(examples.target_starts)
    column = np.arange(lengths.max())[None, :]
    filled = column < lengths[:, None]  # (B, L)
    steps = np.zeros(filled.shape, dtype=np.int64)
    kinds = np.zeros(filled.shape, dtype=np.int64)
    time_features = np.zeros((*filled.shape, EVENT_TIME_FEATURES), dtype=np.float32)
    steps[filled] = place[examples.rows]
    kinds[filled] = examples.kinds
    time_features[filled] = examples.time_features
    real = np.arange(emitted.max())[None, :] < emitted[:, None]  # (B, T)
    targets = np.repeat(examples.targets[examples.target_starts[:-1], None], real.shape[1], axis=1)
    targets[real] = examples.targets
    return Batch(
        rows=torch.from_numpy(rows),
        log_q=torch.from_numpy(competitors.log_q),
        steps=torch.from_numpy(steps),
        kinds=torch.from_numpy(kinds),
        time_features=torch.from_numpy(time_features),
        lengths=torch.from_numpy(lengths),
        targets=torch.from_numpy(place[targets]),
        real=torch.from_numpy(real),
        times=torch.from_numpy(examples.times),
    )


def _history_examples(
    data: TrainingData,
    shard: Shard,
    preset: Preset,
    prefixes: np.ndarray,
    rng: np.random.Generator,
) -> Examples:
    """Make an example of the events before each of some events, whose posting is its first target.

    Some lose the stated part, and others the events.
    """
    config, count = preset.training, len(prefixes)
    candidates = _owners(shard, prefixes)
    starts = shard.starts[candidates]
    stated = np.diff(shard.stated_starts)[candidates]
    drop_events = (rng.random(count) < config.events_dropout) & (stated > 0)
    drop_stated = (rng.random(count) < config.stated_dropout) & (prefixes > starts) & ~drop_events
    first = np.where(drop_events, prefixes, np.maximum(starts, prefixes - preset.model.most_events))
    # The stream makes a list right after an event, or when the candidate comes back.
    comes_back = (rng.random(count) < 0.5) | (first == prefixes)  # noqa: PLR2004 - equally often
    ahead = np.flatnonzero(shard.new & (shard.times <= data.cut))
    places = np.searchsorted(ahead, prefixes)
    emitted = _count_targets(_owners(shard, ahead), places, preset)
    return _join_steps(
        shard,
        candidates=candidates,
        first_events=first,
        last_events=prefixes,
        stated=np.where(drop_stated, 0, stated),
        as_of=shard.times[np.where(comes_back, prefixes, prefixes - 1)],
        times=shard.times[prefixes],
        emitted=emitted,
        target_events=ahead[spans(places, emitted)],
    )


def _join_steps(
    shard: Shard,
    *,
    candidates: np.ndarray,
    first_events: np.ndarray,
    last_events: np.ndarray,
    stated: np.ndarray,
    as_of: np.ndarray,
    times: np.ndarray,
    emitted: np.ndarray,
    target_events: np.ndarray,
) -> Examples:
    """Join the first `stated` entries of some candidates, and their events, to examples."""
    counts = last_events - first_events
    starts = offsets(stated + counts)
    entries = spans(shard.stated_starts[candidates], stated)
    events = spans(first_events, counts)
    at_entries = spans(starts[:-1], stated)
    at_events = spans(starts[:-1] + stated, counts)
    rows = np.empty(starts[-1], dtype=np.int64)
    kinds = np.empty(starts[-1], dtype=np.int64)
    time_features = np.zeros((starts[-1], EVENT_TIME_FEATURES), dtype=np.float32)
    rows[at_entries], rows[at_events] = shard.stated_rows[entries], shard.postings[events]
    kinds[at_entries], kinds[at_events] = shard.stated_kinds[entries], shard.kinds[events]
    time_features[at_events] = event_time_features(
        shard.times[events], shard.durations[events], np.repeat(as_of, counts)
    )
    return Examples(
        starts=starts,
        rows=rows,
        kinds=kinds,
        time_features=time_features,
        target_starts=offsets(emitted),
        targets=shard.postings[target_events].astype(np.int64),
        times=times,
    )


def _requirement_examples(
    data: TrainingData, shard: Shard, events: np.ndarray, rng: np.random.Generator
) -> Examples:
    """Make examples whose targets are events' postings, and which state some requirements."""
    targets = shard.postings[events].astype(np.int64)
    first = data.requirement_starts[targets]
    counts = data.requirement_starts[targets + 1] - first
    sizes = rng.integers(1, np.minimum(counts, _MAX_REQUIREMENTS) + 1)
    owners = np.repeat(np.arange(len(events)), counts)
    entries = spans(first, counts)
    order = np.lexsort([rng.random(len(entries)), owners])
    chosen = entries[order[_places_in_run(owners) < np.repeat(sizes, counts)]]
    return Examples(
        starts=offsets(sizes),
        rows=data.requirement_rows[chosen],
        kinds=np.full(len(chosen), STEP_KINDS.index("skill")),
        time_features=np.zeros((len(chosen), EVENT_TIME_FEATURES), dtype=np.float32),
        target_starts=np.arange(len(events) + 1),
        targets=targets,
        times=shard.times[events],
    )


def _owners(shard: Shard, events: np.ndarray) -> np.ndarray:
    """Return the candidate of each of some events."""
    return np.asarray(np.searchsorted(shard.starts, events, side="right") - 1)


def _places_in_run(owners: np.ndarray) -> np.ndarray:
    """Return the place of each element among the equal ones beside it, from 0."""
    if not len(owners):
        return np.zeros(0, dtype=np.int64)
    first = np.flatnonzero(np.diff(owners, prepend=owners[0] - 1))
    return np.arange(len(owners)) - np.repeat(first, np.diff(np.append(first, len(owners))))


def _count_targets(owners: np.ndarray, places: np.ndarray, preset: Preset) -> np.ndarray:
    """Count the targets that start at some places of (E,) candidates' new events."""
    ends = np.searchsorted(owners, owners[places], side="right")
    return np.asarray(np.minimum(ends - places, preset.training.steps))
