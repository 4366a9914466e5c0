"""A trained model on its way into the registry: one MLflow run, one model version."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pyarrow as pa
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from streaming.serving.catalogue import Catalogue
from streaming.serving.versions import CHAMPION
from streaming.settings import Settings
from training.ranking.most_popular import MostPopularRanker
from training.registry.model_registry import (
    CHALLENGER,
    ModelRef,
    aliased,
    crown,
    reference,
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
class Trained:
    """What training hands to the registry."""

    ranker: SavedRanker
    catalogue: Catalogue
    """The one it was trained on; packed with the model, so that `predict` works alone."""
    cut: str | None
    """Time of the newest event trained on, canonical format."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """The preset and whatever else decided the outcome; may be nested."""
    data_version: Mapping[str, Any] = field(default_factory=dict)
    """Versions of the Delta tables, and counts."""
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """One value an epoch: train_loss, validation_loss, validation_accuracy, ..."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Single numbers: seconds, examples, ..."""
    processes: int = 1
    """How many trained it together."""
    device: str = "cpu"
    """Where the leader computed."""


def log_and_register(settings: Settings, trained: Trained) -> ModelRef:
    """Record a training as an MLflow run and register its model as the challenger.

    The run holds parameters, data version, environment, curves with a chart, metrics and the model.

    Raises:
        ModelError: MLflow cannot be reached or refuses.
    """
    registered = _register(settings, trained)
    with registry_errors(settings):
        setup(settings).set_registered_model_alias(registered.name, CHALLENGER, registered.version)
    return registered


def ensure_champion(settings: Settings, catalogue: Catalogue | None = None) -> ModelRef:
    """Return the champion; where there is none, make the most-popular baseline champion.

    So the stream serves before anything is trained. Processes that do this at once agree: the
    baseline with the lowest version wins, and the others delete their own.

    Args:
        settings: where the registry is.
        catalogue: packed with the baseline; default: an empty one, as before the first posting.

    Raises:
        ModelError: MLflow cannot be reached or refuses.
    """
    client = setup(settings)
    with registry_errors(settings):
        serving = aliased(settings, client, CHAMPION)
        if serving is not None:
            return serving
        if not _baselines(settings, client):
            empty = Catalogue.of(_NO_POSTINGS.empty_table(), 0)
            mine = _register(
                settings,
                Trained(ranker=MostPopularRanker(), catalogue=catalogue or empty, cut=None),
            )
            if mine != _baselines(settings, client)[0]:
                client.delete_model_version(mine.name, mine.version)
        baseline = _baselines(settings, client)[0]
        # Registering took a while: another process may have crowned it, or have promoted since.
        serving = aliased(settings, client, CHAMPION)
    if serving is None:
        crown(settings, baseline, reason="baseline, before any training", forced=False)
    return serving or baseline


def _register(settings: Settings, trained: Trained) -> ModelRef:
    """Log a run with the model and register it, without an alias."""
    client = setup(settings)
    kind = kind_of(trained.ranker)
    with open_run(settings, kind) as run_id, tempfile.TemporaryDirectory() as temporary:
        _log(settings, client, run_id, trained)
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
        about = {"kind": kind} | ({} if trained.cut is None else {"cut": trained.cut})
        created = client.create_model_version(
            name,
            logged.model_uri,
            run_id,
            tags=about,
            model_id=logged.model_id,
        )
        return reference(created)


def _log(settings: Settings, client: MlflowClient, run_id: str, trained: Trained) -> None:
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


def _create_model(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _baselines(settings: Settings, client: MlflowClient) -> list[ModelRef]:
    """The most-popular versions that were registered before any training, lowest first."""
    found = versions(settings, client)
    return [version for version in found if version.kind == MOST_POPULAR and version.cut is None]
