"""The stream: contract, fold, scoring and sinks. Knows nothing of the other packages."""

from streaming.mlflow_environment import quieten_mlflow

quieten_mlflow()  # here, because MLflow reads its switches when it is first imported
