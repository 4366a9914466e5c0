"""The stream: contract, fold, scoring and sinks. It imports none of the other packages."""

from streaming.mlflow_environment import set_mlflow_defaults

set_mlflow_defaults()  # here, because MLflow reads these variables when it is first imported
