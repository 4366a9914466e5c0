"""Job: Δ events@v Δ postings@v → MLflow run → registry, alias challenger; trained by Horovod.

Run: spark-submit jobs/train.py --config careerstream.toml
"""

import time

from pyspark.sql import SparkSession

from jobs.runtime.entrypoint import run_once
from streaming.settings import Settings
from training.data.dataset import Dataset, hold_back
from training.data.lake_export import export_dataset
from training.fitting.fit import Fitted, OnEpoch, fit
from training.registry.model_registry import ModelRef
from training.registry.registration import register_model
from training.registry.training_run import create_run_folder, training_record


def run(
    spark: SparkSession, settings: Settings, on_epoch: OnEpoch = lambda _: None
) -> tuple[ModelRef, Fitted]:
    """Train on the newest version of the lake and register the model as challenger.

    The newest events, a share of `training.gate_share`, are left to the gate. `on_epoch` is called
    with the values of each epoch.

    Raises:
        InputError: there is nothing to train on.
        SettingsError: `training.device` asks for a GPU, and PyTorch finds none.
        TrainingError: a training process died.
    """
    started = time.monotonic()
    folder = create_run_folder(settings)
    data_version = export_dataset(spark, settings, folder / "dataset")
    hold_back(folder / "dataset", settings.training.gate_share)
    fitted = fit(folder / "dataset", folder, settings.training, on_epoch=on_epoch)
    dataset, seconds = Dataset.read(folder / "dataset"), time.monotonic() - started
    record = training_record(fitted, dataset, settings.training.seed, data_version, seconds)
    return register_model(settings, record), fitted


if __name__ == "__main__":
    run_once("train", run)
