"""Job: Δ events@v Δ postings@v → MLflow run → registry, alias challenger.

Run: spark-submit jobs/train.py --config careerstream.toml
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from jobs.runtime.current_taxonomy import current_taxonomy
from jobs.runtime.entrypoint import run_once
from streaming.errors import InputError
from streaming.serving.ranker import Ranker
from streaming.settings import Settings
from streaming.taxonomy.concept import Taxonomy
from training.data.dataset import Dataset, add_taxonomy, hold_back, hold_back_after
from training.data.lake_export import export_dataset
from training.fitting.fit import Fitted, OnEpoch, fit
from training.fitting.worker import SPEC
from training.model.presets import Preset
from training.registry.model_registry import ModelRef, load_trained
from training.registry.recorded_run import RecordedRun
from training.registry.registration import register_model
from training.registry.training_run import (
    begin_run,
    create_run_folder,
    epoch_values,
    find_run_folder,
    training_record,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A model that was trained and registered."""

    reference: ModelRef
    fitted: Fitted


def run(
    spark: SparkSession,
    settings: Settings,
    on_epoch: OnEpoch = lambda _: None,
    *,
    resume: Path | None = None,
    from_run: str | None = None,
) -> Trained:
    """Train on the newest version of the lake and register the model as challenger.

    The newest events, a share of `training.gate_share`, are left to the gate. Spark's tasks encode
    the postings. The MLflow run shows each epoch when it ends; `on_epoch` is called with its
    values.

    `resume` names the folder of an earlier run, which goes on from its checkpoint over its own
    data. `from_run` is the id of an MLflow run, which is repeated as a new one: the same versions
    of the tables, preset and seed.

    Raises:
        InputError: there is nothing to train on, no such run to resume, or a version of a table is
            no longer kept.
        ModelError: MLflow cannot be reached, it has no such run, or the checkpoint is of another
            training.
        SettingsError: `training.device` asks for a GPU, and PyTorch finds none.
        TrainingError: a training process died.
    """
    if resume is not None:
        folder = find_run_folder(settings, resume)
        return train_in(spark, settings, folder, on_epoch, name="train", resume=True)
    if from_run is not None:
        recorded = RecordedRun.read(settings, from_run)
        folder = create_run_folder(settings)
        export_dataset(spark, settings, folder / "dataset", recorded.versions)
        add_taxonomy(folder / "dataset", _recorded_taxonomy(spark, settings, recorded))
        hold_back_after(folder / "dataset", recorded.events_until)
        return train_in(
            spark,
            recorded.apply_to(settings),
            folder,
            on_epoch,
            name="train",
            preset=recorded.preset,
            start=load_trained(f"models:/{recorded.continues}") if recorded.continues else None,
            params={"repeats": from_run}
            | ({"continues": recorded.continues} if recorded.continues else {}),
        )
    folder = create_run_folder(settings)
    export_dataset(spark, settings, folder / "dataset")
    add_taxonomy(folder / "dataset", current_taxonomy(spark, settings))
    hold_back(folder / "dataset", settings.training.gate_share)
    return train_in(spark, settings, folder, on_epoch, name="train")


def train_in(
    spark: SparkSession,
    settings: Settings,
    folder: Path,
    on_epoch: OnEpoch,
    *,
    name: str,
    preset: Preset | None = None,
    start: Ranker | None = None,
    resume: bool = False,
    params: Mapping[str, str] | None = None,
) -> Trained:
    """Train on the data set in a run's folder, and register the model.

    `name` is what the MLflow run is called before its preset, and `params` are parameters that it
    has besides; for the other arguments see `training.fitting.fit.fit`.
    """
    started = time.monotonic()
    called = f"{name} {(preset.name if preset else settings.training.preset)}"
    tracked = begin_run(settings, folder, called)

    def on_end(record: dict[str, Any]) -> None:
        tracked.log_epoch(record["epoch"], epoch_values(record))
        on_epoch(record)

    try:
        fitted = fit(
            folder / "dataset",
            folder,
            settings.training,
            preset=preset,
            start=start,
            resume=resume,
            on_epoch=on_end,
            tasks=lambda function, count: in_tasks(spark, function, count),
        )
        dataset, seconds = Dataset.read(folder / "dataset"), time.monotonic() - started
        tracked.stop_monitoring()
        record = training_record(fitted, dataset, seconds, params or {})
        return Trained(register_model(settings, record, tracked.id), fitted)
    except BaseException as error:
        tracked.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        if (folder / SPEC).is_file():
            log.warning("`careerstream train --resume %s` goes on with this run", folder.name)
        raise


def _recorded_taxonomy(
    spark: SparkSession, settings: Settings, recorded: RecordedRun
) -> Taxonomy | None:
    """Return the taxonomy of a recorded run.

    Raises:
        InputError: the lake holds another version of it.
    """
    if recorded.taxonomy is None:
        return None
    source = recorded.taxonomy.rpartition(" ")[0]
    training = settings.training.model_copy(update={"taxonomy": source})
    known = current_taxonomy(spark, settings.model_copy(update={"training": training}))
    found = known and f"{known.source} {known.version}"
    if found != recorded.taxonomy:
        raise InputError(
            f"run {recorded.run_id} mapped to the taxonomy {recorded.taxonomy}, the lake holds"
            f" {found}; import its files again"
        )
    return known


def in_tasks(spark: SparkSession, function: Callable[[int], None], count: int) -> None:
    """Call a function with each number below a count, in Spark's tasks."""
    spark.sparkContext.parallelize(range(count), count).foreach(function)


if __name__ == "__main__":
    run_once("train", run)
