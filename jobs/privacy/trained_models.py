"""Which registered models were trained on somebody, and how they are replaced."""

import json
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from jobs import train
from jobs.privacy.findings import Place, PlaceKind
from streaming.serving.champion import CHAMPION
from streaming.settings import Settings
from training.registry.model_registry import ModelRef, set_champion, version_of_alias, versions
from training.registry.tracking import registry_errors, setup


@dataclass(frozen=True)
class TrainedOn:
    """A model that was trained on somebody."""

    reference: ModelRef
    serving: bool
    """Whether it is the champion."""


def models_trained_on(settings: Settings, places: Iterable[Place]) -> list[TrainedOn]:
    """Return the models whose data set, or whose own files, give somebody away.

    The data set of a training stands in its folder below the home, beside the id of its MLflow run.

    Raises:
        ModelError: MLflow cannot be reached.
    """
    home = settings.home.absolute()
    names = [place.name for place in places if place.kind is PlaceKind.FILE and place.found]
    runs = {run for name in names for run in _runs_of(home, name)}
    client = setup(settings)
    with registry_errors(settings):
        champion = version_of_alias(settings, client, CHAMPION)
        known = versions(settings, client)
    return [
        TrainedOn(version, serving=version == champion)
        for version in known
        if version.run_id in runs or any(version.run_id in Path(name).parts for name in names)
    ]


def retire(spark: SparkSession, settings: Settings, models: Collection[TrainedOn]) -> str | None:
    """Replace models: train a champion anew on the lake if one of them serves, then delete them.

    Returns:
        The version that serves now; None where none of them did.

    Raises:
        InputError: there is nothing to train on.
        ModelError: MLflow cannot be reached.
    """
    serving = None
    if any(model.serving for model in models):
        trained = train.run(spark, settings).reference
        set_champion(settings, trained, reason="replaces a model trained on erased", forced=True)
        serving = trained.version
    client = setup(settings)
    with registry_errors(settings):
        for model in models:
            source = client.get_run(model.reference.run_id).info.artifact_uri
            client.delete_model_version(model.reference.name, model.reference.version)
            client.delete_run(model.reference.run_id)
            _remove_artifacts(settings, source)
    return serving


def _runs_of(home: Path, name: str) -> set[str]:
    """Return the MLflow run of the training whose folder a file is in."""
    for folder in (home / name).parents:
        file = folder / "mlflow.json"
        if folder == home:
            break
        if file.is_file():
            return {json.loads(file.read_text(encoding="utf-8"))["run_id"]}
    return set()


def _remove_artifacts(settings: Settings, uri: str | None) -> None:
    """Remove a run's files where they are below the home; a server removes its own."""
    folder = Path((uri or "").removeprefix("file://"))
    if uri and folder.is_dir() and settings.home.absolute() in folder.parents:
        shutil.rmtree(folder, ignore_errors=True)
