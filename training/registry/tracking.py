"""MLflow tracking: the client, runs, curves and what every run records."""

import fcntl
import json
import logging
import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import mlflow
from matplotlib.figure import Figure
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID
from requests.exceptions import RequestException

from streaming.errors import ModelError
from streaming.settings import Settings

_log = logging.getLogger(__name__)

_RECORDED_PACKAGES = ("torch", "horovod", "pyspark", "mlflow", "numpy")
_MAX_MESSAGE = 400
_CREDENTIALS = re.compile(r"//[^/@\s]+@")


def setup(settings: Settings) -> MlflowClient:
    """Point MLflow at the settings' store and return a client of it.

    Without a server the store is SQLite under HOME/mlflow, with the artifacts beside it. The first
    use creates the tables, which takes some seconds; a log line says so. Several processes may call
    this at once.

    Raises:
        ModelError: the store cannot be reached or created.
    """
    for name in ("mlflow", "alembic"):  # progress messages; warnings and errors stay
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in (
        "urllib3.connectionpool",  # warns of every single retry
        "mlflow.system_metrics",  # warns of a server that is lost, as we do
        "mlflow.utils.environment",  # warns that an environment made by uv has no pip
    ):
        logging.getLogger(name).setLevel(logging.ERROR)
    with registry_errors(settings), _own_store(settings):
        mlflow.set_tracking_uri(settings.tracking_uri)
        mlflow.set_registry_uri(settings.tracking_uri)
        return MlflowClient()


@contextmanager
def open_run(settings: Settings, name: str, run_id: str | None = None) -> Iterator[str]:
    """Open a run of the experiment and yield its id; the run fails when the body raises.

    It is a new run, or the one of that id.
    """
    client = setup(settings)
    with registry_errors(settings):
        experiment = _experiment(settings, client)
        with mlflow.start_run(run_id, experiment_id=experiment, run_name=name) as opened:
            yield str(opened.info.run_id)


