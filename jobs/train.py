"""Job: Δ events@v Δ postings@v → MLflow run → registry, alias challenger; trained by Horovod.

Run: spark-submit jobs/train.py --config careerstream.toml
"""

import time
from datetime import UTC, datetime
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.runtime.entrypoint import run_once
from streaming.settings import Settings
from training.data.dataset import Dataset
from training.data.lake_export import export_dataset
from training.fitting.fit import Fitted, OnEpoch, fit
from training.registry.model_registry import ModelRef
from training.registry.registration import Trained, log_and_register

JOB = "train"


def run(
    spark: SparkSession, settings: Settings, on_epoch: OnEpoch = lambda _: None
) -> tuple[ModelRef, Fitted]:
    """Train on the newest version of the lake and register the model as challenger.

    Args:
        spark: session.
        settings: where the lake and MLflow are, and how to train.
        on_epoch: told the values of each epoch as they come.

    Raises:
        InputError: there is nothing to train on.
        SettingsError: a GPU is asked for, and PyTorch sees none.
        TrainingError: a training process died.
    """
    started = time.monotonic()
    folder = run_folder(settings)
    data_version = export_dataset(spark, settings, folder / "dataset")
    fitted = fit(folder / "dataset", folder, settings.training, on_epoch=on_epoch)
    dataset = Dataset.read(folder / "dataset")
    train, _ = dataset.split(fitted.preset.training.validation_split)
    trained = Trained(
        ranker=fitted.ranker,
        catalogue=dataset.catalogue,
        cut=train.counts.made_at,
        params={
            "preset": fitted.preset.model_dump(mode="json"),
            "seed": settings.training.seed,
            **({"content": fitted.content.choices()} if fitted.content else {}),
        },
        data_version=data_version,
        curves=curves(fitted),
        metrics={
            "seconds": time.monotonic() - started,
            **decodings(fitted),
            **(fitted.content.reports() if fitted.content else {}),
        },
        processes=fitted.processes,
        device=fitted.device,
    )
    return log_and_register(settings, trained), fitted


def run_folder(settings: Settings) -> Path:
    """Make a folder for a new run."""
    stamp = datetime.now(tz=UTC).strftime("%Y%m%dT%H%M%S%f")
    folder = settings.home.absolute() / "training" / stamp
    folder.mkdir(parents=True)
    return folder


def decodings(fitted: Fitted) -> dict[str, float]:
    """Name what each way of decoding reached on the validation part as metrics of the run."""
    return {
        f"decoding/{way}/{name.replace('@', '_at_')}": value  # MLflow refuses @
        for way, values in fitted.compared.items()
        for name, value in values.items()
    }


def curves(fitted: Fitted) -> dict[str, list[float]]:
    """Turn the epochs' records into one list a metric."""
    numbers = (
        {name: value for name, value in record.items() if isinstance(value, (int, float))}
        for record in fitted.records
    )
    gathered: dict[str, list[float]] = {}
    for record in numbers:
        for name, value in record.items():
            if name not in {"epoch", "epochs"}:
                gathered.setdefault(name, []).append(float(value))
    return gathered


if __name__ == "__main__":
    run_once(JOB, run)
