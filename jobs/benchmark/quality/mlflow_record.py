"""A benchmark report as an MLflow run."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

from streaming.settings import Settings
from training.registry.tracking import log_curves, open_run, registry_errors

_MOST_AT_ONCE = 100
_MOST_CHARACTERS = 500


def log(settings: Settings, report: Mapping[str, Any], files: list[Path]) -> str:
    """Log numbers as metrics, words as parameters, curves and files.

    Returns:
        The run's id.

    Raises:
        ModelError: the store cannot be reached.
    """
    name = f"benchmark {report['protocol']} {report['preset']}"
    with open_run(settings, name) as run_id, registry_errors(settings):
        client = MlflowClient()
        metrics = [
            Metric(_accepted(key), float(value), _now(), 0)
            for key, value in report.items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        ]
        params = [
            Param(key, str(value)[:_MOST_CHARACTERS])
            for key, value in report.items()
            if isinstance(value, (str, bool)) or key == "seed"
        ]
        for part in range(0, len(metrics), _MOST_AT_ONCE):
            client.log_batch(run_id, metrics=metrics[part : part + _MOST_AT_ONCE])
        for part in range(0, len(params), _MOST_AT_ONCE):
            client.log_batch(run_id, params=params[part : part + _MOST_AT_ONCE])
        curves = {
            _accepted(key.removeprefix("curves/")): value
            for key, value in report.items()
            if key.startswith("curves/")
        }
        log_curves(client, run_id, curves)
        for file in files:
            client.log_artifact(run_id, str(file))
    return run_id


def _accepted(name: str) -> str:
    return name.replace("@", "_at_")  # @ is refused


def _now() -> int:
    return int(time.time() * 1000)
