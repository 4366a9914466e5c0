"""Job: Δ events@v Δ postings@v → MLflow run → registry, alias challenger.

Run: spark-submit jobs/train.py --config careerstream.toml
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from jobs.runtime.entrypoint import run_once
from streaming.settings import Settings
from training.data.dataset import Dataset, hold_back
from training.data.lake_export import export_dataset
from training.fitting.fit import Fitted, OnEpoch, fit
from training.registry.model_registry import ModelRef
from training.registry.registration import register_model
from training.registry.training_run import (
    begin_run,
    create_run_folder,
    epoch_values,
    find_run_folder,
    training_record,
)

log = logging.getLogger(__name__)


def run(
    spark: SparkSession,
    settings: Settings,
    on_epoch: OnEpoch = lambda _: None,
    *,
    resume: Path | None = None,
) -> tuple[ModelRef, Fitted]:
    """Train on the newest version of the lake and register the model as challenger.

    The newest events, a share of `training.gate_share`, are left to the gate. Spark's tasks encode
    the postings. The MLflow run shows each epoch when it ends; `on_epoch` is called with its
    values. `resume` names an earlier run, which goes on from its checkpoint over its own data.

    Raises:
        InputError: there is nothing to train on, or no such run to resume.
        ModelError: MLflow cannot be reached, or the checkpoint is of another preset.
        SettingsError: `training.device` asks for a GPU, and PyTorch finds none.
        TrainingError: a training process died.
    """
    started = time.monotonic()
    if resume is None:
        folder = create_run_folder(settings)
        export_dataset(spark, settings, folder / "dataset")
        hold_back(folder / "dataset", settings.training.gate_share)
    else:
        folder = find_run_folder(settings, resume)
    tracked = begin_run(settings, folder, f"train {settings.training.preset}")

    def on_end(record: dict[str, Any]) -> None:
        tracked.log_epoch(record["epoch"], epoch_values(record))
        on_epoch(record)

    try:
        fitted = fit(
            folder / "dataset",
            folder,
            settings.training,
            resume=resume is not None,
            on_epoch=on_end,
            tasks=lambda function, count: _in_tasks(spark, function, count),
        )
        dataset, seconds = Dataset.read(folder / "dataset"), time.monotonic() - started
        version = dataset.version
        record = training_record(fitted, dataset, settings.training.seed, version, seconds)
        return register_model(settings, record, tracked.id), fitted
    except BaseException as error:
        tracked.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        if (folder / "spec.json").is_file():
            log.warning("`careerstream train --resume %s` goes on with this run", folder.name)
        raise


def _in_tasks(spark: SparkSession, function: Callable[[int], None], count: int) -> None:
    """Call a function with each number below a count, in Spark's tasks."""
    spark.sparkContext.parallelize(range(count), count).foreach(function)


if __name__ == "__main__":
    run_once("train", run)
