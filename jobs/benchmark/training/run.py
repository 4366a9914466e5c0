"""Measures training on a simulated market: preparation, the loop, groups, growth."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch

from infra.simulator import Market, MarketConfig
from jobs.benchmark.machine import about_machine
from jobs.benchmark.training.steps import StepsSpec, Way
from jobs.reporting.html_page import page_beside, write_report
from streaming.contract.records import SCHEMA_VERSION, Candidate, Event, EventKind, Posting
from streaming.settings import Settings
from training.data.dataset import Dataset
from training.data.file_dataset import event_table, posting_table, stated_table, write_tables
from training.data.shards import shard_file
from training.fitting.horovod_group import horovod_available
from training.fitting.launching import Backend, launch
from training.model.presets import Preset, published
from training.model.training_data import TrainingData, write_training_data

OnProgress = Callable[[str, float], None]
_PACKAGES = ("careerstream", "torch", "horovod", "numpy", "gensim")
_EVENTS = 8.0
"""Events of each candidate, on average, without what they are only shown."""


@dataclass(frozen=True, kw_only=True)
class TrainingPlan:
    """What to measure."""

    postings: int
    candidates: int
    steps: int
    """Measured steps of each way and round."""
    rounds: int
    """In each of them all ways take turns; medians are reported."""
    growth: tuple[int, ...]
    """The events are repeated so many times, by other candidates."""


@dataclass(frozen=True)
class _Variant:
    """One way to take steps."""

    way: Way
    threads: int
    processes: int = 1
    backend: Backend = "torch"


def measure_training(
    settings: Settings, plan: TrainingPlan, out: Path, on_progress: OnProgress
) -> dict[str, Any]:
    """Run a plan; write `out`, and a page of the same name in HTML.

    The encoder-decoder of the preset `published` is trained, on the CPU. Nothing outside
    HOME/benchmark-training is written but the report.

    Raises:
        InputError: `out` cannot be written, or there are too few people to train on.
        TrainingError: a training process died.
    """
    page_beside(out)
    from jobs.benchmark.training.page import write  # noqa: PLC0415 - matplotlib takes a second

    report: dict[str, Any] = {
        **about_machine(_PACKAGES),
        **{f"size/{name}": value for name, value in vars(plan).items() if name != "growth"},
        "size/growth": list(plan.growth),
        "setting/training.seed": settings.training.seed,
    }
    with _folder(settings) as folder:
        data, preset, prepared = _prepare(plan, settings.training.seed, folder, on_progress)
        report |= prepared
        variants = _variants(len(os.sched_getaffinity(0)))
        measured: dict[str, list[dict[str, float]]] = {name: [] for name in variants}
        for turn in range(plan.rounds):
            for place, (name, variant) in enumerate(variants.items()):
                share = (turn + place / len(variants)) / plan.rounds
                on_progress(f"steps: round {turn + 1}, {name}", share)
                spec = _spec(data, preset, settings, variant, steps=plan.steps, folder=folder)
                measured[name].append(_run(spec, variant, folder))
        report["ways"] = list(variants)
        for name, rounds in measured.items():
            report |= {
                f"{name}/{key}": median(one[key] for one in rounds if key in one)
                for key in rounds[0]
            }
        for place, times in enumerate(plan.growth):
            on_progress(f"growth: {times} times the events", place / len(plan.growth))
            grown = _repeated(data, times, folder / f"grown-{times}")
            variant = _Variant("our loop", threads=len(os.sched_getaffinity(0)))
            spec = _spec(
                grown, preset, settings, variant, steps=plan.steps, folder=folder, read_epoch=True
            )
            report |= {
                f"growth/{times}/{key}": value for key, value in _run(spec, variant, folder).items()
            }
        report |= _ratios(report)
    write_report(report, out, write)
    return report


def _variants(cores: int) -> dict[str, _Variant]:
    """Name the ways: ours and the bare loop on all cores, and a process for each of two cores."""
    backends: list[Backend] = ["horovod", "torch"] if horovod_available() else ["torch"]
    return {
        "our loop": _Variant("our loop", cores),
        "bare loop": _Variant("bare loop", cores),
        "one process of two threads": _Variant("our loop", 2),
        **{
            f"two processes of one thread, {backend}": _Variant("our loop", 1, 2, backend)
            for backend in backends
        },
    }


def _ratios(report: Mapping[str, Any]) -> dict[str, float]:
    rate = "targets_per_second"
    two = "two processes of one thread, "
    groups = [name for name in report["ways"] if name.startswith(two)]
    base = report[f"one process of two threads/{rate}"]
    return {
        "ratio/bare loop": report[f"our loop/{rate}"] / report[f"bare loop/{rate}"],
        **{f"ratio/{name.removeprefix(two)}": report[f"{name}/{rate}"] / base for name in groups},
    }


def _prepare(
    plan: TrainingPlan, seed: int, folder: Path, on_progress: OnProgress
) -> tuple[Path, Preset, dict[str, Any]]:
    """Simulate a market and prepare the training data; also returns what was measured."""
    on_progress("preparing: simulating a market", 0.0)
    market = Market(
        MarketConfig(
            candidates=plan.candidates,
            postings=plan.postings,
            events_per_candidate=_EVENTS,
            seed=seed,
        )
    )
    version = {"schema_version": SCHEMA_VERSION}
    shown = EventKind.IMPRESSION.value
    write_tables(
        folder / "dataset",
        posting_table([_value(Posting, version | each) for each in market.postings()]),
        event_table(
            [_value(Event, version | each) for each in market.events() if each["kind"] != shown]
        ),
        stated_table([_value(Candidate, version | each) for each in market.candidates()]),
    )
    dataset = Dataset.read(folder / "dataset")
    on_progress("preparing: features and shards", 0.5)
    started, threads = time.monotonic(), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        preset = write_training_data(dataset, published(), folder / "data", seed=seed)
    finally:
        torch.set_num_threads(threads)
    return (
        folder / "data",
        preset,
        {
            "events": len(dataset.times),
            "prepare_seconds": time.monotonic() - started,
            "examples": sum(TrainingData.open(folder / "data").examples),
        },
    )


def _value(kind: type[Posting | Event | Candidate], value: Mapping[str, Any]) -> dict[str, Any]:
    return kind.model_validate(value).model_dump()


def _repeated(data: Path, times: int, folder: Path) -> Path:
    """Make training data whose shards are those of `data`, so many times; files are linked."""
    shards = len(TrainingData.open(data).examples)
    (folder / "shards").mkdir(parents=True)
    for file in data.iterdir():
        if file.is_file():
            (folder / file.name).hardlink_to(file)
    for number in range(shards * times):
        own = shard_file(data / "shards", number % shards)
        shard_file(folder / "shards", number).hardlink_to(own)
    about = json.loads((data / "about.json").read_text(encoding="utf-8"))
    about["examples"] *= times
    (folder / "about.json").unlink()  # a link to the one that stays
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def _spec(
    data: Path,
    preset: Preset,
    settings: Settings,
    variant: _Variant,
    *,
    steps: int,
    folder: Path,
    read_epoch: bool = False,
) -> StepsSpec:
    return StepsSpec(
        data=data,
        preset=preset,
        seed=settings.training.seed,
        way=variant.way,
        threads=variant.threads,
        steps=steps,
        read_epoch=read_epoch,
        out=folder / "measured.json",
    )


def _run(spec: StepsSpec, variant: _Variant, folder: Path) -> dict[str, float]:
    """Let processes of their own take the steps."""
    file = folder / "steps.json"
    file.write_text(spec.model_dump_json(), encoding="utf-8")
    arguments = ["-m", "jobs.benchmark.training.steps", str(file)]
    backend, processes = variant.backend, variant.processes
    launch(arguments, processes, folder / "logs", lambda: None, backend=backend)
    measured: dict[str, float] = json.loads(spec.out.read_text(encoding="utf-8"))
    return measured


@contextmanager
def _folder(settings: Settings) -> Iterator[Path]:
    """Make a folder for the run, and remove it in the end."""
    folder = settings.home.absolute() / "benchmark-training"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
