"""MLflow's switches, thrown before it is imported: no telemetry, no chatter, short waits."""

import os
from collections.abc import Mapping
from types import MappingProxyType

SWITCHES: Mapping[str, str] = MappingProxyType(
    {
        "MLFLOW_DISABLE_TELEMETRY": "true",  # nobody is told what runs here
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        # A server that is down is an error within seconds, not after MLflow's several minutes.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    }
)


def quieten_mlflow() -> None:
    """Throw the switches that the environment leaves open; MLflow reads them on import."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)
