"""The champion: which model version it is, and which versions recommendations are made with now."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import mlflow
import orjson
from mlflow.exceptions import MlflowException

from streaming.errors import ModelError
from streaming.serving.rollouts.rollout import Mode, Rollout
from streaming.settings import Settings

CHAMPION = "champion"
"""Alias of the registered model's version that serves."""
CURRENT_FILE = "current.json"
"""In the serving folder: the versions that new batches are scored with."""


@dataclass(frozen=True, order=True)
class ServingVersions:
    """A version of the model, one of the catalogue, the rollout that is on, a share to shuffle."""

    model_name: str
    model_version: str
    catalogue_version: int
    rollout: Rollout | None = None
    shuffle_share: float | None = None
    """Of the lists, above 0; None: no list is shuffled."""

    @classmethod
    def from_json(cls, text: bytes) -> "ServingVersions":
        """Read what `to_json` wrote."""
        value: Mapping[str, Any] = orjson.loads(text)
        rollout = value.get("rollout")
        return cls(**{**value, "rollout": None if rollout is None else Rollout(**rollout)})

    def to_json(self) -> bytes:
        """Return them as JSON; without a rollout or a share the field is left out."""
        return orjson.dumps({name: own for name, own in asdict(self).items() if own is not None})

    @property
    def challenger(self) -> "ServingVersions | None":
        """The versions of the other model of the rollout, with the same catalogue.

        Its lists are shuffled as the champion's are, but nobody sees those of a shadow.
        """
        if self.rollout is None:
            return None
        share = None if self.rollout.mode == Mode.SHADOW else self.shuffle_share
        version = self.rollout.model_version
        return replace(self, model_version=version, rollout=None, shuffle_share=share)

    @property
    def every(self) -> tuple["ServingVersions", ...]:
        """The pairs of versions that a batch may need: its own, and those of the challenger."""
        own = replace(self, rollout=None)
        return (own,) if self.challenger is None else (own, self.challenger)

    @property
    def label(self) -> str:
        """A name for files."""
        return f"{self.model_label}-{self.catalogue_version}"

    @property
    def model_label(self) -> str:
        """A name for the model's files."""
        return f"{self.model_name}-{self.model_version}"


def resolve_alias(settings: Settings, alias: str = CHAMPION) -> str:
    """Return the version that an alias of the registered model stands for.

    Raises:
        ModelError: the model, the alias or the registry does not exist.
    """
    client = mlflow.MlflowClient(settings.tracking_uri, settings.tracking_uri)
    name = settings.mlflow.model_name
    try:
        return str(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        raise ModelError(
            f"model {name} has no {alias} in {_without_credentials(settings.tracking_uri)}; "
            "`careerstream models init` makes the baseline champion"
        ) from error


def serving_folder(settings: Settings) -> Path:
    """Return the folder of the bundles and of the file that names the current versions."""
    return settings.home.absolute() / "serving"


def current_versions_file(settings: Settings) -> Path:
    """Return the file that names the versions that serve now."""
    return serving_folder(settings) / CURRENT_FILE


def read_current_versions(settings: Settings) -> ServingVersions | None:
    """Return the versions that serve now; None before a scoring job has started in this home."""
    try:
        return ServingVersions.from_json(current_versions_file(settings).read_bytes())
    except FileNotFoundError:
        return None


def write_current_versions(settings: Settings, versions: ServingVersions) -> None:
    """Record the versions that serve now; readers see the old or the new file, never a part."""
    file = current_versions_file(settings)
    unfinished = file.with_name(f".{CURRENT_FILE}")
    unfinished.write_bytes(versions.to_json())
    unfinished.replace(file)


def _without_credentials(uri: str) -> str:
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
