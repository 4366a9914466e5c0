"""What MLflow runs to load a registered model; only MLflow imports this file."""

from mlflow.models import set_model

from training.registry.pyfunc import RankerModel

set_model(RankerModel())
