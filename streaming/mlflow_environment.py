"""Environment variables of MLflow: no telemetry, little output, short timeouts."""

import os
from collections.abc import Mapping
from types import MappingProxyType

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        # A server that is down is an error after seconds. MLflow's default takes minutes.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    }
)


def set_mlflow_defaults() -> None:
    """Set those variables that are not set; MLflow reads them on import."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