class LiveRun:
    """A run that is begun before its work, and can be watched while that lasts.

    It also shows the load of this machine, every ten seconds. Where the server is lost meanwhile,
    the work goes on, and one line says so. What is logged here has no times of its own, so that
    logging it again at the end changes nothing.

    Raises:
        ModelError: MLflow cannot be reached or refuses.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        run_id: str | None = None,
        *,
        parent: str | None = None,
    ) -> None:
        self._settings = settings
        self._client = setup(settings)
        self._lost = False
        with registry_errors(settings):
            if run_id is None:
                experiment = _experiment(settings, self._client)
                tags = {} if parent is None else {MLFLOW_PARENT_RUN_ID: parent}
                run_id = self._client.create_run(experiment, run_name=name, tags=tags).info.run_id
            else:
                self._client.update_run(run_id, status="RUNNING")
        self.id = str(run_id)
        self._monitor = SystemMetricsMonitor(  # type: ignore[no-untyped-call]
            self.id, resume_logging=True
        )
        self._monitor.start()  # type: ignore[no-untyped-call]

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log parameters, as far as the server is there."""
        own = [Param(name, value) for name, value in as_params(params).items()]
        self._log(params=own)

    def log_metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log values of a step, as far as the server is there."""
        self._log(metrics=[Metric(name, float(value), 0, step) for name, value in values.items()])

    def log_epoch(self, epoch: int, values: Mapping[str, float]) -> None:
        """Log the values of an epoch, which counts from 1."""
        self.log_metrics(values, epoch)

    def _log(self, **entries: Any) -> None:
        try:
            with registry_errors(self._settings):
                self._client.log_batch(self.id, **entries)
            self._lost = False
        except ModelError as error:
            if not self._lost:
                _log.warning("%s; the training goes on, its curves are logged in the end", error)
            self._lost = True

    def stop_monitoring(self) -> None:
        """Log no more of the machine: processor, memory, GPU, network."""
        self._monitor.finish()  # type: ignore[no-untyped-call]

    def end(self, status: str) -> None:
        """Mark the run as `FINISHED`, `FAILED` or `KILLED`, if the server is there."""
        self.stop_monitoring()
        try:
            with registry_errors(self._settings):
                self._client.set_terminated(self.id, status)
        except ModelError as error:
            _log.warning("%s; run %s stays marked as running", error, self.id)


@contextmanager
def registry_errors(settings: Settings) -> Iterator[None]:
    """Turn errors of MLflow into a `ModelError` of one line with the store and the remedy."""
    try:
        yield
    except (MlflowException, RequestException, OSError) as error:
        line = (str(error).splitlines() or [type(error).__name__])[0]
        message = _CREDENTIALS.sub("//", f"MLflow at {settings.tracking_uri} failed: {line}")
        raise ModelError(
            f"{message[:_MAX_MESSAGE]}; check mlflow.tracking_uri and that the server runs"
        ) from error


def environment(settings: Settings) -> dict[str, str]:
    """Return versions of packages, cores and processes; `none` for an absent package."""
    values = {"python": platform.python_version(), "cores": str(os.cpu_count())}
    for package in _RECORDED_PACKAGES:
        try:
            values[package] = version(package)
        except PackageNotFoundError:
            values[package] = "none"
    return values | {"processes_asked": str(settings.training.processes)}


def log_curves(client: MlflowClient, run_id: str, curves: Mapping[str, Sequence[float]]) -> None:
    """Log curves over epochs, which count from 1, and a chart of them.

    Curves have a value for each epoch; those whose names share the last word (`train_loss`,
    `validation_loss`) are drawn in one panel.
    """
    metrics = [
        Metric(name, float(value), 0, epoch)
        for name, values in curves.items()
        for epoch, value in enumerate(values, start=1)
    ]
    if not metrics:
        return
    client.log_batch(run_id, metrics=metrics)
    client.log_figure(run_id, draw_curves(curves), "curves.png")


def draw_curves(curves: Mapping[str, Sequence[float]]) -> Figure:
    """Draw curves over epochs, with one panel for each last word of their names."""
    panels = sorted({name.rpartition("_")[2] for name in curves})
    figure = Figure(figsize=(5 * len(panels), 4), layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for name, values in curves.items():
            if name.rpartition("_")[2] == panel:
                axes.plot(range(1, len(values) + 1), values, marker="o", label=name)
        axes.set(title=panel, xlabel="epoch")
        axes.legend()
    return figure


def as_params(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flatten nested values to MLflow parameters, `a.b` for b within a."""
    flat: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= as_params(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = (
                value if isinstance(value, str) else json.dumps(value, default=str)
            )
    return flat


def _experiment(settings: Settings, client: MlflowClient) -> str:
    """Return the id of the experiment of the training runs; create it where it is missing."""
    name = settings.mlflow.experiment
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return client.create_experiment(name, artifact_location=_artifacts(settings))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return _experiment(settings, client)  # another process created it first
    if experiment.lifecycle_stage == "deleted":
        raise ModelError(
            f"MLflow experiment {name} is deleted: restore it, or set mlflow.experiment anew"
        )
    return str(experiment.experiment_id)


@contextmanager
def _own_store(settings: Settings) -> Iterator[None]:
    """Create the folder of the SQLite store, and let one process at a time create its tables.

    MLflow itself locks their creation, but not the migrations that follow.
    """
    if settings.mlflow.tracking_uri is not None:
        yield
        return
    home = settings.home.absolute() / "mlflow"
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file closes or the process ends
        if not (home / "mlflow.db").exists():
            _log.info("creating the MLflow store %s: some seconds", home)
        yield


def _artifacts(settings: Settings) -> str | None:
    """Return where a new experiment keeps its files; a server decides that itself."""
    if not settings.tracking_uri.startswith("sqlite:"):
        return None
    return (settings.home.absolute() / "mlflow" / "artifacts").as_uri()
