"""Trains a model on a simulated market, and lets every way score the same profiles with it."""

import hashlib
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, Self

import numpy as np
import orjson
from pydantic import BaseModel

from jobs.benchmark.machine import about_machine
from jobs.benchmark.open_market import OpenMarket
from jobs.benchmark.process_memory import sampled_mib
from jobs.benchmark.scoring.ways import WAYS, Items, Job, Way
from jobs.reporting.html_page import page_beside, write_report
from streaming import dependencies
from streaming.contract.records import SCHEMA_VERSION, Candidate, Event, Item, Posting
from streaming.serving.bundles import CATALOGUE_FILE, MODELS_FOLDER, PREPARED_FOLDER, Bundle
from streaming.serving.champion import ServingVersions
from streaming.serving.model_loader import download_model
from streaming.settings import Settings
from training.data.dataset import Dataset
from training.data.file_dataset import event_table, posting_table, stated_table, write_tables
from training.fitting.fit import fit
from training.model.presets import preset_by_name
from training.registry.packaging import CATALOGUE
from training.registry.pyfunc import ARTIFACT
from training.registry.registration import TrainedModel, register_model

OnProgress = Callable[[str, float], None]
_PACKAGES = ("careerstream", "pyspark", "mlflow", "torch", "numpy")
_MEMORY_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class ScoringPlan:
    """What to measure."""

    postings: tuple[int, ...]
    """Sizes of the catalogues, one after the other."""
    profiles: int
    processes: int
    rounds: int
    """In each of them all ways take turns; medians are reported."""


def measure_scoring(
    settings: Settings, plan: ScoringPlan, out: Path, on_progress: OnProgress
) -> dict[str, Any]:
    """Run a plan; write `out`, and a page of the same name in HTML.

    The preset of `training.preset` is trained with `training.epochs`. Nothing is read from a
    broker, and nothing outside HOME/benchmark-scoring-POSTINGS is written but the report.

    Raises:
        InputError: `out` cannot be written, or there are too few people to train on.
        SettingsError: there is no such preset.
        MissingDependencyError: no Java or no jars.
        TrainingError: a training process died.
        ModelError: MLflow refuses.
    """
    page_beside(out)
    preset_by_name(settings.training.preset)
    dependencies.spark_jars()
    from jobs.benchmark.scoring.page import write  # noqa: PLC0415 - matplotlib takes a second

    report = {
        **about_machine(_PACKAGES),
        "size/postings": list(plan.postings),
        "size/profiles": plan.profiles,
        "size/processes": plan.processes,
        "size/rounds": plan.rounds,
        "setting/training.preset": settings.training.preset,
        "setting/training.epochs": settings.training.epochs,
        "setting/training.seed": settings.training.seed,
        "setting/recommend.list_size": settings.recommend.list_size,
    }
    for postings in plan.postings:

        def on_stage(text: str, share: float, postings: int = postings) -> None:
            on_progress(f"{postings:,} postings, {text}", share)

        measured = _measure(settings, plan, postings, on_stage)
        report |= {f"{postings}/{key}": value for key, value in measured.items()}
        write_report(report, out, write)
    return report


def _measure(
    settings: Settings, plan: ScoringPlan, postings: int, on_progress: OnProgress
) -> dict[str, Any]:
    """Measure all ways on one catalogue."""
    with _home(settings, plan, postings) as own, ExitStack() as resources:
        job, profiles = _prepare(own, plan, postings, on_progress)
        ways: dict[str, WayProcess] = {}
        for place, name in enumerate(WAYS):
            on_progress(f"starting {name}", place / len(WAYS))
            ways[name] = resources.enter_context(WayProcess.started(name, job, profiles))
        for turn in range(plan.rounds):
            for place, (name, way) in enumerate(ways.items()):
                share = (turn + place / len(WAYS)) / plan.rounds
                on_progress(f"round {turn + 1}: {name}", share)
                way.run(profiles)
    limit = next(iter(ways.values()))
    report: dict[str, Any] = {"profiles": len(profiles)}
    for name, way in ways.items():
        report |= {
            f"{name}/{key}": value for key, value in way.compared_with(limit, len(profiles)).items()
        }
    return report


