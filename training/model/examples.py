"""Training examples: a part of a candidate's history, and the postings that came next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from training.data.dataset import DISMISS, KINDS, Dataset, HeldOut
from training.model.features import STEP_KINDS, stated_steps
from training.model.presets import Preset
from training.model.time_encoding import MOMENT_NUMBERS, micros, moments
from training.model.training_tensors import Material

_BATCHES_PER_POOL = 16
"""Batches are cut from pools of so many that were sorted by length: little padding, much chance."""


_MOST_DESCRIBED = 4


@dataclass(frozen=True, eq=False)
class Example:
    """What is read and what is to be foretold; rows are those of `Material`."""

    rows: np.ndarray
    """(L,) int64 of the steps: stated entries, then events."""
    kinds: np.ndarray
    """(L,) int64, places in `STEP_KINDS`."""
    moments: np.ndarray
    """(L, M) float32."""
    targets: np.ndarray
    """(T,) int64 of the postings, 1 <= T <= the preset's steps."""
    time: int
    """When the first target was turned to, microseconds: what was open then competes."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Examples side by side, padded on the right."""

    rows: Tensor
    """(B, L) int64; padding repeats row 0."""
    kinds: Tensor
    """(B, L) int64."""
    moments: Tensor
    """(B, L, M) float32."""
    lengths: Tensor
    """(B,) int64 on the CPU, where the encoder wants them."""
    targets: Tensor
    """(B, T) int64; padding repeats the first target."""
    real: Tensor
    """(B, T) bool: false on padding."""
    times: Tensor
    """(B,) int64 microseconds."""

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on a device."""
        moved = {
            field.name: getattr(self, field.name).to(device)
            for field in fields(self)
            if field.name != "lengths"
        }
        return replace(self, **moved)


def draw(material: Material, preset: Preset, rng: np.random.Generator) -> list[Example]:
    """Draw an epoch's examples, other ones each time.

    Up to `prefixes` of each candidate; and some that only state what a posting asks for, which
    teach what words stand for that few candidates say.
    """
    examples: list[Example] = []
    for candidate in range(len(material.train)):
        steps = _stated_rows(material, preset, candidate)
        prefixes = _prefixes(material.train, candidate, has_stated=steps.shape[1] > 0)
        count = min(preset.training.prefixes, len(prefixes))
        examples.extend(
            _example(material, preset, candidate, prefix, steps, rng=rng)
            for prefix in rng.choice(prefixes, size=count, replace=False).tolist()
        )
    return examples + _described(material, round(preset.training.described * len(examples)), rng)


def validation_examples(material: Material, preset: Preset) -> list[Example]:
    """Make an example of every held-out candidate whose profile is not empty."""
    made = (_held_out_example(material, preset, held) for held in material.held_out)
    return [example for example in made if len(example.rows)]


def batches(
    examples: Sequence[Example], size: int, rng: np.random.Generator
) -> Iterator[list[Example]]:
    """Cut examples into batches of like lengths, at most `size` each, in a random order."""
    order = rng.permutation(len(examples))
    lengths = np.array([len(example.rows) for example in examples])
    pools = np.array_split(order, max(1, -(-len(order) // (size * _BATCHES_PER_POOL))))
    cut: list[np.ndarray] = []
    for pool in pools:
        by_length = pool[np.argsort(lengths[pool], kind="stable")]
        cut.extend(np.array_split(by_length, max(1, -(-len(pool) // size))))
    for place in rng.permutation(len(cut)).tolist():
        yield [examples[row] for row in cut[place].tolist()]


def pad(examples: Sequence[Example]) -> Batch:
    """Lay examples side by side."""
    length = max(len(example.rows) for example in examples)
    steps = max(len(example.targets) for example in examples)
    count = len(examples)
    rows = np.zeros((count, length), dtype=np.int64)
    kinds = np.zeros((count, length), dtype=np.int64)
    when = np.zeros((count, length, MOMENT_NUMBERS), dtype=np.float32)
    targets = np.zeros((count, steps), dtype=np.int64)
    real = np.zeros((count, steps), dtype=bool)
    for place, example in enumerate(examples):
        read, emitted = len(example.rows), len(example.targets)
        rows[place, :read] = example.rows
        kinds[place, :read] = example.kinds
        when[place, :read] = example.moments
        targets[place] = example.targets[0]
        targets[place, :emitted] = example.targets
        real[place, :emitted] = True
    return Batch(
        rows=torch.from_numpy(rows),
        kinds=torch.from_numpy(kinds),
        moments=torch.from_numpy(when),
        lengths=torch.tensor([len(example.rows) for example in examples]),
        targets=torch.from_numpy(targets),
        real=torch.from_numpy(real),
        times=torch.tensor([example.time for example in examples]),
    )


def _prefixes(train: Dataset, candidate: int, *, has_stated: bool) -> np.ndarray:
    """List the events that turn to a new posting: a history may end before each of them."""
    first, last = train.starts[candidate : candidate + 2].tolist()
    new = first + np.sort(np.unique(train.postings[first:last], return_index=True)[1])
    usable: np.ndarray = new[train.kinds[new] != DISMISS]
    return usable if has_stated else usable[usable > first]


def _example(
    material: Material,
    preset: Preset,
    candidate: int,
    prefix: int,
    steps: np.ndarray,
    *,
    rng: np.random.Generator,
) -> Example:
    train, config = material.train, preset.training
    start, last = train.starts[candidate : candidate + 2].tolist()
    drop_stated, drop_events = rng.random(2) < (config.stated_dropout, config.events_dropout)
    if steps.shape[1] and drop_events:
        start = prefix
    elif prefix > start and drop_stated:
        steps = steps[:, :0]
    read = np.arange(max(start, prefix - preset.model.most_events), prefix)
    # A list is asked for right after an event, or when the candidate comes back.
    as_of = train.times[prefix if rng.random() < 0.5 or not len(read) else read[-1]]  # noqa: PLR2004
    when = moments(train.times[read], train.durations[read], int(as_of))
    ahead = np.arange(prefix, last)
    ahead = ahead[np.isin(ahead, _prefixes(train, candidate, has_stated=True))]
    return Example(
        rows=np.concatenate([steps[0], train.postings[read]]),
        kinds=np.concatenate([steps[1], train.kinds[read]]),
        moments=np.concatenate([np.zeros((steps.shape[1], MOMENT_NUMBERS), np.float32), when]),
        targets=train.postings[ahead[: config.steps]],
        time=int(train.times[prefix]),
    )


def _described(material: Material, count: int, rng: np.random.Generator) -> list[Example]:
    """Take the postings of random events as targets, and some of what each asks for as stated."""
    train = material.train
    drawn = []
    for event in rng.integers(len(train.times), size=count).tolist():
        posting = int(train.postings[event])
        named = material.named.get(posting, ())
        if named and train.kinds[event] != DISMISS:
            size = int(rng.integers(1, min(_MOST_DESCRIBED, len(named)) + 1))
            rows = rng.choice(named, size=size, replace=False)
            drawn.append(
                Example(
                    rows=rows,
                    kinds=np.full(size, STEP_KINDS.index("skill")),
                    moments=np.zeros((size, MOMENT_NUMBERS), dtype=np.float32),
                    targets=np.array([posting]),
                    time=int(train.times[event]),
                )
            )
    return drawn


def _stated_rows(material: Material, preset: Preset, candidate: int) -> np.ndarray:
    """Rows and kinds of a candidate's stated entries, (2, S) int64."""
    steps = stated_steps(material.train.stated[candidate], preset.model)
    rows = [material.step_rows[step] for step in steps]
    kinds = [STEP_KINDS.index(step.kind) for step in steps]
    return np.array([rows, kinds], dtype=np.int64).reshape(2, len(steps))


def _held_out_example(material: Material, preset: Preset, held: HeldOut) -> Example:
    catalogue = material.train.catalogue
    steps = stated_steps(held.profile["stated"], preset.model)
    events = held.profile["events"][-preset.model.most_events :]
    times = np.array([micros(event["event_time"]) for event in events], dtype=np.int64)
    lasted = np.array([event["duration_seconds"] or 0.0 for event in events], dtype=np.float32)
    as_of = micros(held.as_of)
    rows = [material.step_rows[step] for step in steps]
    rows += [catalogue.rows[event["posting_id"]] for event in events]
    kinds = [STEP_KINDS.index(step.kind) for step in steps]
    kinds += [KINDS.index(event["kind"]) for event in events]
    no_moment = np.zeros((len(steps), MOMENT_NUMBERS), dtype=np.float32)
    return Example(
        rows=np.array(rows, dtype=np.int64),
        kinds=np.array(kinds, dtype=np.int64),
        moments=np.concatenate([no_moment, moments(times, lasted, as_of)]),
        targets=np.array([catalogue.rows[id_] for id_ in held.targets[: preset.training.steps]]),
        time=as_of,
    )
