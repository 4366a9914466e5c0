"""The file that MLflow runs to load a registered model; nothing else imports it.

MLflow copies this file into every model, so each import line that a release has written here must
resolve for ever: `training.registry.pyfunc.RankerModel` is the stable import path of the models of
release 0.1.0 and later. Modules behind it may move. A model also carries the packages `streaming`
and `training` of its time, but a process that has imported its own uses those. The kinds in
`training.registry.packaging` are stable in the same way.
`tests/test_training/registry/test_released_models.py` checks both.
"""

from mlflow.models import set_model

from training.registry.pyfunc import RankerModel

set_model(RankerModel())
