"""Registered models: their files, and the rankers loaded from them."""

import importlib
import sys
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.models.model import MLMODEL_FILE_NAME, Model
from mlflow.utils.model_utils import FLAVOR_CONFIG_CODE

from streaming.errors import ModelError
from streaming.serving.ranker import Ranker
from streaming.settings import Settings

_CODE = "code"
"""MLflow's name of the folder for the code that a model carries."""


def download_model(settings: Settings, version: str, folder: Path) -> None:
    """Download the files of a registered version into a folder, without the code it carries.

    That is hundreds of small files, each of them a request or two, and `load_ranker` takes the
    installed code.

    Raises:
        ModelError: MLflow cannot be reached, or its files are gone.
    """
    uri = f"models:/{settings.mlflow.model_name}/{version}"
    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    try:
        for entry in mlflow.artifacts.list_artifacts(artifact_uri=uri):
            if entry.path != _CODE:
                mlflow.artifacts.download_artifacts(
                    artifact_uri=f"{uri}/{entry.path}", dst_path=str(folder)
                )
    except MlflowException as error:
        raise ModelError(f"model {uri} cannot be fetched: {error.message}") from error
    # MLflow accepts an empty folder.
    if not (folder / MLMODEL_FILE_NAME).is_file():
        raise ModelError(
            f"model {uri} cannot be fetched: its files are not there; look after the artifacts of "
            "mlflow.tracking_uri, or promote another version"
        )


def load_ranker(model: str) -> Ranker:
    """Load a model as the ranker it holds.

    A model carries copies of our packages for machines that lack careerstream. Where careerstream
    is installed, all of its code comes from the installation. The model is a folder or a URI.

    Raises:
        ModelError: it is a pyfunc, but none that ranks postings.
    """
    folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=model))
    _import_installed_packages(folder)
    search_path = list(sys.path)
    try:
        python_model = mlflow.pyfunc.load_model(str(folder)).unwrap_python_model()
    finally:
        sys.path[:] = search_path  # MLflow puts the model's code first
    if not isinstance(python_model, Ranker):
        raise ModelError(f"{model} cannot rank postings; check mlflow.model_name")
    return python_model


def cached_ranker(folder: Path) -> Ranker:
    """Return the ranker of a model's folder, loaded once per process."""
    # Where registry or home were replaced, the same folder may hold another model.
    return _load_cached(folder, (folder / MLMODEL_FILE_NAME).stat().st_mtime_ns)


@lru_cache(maxsize=3)  # champion, challenger, and the one that takes over
def _load_cached(folder: Path, modified_ns: int) -> Ranker:
    del modified_ns
    return load_ranker(str(folder))


def _import_installed_packages(model: Path) -> None:
    """Import those packages that a model carries and that are installed here too.

    Python looks for the modules of an imported package in that package's own folder. So the model's
    copy, which may be older, is never mixed with the installed one.
    """
    flavor = Model.load(str(model)).flavors.get(mlflow.pyfunc.FLAVOR_NAME, {})
    if not flavor.get(FLAVOR_CONFIG_CODE):
        return
    for package in sorted((model / flavor[FLAVOR_CONFIG_CODE]).glob("*/__init__.py")):
        with suppress(ModuleNotFoundError):
            importlib.import_module(package.parent.name)
