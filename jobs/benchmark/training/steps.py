"""One process that takes training steps and counts: `python -m jobs.benchmark.training.steps SPEC`.

It is started alone or as one of a group. The leader writes what it measured.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, Literal

import torch

from training.determinism import repeatable
from training.fitting.batch_stream import Step, Waiting
from training.fitting.launching import end_with_parent, join_group
from training.fitting.loop import Loop
from training.model.loss import batch_loss
from training.model.presets import Config, Preset
from training.model.training_data import TrainingData

Way = Literal["our loop", "bare loop"]
_WARM_UP_STEPS = 10
_MIB = 2**20


class StepsSpec(Config):
    """What to measure."""

    data: Path
    """The training data (`TrainingData`)."""
    preset: Preset
    seed: int
    way: Way
    threads: int
    steps: int
    read_epoch: bool = False
    """Whether to make all batches of an epoch afterwards, without training on them."""
    out: Path


def measure(spec: StepsSpec) -> None:
    """Take steps, and write the leader's numbers as JSON."""
    torch.set_num_threads(spec.threads)
    group = join_group()
    with repeatable():
        loop = Loop(TrainingData.open(spec.data), spec.preset, spec.seed, group=group)
        loop.model.train()
        taken = _by_our_loop(loop, spec) if spec.way == "our loop" else _by_a_bare_loop(loop, spec)
    read = _read_epoch(loop) if spec.read_epoch else {}
    if group.is_leader:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / _MIB
        report = {**taken, **read, "steps_an_epoch": loop.stream.steps(0), "memory_mib": peak}
        spec.out.write_text(json.dumps(report), encoding="utf-8")
    group.close()


def _by_our_loop(loop: Loop, spec: StepsSpec) -> dict[str, float]:
    """Steps as `loop.train` takes them, over batches as they come."""
    steps, waiting = loop.stream.steps(0), Waiting()
    batches = _batches(loop)
    for step in islice(batches, _WARM_UP_STEPS):
        loop.take(0, step, steps)
    measured = _timed(
        islice(waiting.over(batches), spec.steps),
        lambda step: loop.take(0, step, steps).tolist()[2:4],
    )
    return {**measured, "waiting": waiting.seconds / measured["seconds"]}


def _by_a_bare_loop(loop: Loop, spec: StepsSpec) -> dict[str, float]:
    """The same model and loss in the shortest loop of PyTorch, over batches that are ready."""
    model, tables = loop.model, loop.tables
    ready = list(islice(_batches(loop), _WARM_UP_STEPS + spec.steps))

    def take(step: Step) -> list[float]:
        for optimiser in loop.optimisers:
            optimiser.zero_grad()
        batch = step.batch
        competing = batch.rows[: len(batch.log_q)]
        vectors = tables.vectors(model, batch.rows, tables.ids[batch.rows])
        opens, expires = tables.opens[competing], tables.expires[competing]
        loss = batch_loss(model, batch, vectors, opens, expires).loss / step.targets
        loss.backward()  # type: ignore[no-untyped-call]
        dense = loop.optimisers[0].param_groups[0]["params"]
        torch.nn.utils.clip_grad_norm_(dense, spec.preset.training.gradient_norm)
        for optimiser in loop.optimisers:
            optimiser.step()
        return [step.targets, step.examples]

    for step in ready[:_WARM_UP_STEPS]:
        take(step)
    return _timed(iter(ready[_WARM_UP_STEPS:]), take)


def _batches(loop: Loop) -> Iterator[Step]:
    """Yield the batches of one epoch after the other."""
    return chain.from_iterable(map(loop.stream.epoch, count()))


def _timed(steps: Iterator[Step], take: Callable[[Step], list[float]]) -> dict[str, float]:
    """Take steps; `take` returns targets and examples of a step, of all processes."""
    started, done = time.monotonic(), [take(step) for step in steps]
    seconds = time.monotonic() - started
    targets, examples = (sum(column) for column in zip(*done, strict=True))
    return {
        "seconds": seconds,
        "steps": len(done),
        "targets_per_second": targets / seconds,
        "examples_per_second": examples / seconds,
    }


def _read_epoch(loop: Loop) -> dict[str, Any]:
    started, examples = time.monotonic(), 0
    for step in loop.stream.epoch(0):
        examples += step.examples
    return {"read_seconds": time.monotonic() - started, "read_examples": examples}


if __name__ == "__main__":
    end_with_parent()
    measure(StepsSpec.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8")))
