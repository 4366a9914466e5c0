"""Logs a quality report as an MLflow run."""

import time
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

from jobs.reporting.html_page import Report, select
from streaming.settings import Settings
from training.registry.tracking import log_curves, open_run, registry_errors

_BATCH = 100
"""Most metrics and parameters of one request."""
_MOST_CHARACTERS = 500


def log(settings: Settings, report: Report, files: list[Path]) -> str:
    """Log numbers as metrics, texts as parameters, curves and files.

    Returns:
        The run's id.

    Raises:
        ModelError: the store cannot be reached.
    """
    name = f"benchmark {report['protocol']} {report['preset']}"
    with open_run(settings, name) as run_id, registry_errors(settings):
        client, now = MlflowClient(), int(time.time() * 1000)
        metrics = [
            Metric(_allowed(key), float(value), now, 0)
            for key, value in report.items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        ]
        params = [
            Param(key, str(value)[:_MOST_CHARACTERS])
            for key, value in report.items()
            if isinstance(value, (str, bool)) or key == "seed"
        ]
        for start in range(0, max(len(metrics), len(params)), _BATCH):
            batch = slice(start, start + _BATCH)
            client.log_batch(run_id, metrics=metrics[batch], params=params[batch])
        curves = select(report, "curves/").items()
        log_curves(
            client, run_id, {_allowed(k.removeprefix("curves/")): values for k, values in curves}
        )
        for file in files:
            client.log_artifact(run_id, str(file))
    return run_id


def _allowed(name: str) -> str:
    return name.replace("@", "_at_")  # MLflow refuses @