@dataclass
class WayProcess:
    """The process of one way, and what its rounds measured."""

    pool: ProcessPoolExecutor
    start_seconds: float
    pid: int
    seconds: list[float] = field(default_factory=list)
    memory_mib: float = 0.0
    digest: str = ""
    """Of the lists."""

    @classmethod
    @contextmanager
    def started(cls, name: str, job: Job, profiles: Sequence[bytes]) -> Iterator[Self]:
        """Start a way in a process of its own, until it has made the first lists."""
        begin = time.monotonic()
        with _own_process() as pool:
            try:
                pid = pool.submit(Way.start, name, job, profiles[: job.processes]).result()
                yield cls(pool, round(time.monotonic() - begin, 1), pid)
            finally:
                with suppress(BrokenProcessPool):
                    pool.submit(Way.stop).result()

    def run(self, profiles: Sequence[bytes]) -> None:
        """Make all lists once."""
        with sampled_mib(self.pid, _MEMORY_SECONDS) as samples:
            seconds, lists = self.pool.submit(Way.score, profiles).result()
        self.seconds.append(seconds)
        self.memory_mib = max(self.memory_mib, *(mib for _, mib in samples), 0.0)
        self.digest = _digest(lists)

    def compared_with(self, limit: "WayProcess", lists: int) -> dict[str, Any]:
        """Return medians over the rounds, beside the rounds of the fastest way possible."""
        ratios = [most / own for most, own in zip(limit.seconds, self.seconds, strict=True)]
        return {
            "start_seconds": self.start_seconds,
            "per_second": round(lists / median(self.seconds), 1),
            "ratio": round(median(ratios), 3),
            "memory_mib": round(self.memory_mib),
            "same": self.digest == limit.digest,
        }


def _own_process() -> ProcessPoolExecutor:
    """Return a process that leaves Ctrl-C to this one, which ends it in order."""
    ignore = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=ignore)


@contextmanager
def _home(settings: Settings, plan: ScoringPlan, postings: int) -> Iterator[Settings]:
    """Give settings with a home of their own, which is removed afterwards."""
    # Not the same twice: MLflow keeps a database open.
    home = settings.home.absolute() / f"benchmark-scoring-{postings}"
    shutil.rmtree(home, ignore_errors=True)
    spark = settings.spark.model_copy(update={"master": f"local[{plan.processes}]"})
    mlflow = settings.mlflow.model_copy(update={"tracking_uri": None})
    try:
        home.mkdir(parents=True)
        yield settings.model_copy(update={"home": home, "spark": spark, "mlflow": mlflow})
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _prepare(
    settings: Settings, plan: ScoringPlan, postings: int, on_progress: OnProgress
) -> tuple[Job, list[bytes]]:
    """Train and register a model; return the job and the profiles of everybody with events."""
    on_progress("simulating a market", 0.0)
    market = OpenMarket.simulate(plan.profiles, postings, settings.training.seed)
    folder = settings.home / "dataset"
    write_tables(
        folder,
        posting_table(_values(Posting, market.postings)),
        event_table(_values(Event, market.events)),
        stated_table(_values(Candidate, market.stated)),
    )
    fitted = fit(
        folder,
        settings.home / "run",
        settings.training,
        on_epoch=lambda epoch: on_progress(
            f"training, epoch {epoch['epoch']}", epoch["epoch"] / epoch["epochs"]
        ),
    )
    on_progress("preparing the catalogue", 0.0)
    dataset = Dataset.read(folder)
    trained = TrainedModel(ranker=fitted.ranker, catalogue=dataset.catalogue, cut=None)
    registered = register_model(settings, trained)
    versions = ServingVersions(registered.name, registered.version, 0)
    model = settings.home / MODELS_FOLDER / versions.model_label
    model.parent.mkdir()
    download_model(settings, registered.version, model)
    folder = settings.home / versions.label
    folder.mkdir()
    (folder / PREPARED_FOLDER).symlink_to(model / "artifacts" / ARTIFACT / CATALOGUE)
    dataset.catalogue.write(folder / CATALOGUE_FILE)
    job = Job(
        settings=settings,
        bundle=Bundle(versions, str(folder), distributed=False),
        processes=plan.processes,
        size=settings.recommend.list_size,
    )
    known = np.flatnonzero(np.diff(dataset.starts)).tolist()
    profiles = (dataset.profile(candidate) for candidate in known)
    return job, [orjson.dumps({"schema_version": SCHEMA_VERSION, **p}) for p in profiles]


def _values(
    record: type[BaseModel], documents: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Convert JSON's types to those of a record."""
    return [record.model_validate(document).model_dump() for document in documents]


def _digest(lists: Mapping[str, Items]) -> str:
    """Hash lists, whatever their form: validated, without what is absent."""
    hashed = hashlib.sha256()
    for candidate_id, items in sorted(lists.items()):
        hashed.update(candidate_id.encode())
        for item in items:
            hashed.update(Item.model_validate(item).model_dump_json(exclude_none=True).encode())
    return hashed.hexdigest()
