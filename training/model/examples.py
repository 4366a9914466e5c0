"""Training examples: a part of a candidate's history, and the postings that came next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from training.data.dataset import DISMISS, EVENT_KINDS, Dataset, HeldOut
from training.model.features import STEP_KINDS, stated_steps
from training.model.presets import Preset
from training.model.time_encoding import EVENT_TIME_FEATURES, event_time_features, to_microseconds
from training.model.training_tensors import TrainingTensors

_BATCHES_PER_POOL = 16
"""Batches are cut from pools of so many that are sorted by length: little padding, still random."""

_MAX_REQUIREMENTS = 4
"""The most entries that an example made of a posting states."""


@dataclass(frozen=True, eq=False)
class Example:
    """Steps and the targets that follow; rows are those of `TrainingTensors`."""

    rows: np.ndarray
    """(L,) int64 of the steps: stated entries, then events."""
    kinds: np.ndarray
    """(L,) int64, indices of `STEP_KINDS`."""
    time_features: np.ndarray
    """(L, M) float32."""
    targets: np.ndarray
    """(T,) int64 of the postings, 1 <= T <= the preset's steps."""
    time: int
    """When the first target's event happened, microseconds since 1970: postings that were open then
    compete."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Examples side by side, padded on the right."""

    rows: Tensor
    """(B, L) int64; padding repeats row 0."""
    kinds: Tensor
    """(B, L) int64."""
    time_features: Tensor
    """(B, L, M) float32."""
    lengths: Tensor
    """(B,) int64 on the CPU, where the encoder wants them."""
    targets: Tensor
    """(B, T) int64; padding repeats the first target."""
    real: Tensor
    """(B, T) bool: false on padding."""
    times: Tensor
    """(B,) int64 microseconds since 1970."""

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        moved = {
            field.name: getattr(self, field.name).to(device)
            for field in fields(self)
            if field.name != "lengths"
        }
        return replace(self, **moved)


def sample_examples(
    tensors: TrainingTensors, preset: Preset, rng: np.random.Generator
) -> list[Example]:
    """Sample the examples of an epoch.

    There are up to `prefixes` examples of each candidate. Others state what a posting requires and
    have that posting as target: few candidates name any one skill, so these examples teach what
    the words stand for.
    """
    examples: list[Example] = []
    for candidate in range(len(tensors.train)):
        stated = _stated_rows(tensors, preset, candidate)
        prefixes = _prefixes(tensors.train, candidate, has_stated=stated.shape[1] > 0)
        count = min(preset.training.prefixes, len(prefixes))
        examples.extend(
            _example(tensors, preset, candidate, prefix, stated, rng=rng)
            for prefix in rng.choice(prefixes, size=count, replace=False).tolist()
        )
    described = round(preset.training.described * len(examples))
    return examples + _requirement_examples(tensors, described, rng)


def validation_examples(tensors: TrainingTensors, preset: Preset) -> list[Example]:
    """Make an example of every held-out candidate whose profile is not empty."""
    made = (_held_out_example(tensors, preset, held) for held in tensors.held_out)
    return [example for example in made if len(example.rows)]


