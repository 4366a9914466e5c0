"""The batches of an epoch, streamed from shards in the order that seed and epoch say.

Each process reads shards of its own and has its share of every batch. Random numbers come from
(seed, epoch) and the place of what they are drawn for, so that an epoch can begin at any step.
"""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

import numpy as np

from streaming.errors import SettingsError
from training.model.examples import (
    Batch,
    Examples,
    collate,
    draw_examples,
    full_softmax,
    sampled_softmax,
)
from training.model.presets import Preset
from training.model.training_data import TrainingData

_BATCHES_PER_POOL = 16
"""Batches are cut from pools of so many that are sorted by length: little padding, still random."""
_READ_AHEAD = 4
"""So many batches are made while the process trains on others."""
_DRAW, _POOL, _SAMPLE = range(1, 4)
"""What random numbers are drawn for."""


@dataclass(frozen=True, eq=False)
class Step:
    """One process's part of a batch."""

    number: int
    """Of the step in its epoch, from 0."""
    batch: Batch
    targets: int
    examples: int
    """0 where the process has no more examples; the batch then has one without targets."""
    padded: int
    """Places of the batch's steps, padding included."""
    filled: int
    """Those that are not padding."""


class BatchStream:
    """The batches of one process of a group.

    Raises:
        SettingsError: there are more processes than shards.
    """

    def __init__(self, data: TrainingData, preset: Preset, seed: int, rank: int, size: int) -> None:
        if size > len(data.examples):
            raise SettingsError(
                f"{size} training processes are more than the {len(data.examples)} shards of these"
                " data; use as many at most"
            )
        self._data = data
        self._preset = preset
        self._seed = seed
        self._rank = rank
        self._size = size
        batch = preset.training.batch_size
        self._own = max(1, batch // size + (rank < batch % size))
        self._least = max(1, batch // size)

    def steps(self, epoch: int) -> int:
        """Return the number of steps of an epoch, the same in all processes."""
        order, examples = self._order(epoch), self._data.examples
        sizes = np.array(examples)[order]
        most = max(int(sizes[rank :: self._size].sum()) for rank in range(self._size))
        return -(-most // self._least)

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Step]:
        """Yield the steps of an epoch, from a step on; a thread makes them ahead of time."""
        return read_ahead(self._steps(epoch, first))

    def _steps(self, epoch: int, first: int) -> Iterator[Step]:
        number, steps = first - first % _BATCHES_PER_POOL, self.steps(epoch)
        for pool in self._pools(epoch, number // _BATCHES_PER_POOL):
            # The same in all processes: long batches meet long ones, and nobody waits.
            rng = self._rng(epoch, _POOL, number)
            by_length = np.argsort(pool.lengths, kind="stable")
            parts = np.split(by_length, range(self._own, len(pool), self._own))
            for part in rng.permutation(len(parts)).tolist():
                if number >= first:
                    yield self._step(epoch, number, pool.take(parts[part]))
                number += 1
        while number < steps:
            if number >= first:
                yield self._step(epoch, number, None)
            number += 1

    def _pools(self, epoch: int, first: int) -> Iterator[Examples]:
        """Yield the process's examples of an epoch in pools, from a pool on."""
        size = self._own * _BATCHES_PER_POOL
        skipped, waiting = first * size, []
        for shard in self._order(epoch)[self._rank :: self._size].tolist():
            if skipped >= self._data.examples[shard]:
                skipped -= self._data.examples[shard]
                continue
            drawn = self._draw(epoch, shard).take(np.arange(skipped, self._data.examples[shard]))
            skipped = 0
            waiting.append(drawn)
            if sum(map(len, waiting)) >= size:
                joined = Examples.join(waiting)
                whole = len(joined) - len(joined) % size
                for start in range(0, whole, size):
                    yield joined.take(np.arange(start, start + size))
                waiting = [joined.take(np.arange(whole, len(joined)))]
        if sum(map(len, waiting)):
            yield Examples.join(waiting)

    def _draw(self, epoch: int, shard: int) -> Examples:
        rng = self._rng(epoch, _DRAW, shard)
        return draw_examples(self._data, self._data.shard(shard), self._preset, rng)

    def _step(self, epoch: int, number: int, examples: Examples | None) -> Step:
        data = self._data
        if examples is None:  # so that it still joins the exchange
            shard = next(number for number in count() if data.examples[number])
            batch = self._batch(epoch, number, self._draw(epoch, shard).take(np.arange(1)))
            batch.real[:] = False
            return Step(number, batch, targets=0, examples=0, padded=0, filled=0)
        return Step(
            number,
            self._batch(epoch, number, examples),
            targets=len(examples.targets),
            examples=len(examples),
            padded=len(examples) * int(examples.lengths.max()),
            filled=len(examples.rows),
        )

    def _batch(self, epoch: int, number: int, examples: Examples) -> Batch:
        config, seen = self._preset.training, self._data.seen
        if len(seen) <= config.softmax_postings:
            return collate(examples, full_softmax(seen))
        rng = self._rng(epoch, _SAMPLE, number)
        return collate(examples, sampled_softmax(seen, config.sampled_postings, examples, rng))

    def _order(self, epoch: int) -> np.ndarray:
        order: np.ndarray = self._rng(epoch).permutation(len(self._data.examples))
        return order

    def _rng(self, epoch: int, *place: int) -> np.random.Generator:
        return np.random.default_rng((self._seed, epoch, *place))


class Waiting:
    """Measures how long a loop waits for its next item."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def over(self, items: Iterator[Step]) -> Iterator[Step]:
        """Yield the items; the time until each is there counts."""
        while True:
            started = time.monotonic()
            item = next(items, None)
            self.seconds += time.monotonic() - started
            if item is None:
                return
            yield item


def read_ahead(items: Iterator[Step]) -> Iterator[Step]:
    """Yield what an iterator yields, made ahead of time by a thread that ends with this one."""
    ready: queue.Queue[Step | BaseException | None] = queue.Queue(_READ_AHEAD)
    stopped = threading.Event()

    def put(item: Step | BaseException | None) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return

    def make() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the items are read
            put(error)

    thread = threading.Thread(target=make, name="batches", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
