"""Registration of trained models: one MLflow run and one model version each."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pyarrow as pa
from mlflow import MlflowClient
from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from streaming.serving.catalogue import Catalogue
from streaming.serving.champion import CHAMPION
from streaming.settings import Settings
from training.data.lake_export import TABLES, version_key
from training.ranking.most_popular import MostPopularRanker
from training.registry.model_registry import (
    CHALLENGER,
    ModelRef,
    model_ref,
    set_champion,
    version_of_alias,
    versions,
)
from training.registry.packaging import MOST_POPULAR, SavedRanker, kind_of, pack, requirements
from training.registry.pyfunc import ARTIFACT, CODE, CODE_PATHS, EXAMPLE, SIGNATURE
from training.registry.tracking import (
    as_params,
    environment,
    log_curves,
    open_run,
    registry_errors,
    setup,
)

_TIME = pa.timestamp("us", tz="UTC")
_NO_POSTINGS = pa.schema(
    [
        ("posting_id", pa.string()),
        ("employer", pa.string()),
        ("date_posted", _TIME),
        ("valid_through", _TIME),
        ("open", pa.bool_()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """A trained model and what a run records of its training."""

    ranker: SavedRanker
    catalogue: Catalogue
    """The catalogue that it was trained on; packed, so that `predict` works without another."""
    cut: str | None
    """Time of the newest event seen in training or validation, canonical; None without training."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """The preset and all other settings of the training; may be nested."""
    data_version: Mapping[str, Any] = field(default_factory=dict)
    """Versions of the Delta tables, and counts."""
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """A value for each epoch: train_loss, validation_loss, validation_accuracy, ..."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Single numbers: seconds, examples, ..."""
    description: str = ""
    """A sentence on what it is, in Markdown."""
    processes: int = 1
    """Number of training processes."""
    device: str = "cpu"
    """Device of the leading process."""


def register_model(
    settings: Settings, trained: TrainedModel, run_id: str | None = None
) -> ModelRef:
    """Record a training as an MLflow run, and register its model as the challenger.

    The run has parameters, data version, environment, curves with a chart, metrics and the model.
    It is a new one, or the one of that id.

    Raises:
        ModelError: MLflow cannot be reached or refuses.
    """
    registered = _register(settings, trained, run_id)
    with registry_errors(settings):
        setup(settings).set_registered_model_alias(registered.name, CHALLENGER, registered.version)
    return registered


def ensure_champion(settings: Settings, catalogue: Catalogue | None = None) -> ModelRef:
    """Return the champion; where there is none, register the most-popular baseline as champion.

    So the stream can serve before the first training. Concurrent processes agree on one baseline:
    the lowest version wins, and the others delete their own. The catalogue is packed with the
    baseline; default: an empty one, as before the first posting.

    Raises:
        ModelError: MLflow cannot be reached or refuses.
    """
    client = setup(settings)
    with registry_errors(settings):
        serving = version_of_alias(settings, client, CHAMPION)
        if serving is not None:
            return serving
        if not _baselines(settings, client):
            empty = Catalogue.of(_NO_POSTINGS.empty_table(), 0)
            registered = _register(
                settings,
                TrainedModel(ranker=MostPopularRanker(), catalogue=catalogue or empty, cut=None),
            )
            if registered != _baselines(settings, client)[0]:
                client.delete_model_version(registered.name, registered.version)
        baseline = _baselines(settings, client)[0]
        # Registration takes a while: another process may have set a champion meanwhile.
        serving = version_of_alias(settings, client, CHAMPION)
    if serving is None:
        set_champion(settings, baseline, reason="baseline, before any training", forced=False)
    return serving or baseline


def _register(settings: Settings, trained: TrainedModel, run_id: str | None = None) -> ModelRef:
    """Log a run with the model, and register the model without an alias."""
    client = setup(settings)
    kind = kind_of(trained.ranker)
    with open_run(settings, kind, run_id) as own, tempfile.TemporaryDirectory() as temporary:
        _log(settings, client, own, trained)
        packed = Path(temporary) / ARTIFACT
        packed.mkdir()
        pack(trained.ranker, trained.catalogue, packed)
        logged = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(CODE),
            artifacts={ARTIFACT: str(packed)},
            code_paths=[str(path) for path in CODE_PATHS],
            signature=SIGNATURE,
            input_example=(EXAMPLE, {"size": 10}),
            pip_requirements=requirements(trained.ranker),
        )
    with registry_errors(settings):
        name = settings.mlflow.model_name
        _create_model(client, name)
        tags = {"kind": kind} | ({} if trained.cut is None else {"cut": trained.cut})
        created = client.create_model_version(
            name,
            logged.model_uri,
            own,
            tags=tags,
            model_id=logged.model_id,
        )
        return model_ref(created)


def _log(settings: Settings, client: MlflowClient, run_id: str, trained: TrainedModel) -> None:
    params = {
        **trained.params,
        "data": trained.data_version,
        "environment": environment(settings)
        | {"processes": trained.processes, "device": trained.device},
        **({} if trained.cut is None else {"cut": trained.cut}),
    }
    mlflow.log_params(as_params(params))
    mlflow.log_metrics(dict(trained.metrics))
    log_curves(client, run_id, trained.curves)
    mlflow.set_tag(MLFLOW_RUN_NOTE, trained.description)
    for name, table in TABLES.items():
        if (version := trained.data_version.get(version_key(name))) is not None:
            source = DeltaDatasetSource(path=table.path(settings), delta_table_version=version)
            digest = trained.data_version.get("digest")  # None: MLflow's own
            known = MetaDataset(source, name=name, digest=digest)  # type: ignore[abstract]
            mlflow.log_input(known, context="training")


def _create_model(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _baselines(settings: Settings, client: MlflowClient) -> list[ModelRef]:
    """Return the most-popular versions without training, lowest number first."""
    known = versions(settings, client)
    return [version for version in known if version.kind == MOST_POPULAR and version.cut is None]