def batches(
    examples: Sequence[Example], size: int, rng: np.random.Generator
) -> Iterator[list[Example]]:
    """Yield batches of examples of similar lengths, at most `size` each, in a random order."""
    order = rng.permutation(len(examples))
    lengths = np.array([len(example.rows) for example in examples])
    pools = np.array_split(order, max(1, -(-len(order) // (size * _BATCHES_PER_POOL))))
    cut: list[np.ndarray] = []
    for pool in pools:
        by_length = pool[np.argsort(lengths[pool], kind="stable")]
        cut.extend(np.array_split(by_length, max(1, -(-len(pool) // size))))
    for number in rng.permutation(len(cut)).tolist():
        yield [examples[index] for index in cut[number].tolist()]


def collate(examples: Sequence[Example]) -> Batch:
    """Pad examples to a batch."""
    length = max(len(example.rows) for example in examples)
    targets_length = max(len(example.targets) for example in examples)
    count = len(examples)
    rows = np.zeros((count, length), dtype=np.int64)
    kinds = np.zeros((count, length), dtype=np.int64)
    time_features = np.zeros((count, length, EVENT_TIME_FEATURES), dtype=np.float32)
    targets = np.zeros((count, targets_length), dtype=np.int64)
    real = np.zeros((count, targets_length), dtype=bool)
    for index, example in enumerate(examples):
        steps, emitted = len(example.rows), len(example.targets)
        rows[index, :steps] = example.rows
        kinds[index, :steps] = example.kinds
        time_features[index, :steps] = example.time_features
        targets[index] = example.targets[0]
        targets[index, :emitted] = example.targets
        real[index, :emitted] = True
    return Batch(
        rows=torch.from_numpy(rows),
        kinds=torch.from_numpy(kinds),
        time_features=torch.from_numpy(time_features),
        lengths=torch.tensor([len(example.rows) for example in examples]),
        targets=torch.from_numpy(targets),
        real=torch.from_numpy(real),
        times=torch.tensor([example.time for example in examples]),
    )


def _prefixes(train: Dataset, candidate: int, *, has_stated: bool) -> np.ndarray:
    """Return the events at which a history may end: those with a posting new to the candidate."""
    first, last = train.starts[candidate : candidate + 2].tolist()
    new = first + np.sort(np.unique(train.postings[first:last], return_index=True)[1])
    usable: np.ndarray = new[train.kinds[new] != DISMISS]
    return usable if has_stated else usable[usable > first]


def _example(
    tensors: TrainingTensors,
    preset: Preset,
    candidate: int,
    prefix: int,
    stated: np.ndarray,
    *,
    rng: np.random.Generator,
) -> Example:
    """Make an example of a candidate's events before `prefix`, with the stated part or without.

    `stated` is from `_stated_rows`; `prefix` is the event of the first target.
    """
    train, config = tensors.train, preset.training
    start, last = train.starts[candidate : candidate + 2].tolist()
    drop_stated, drop_events = rng.random(2) < (config.stated_dropout, config.events_dropout)
    if stated.shape[1] and drop_events:
        start = prefix
    elif prefix > start and drop_stated:
        stated = stated[:, :0]
    events = np.arange(max(start, prefix - preset.model.most_events), prefix)
    # The stream makes a list right after an event, or when the candidate comes back.
    comes_back = rng.random() < 0.5 or not len(events)  # noqa: PLR2004 - either, equally often
    as_of = int(train.times[prefix if comes_back else events[-1]])
    features = event_time_features(train.times[events], train.durations[events], as_of)
    no_time = np.zeros((stated.shape[1], EVENT_TIME_FEATURES), np.float32)
    ahead = np.arange(prefix, last)
    ahead = ahead[np.isin(ahead, _prefixes(train, candidate, has_stated=True))]
    return Example(
        rows=np.concatenate([stated[0], train.postings[events]]),
        kinds=np.concatenate([stated[1], train.kinds[events]]),
        time_features=np.concatenate([no_time, features]),
        targets=train.postings[ahead[: config.steps]],
        time=int(train.times[prefix]),
    )


def _requirement_examples(
    tensors: TrainingTensors, count: int, rng: np.random.Generator
) -> list[Example]:
    """Make examples whose targets are random events' postings, and which state requirements."""
    train = tensors.train
    examples = []
    for event in rng.integers(len(train.times), size=count).tolist():
        posting = int(train.postings[event])
        requirements = tensors.requirements.get(posting, ())
        if requirements and train.kinds[event] != DISMISS:
            size = int(rng.integers(1, min(_MAX_REQUIREMENTS, len(requirements)) + 1))
            examples.append(
                Example(
                    rows=rng.choice(requirements, size=size, replace=False),
                    kinds=np.full(size, STEP_KINDS.index("skill")),
                    time_features=np.zeros((size, EVENT_TIME_FEATURES), dtype=np.float32),
                    targets=np.array([posting]),
                    time=int(train.times[event]),
                )
            )
    return examples


def _stated_rows(tensors: TrainingTensors, preset: Preset, candidate: int) -> np.ndarray:
    """Return rows and kinds of a candidate's stated entries, (2, S) int64."""
    steps = stated_steps(tensors.train.stated[candidate], preset.model)
    rows = [tensors.step_rows[step] for step in steps]
    kinds = [STEP_KINDS.index(step.kind) for step in steps]
    return np.array([rows, kinds], dtype=np.int64).reshape(2, len(steps))


def _held_out_example(tensors: TrainingTensors, preset: Preset, held: HeldOut) -> Example:
    catalogue = tensors.train.catalogue
    steps = stated_steps(held.profile.get("stated"), preset.model)
    events = held.profile["events"][-preset.model.most_events :]
    times = np.array([to_microseconds(event["event_time"]) for event in events], dtype=np.int64)
    durations = [event.get("duration_seconds") or 0.0 for event in events]
    as_of = to_microseconds(held.as_of)
    features = event_time_features(times, np.array(durations, dtype=np.float32), as_of)
    rows = [tensors.step_rows[step] for step in steps]
    rows += [catalogue.rows[event["posting_id"]] for event in events]
    kinds = [STEP_KINDS.index(step.kind) for step in steps]
    kinds += [EVENT_KINDS.index(event["kind"]) for event in events]
    no_time = np.zeros((len(steps), EVENT_TIME_FEATURES), dtype=np.float32)
    return Example(
        rows=np.array(rows, dtype=np.int64),
        kinds=np.array(kinds, dtype=np.int64),
        time_features=np.concatenate([no_time, features]),
        targets=np.array([catalogue.rows[id_] for id_ in held.targets[: preset.training.steps]]),
        time=as_of,
    )
