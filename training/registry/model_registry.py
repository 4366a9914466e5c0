"""Versions of the registered model: champion and challenger, history and rollback.

The aliases `champion` and `challenger` name the version that serves and the one that may replace
it. The registered model's tag `champions` is the history, oldest first: version, time, reason,
forced. `rollback` goes back in this history.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from streaming.errors import ModelError
from streaming.serving.champion import CHAMPION
from streaming.serving.model_loader import load_ranker
from streaming.serving.ranker import Ranker
from streaming.serving.rollouts.rollout import add_remake, remove_remake
from streaming.settings import Settings
from streaming.timestamps import format_timestamp
from training.content_ranker.two_stage_ranker import TwoStageRanker
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.registry.tracking import registry_errors, setup

CHALLENGER = "challenger"
_HISTORY = "champions"
_MAX_HISTORY = 100
"""Entries of the history that are kept."""


@dataclass(frozen=True, kw_only=True)
class ModelRef:
    """One version of the registered model. Aliases may move; a version never changes."""

    name: str
    version: str
    kind: str
    """As in `training.registry.packaging`."""
    run_id: str
    cut: str | None
    """Time of the newest event seen in training or validation, canonical; None without training."""

    @property
    def uri(self) -> str:
        """The URI that MLflow loads it from."""
        return f"models:/{self.name}/{self.version}"


def champion(settings: Settings) -> ModelRef:
    """Return the champion, the version that serves.

    Raises:
        ModelError: there is none, or MLflow cannot be reached.
    """
    return resolve(settings, CHAMPION)


def resolve(settings: Settings, alias: str) -> ModelRef:
    """Return the version that an alias names.

    Raises:
        ModelError: the model or the alias does not exist, or MLflow cannot be reached.
    """
    client = setup(settings)
    with registry_errors(settings):
        version = version_of_alias(settings, client, alias)
    if version is None:
        remedy = (
            "run `careerstream models init`" if alias == CHAMPION else "run `careerstream train`"
        )
        raise ModelError(f"model {settings.mlflow.model_name} has no {alias}: {remedy}")
    return version


def find_version(settings: Settings, which: str) -> ModelRef:
    """Return a version by its number or by an alias.

    Raises:
        ModelError: there is no such version or alias, or MLflow cannot be reached.
    """
    if not which.isdecimal():
        return resolve(settings, which)
    client = setup(settings)
    with registry_errors(settings):
        known = {version.version: version for version in versions(settings, client)}
    if which not in known:
        raise ModelError(
            f"model {settings.mlflow.model_name} has no version {which}; `careerstream models` "
            "lists those there are"
        )
    return known[which]


def load(settings: Settings, reference: ModelRef) -> Ranker:
    """Load a version's ranker.

    Raises:
        ModelError: its files are missing, or it is no ranker.
    """
    setup(settings)
    with registry_errors(settings):
        return load_ranker(reference.uri)


def set_champion(settings: Settings, version: ModelRef, *, reason: str, forced: bool) -> None:
    """Make a version the champion and record the reason; `training.registry.promotion` decides.

    The history is written first. A crash in between leaves the old champion serving, and `rollback`
    starts from the champion, not from the end of the history.
    """
    client = setup(settings)
    with registry_errors(settings):
        entry = {"version": version.version, "time": _now(), "reason": reason, "forced": forced}
        _write_history(client, version.name, [*history(settings), entry])
        client.set_registered_model_alias(version.name, CHAMPION, version.version)
        challenger = version_of_alias(settings, client, CHALLENGER)
        if challenger == version:
            client.delete_registered_model_alias(version.name, CHALLENGER)
        remove_remake(settings, [version.version])


def rollback(settings: Settings) -> ModelRef:
    """Make the champion's predecessor champion again; deleted versions are skipped.

    The stream makes the lists of the version that is rolled back again.

    Raises:
        ModelError: there is no champion or nothing before it, or MLflow cannot be reached.
    """
    serving = champion(settings)
    client = setup(settings)
    with registry_errors(settings):
        past = history(settings)
        known = {version.version: version for version in versions(settings, client)}
        entries = [n for n, entry in enumerate(past) if entry["version"] == serving.version]
        end = entries[-1] if entries else len(past)  # no entry: the alias was set by hand
        places = [n for n in range(end) if past[n]["version"] in known.keys() - {serving.version}]
        if not places:
            raise ModelError(
                f"champion {serving.version} of {serving.name} has no predecessor to roll back to"
            )
        before = past[: places[-1] + 1]
        previous = known[before[-1]["version"]]
        _write_history(client, serving.name, before)
        client.set_model_version_tag(serving.name, serving.version, "rolled_back_at", _now())
        client.set_registered_model_alias(serving.name, CHAMPION, previous.version)
        add_remake(settings, serving.version)
    return previous


def history(settings: Settings) -> list[dict[str, Any]]:
    """Return the past champions, oldest first: version, time, reason, forced."""
    client = setup(settings)
    with registry_errors(settings):
        model = client.get_registered_model(settings.mlflow.model_name)
    return list(json.loads(model.tags.get(_HISTORY, "[]")))


def versions(settings: Settings, client: MlflowClient) -> list[ModelRef]:
    """Return all versions, lowest number first."""
    registered = client.search_model_versions(f"name = '{settings.mlflow.model_name}'")
    return sorted(map(model_ref, registered), key=lambda version: int(version.version))


def version_of_alias(settings: Settings, client: MlflowClient, alias: str) -> ModelRef | None:
    """Return the version that an alias names; None where the model or the alias is missing."""
    try:
        version = client.get_model_version_by_alias(settings.mlflow.model_name, alias)
    except MlflowException as error:
        # SQL stores call a missing alias an invalid parameter, others a missing resource.
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        raise
    return model_ref(version)


def model_ref(version: ModelVersion) -> ModelRef:
    """Convert MLflow's version; one that careerstream did not register has the kind `unknown`."""
    return ModelRef(
        name=version.name,
        version=str(version.version),
        kind=version.tags.get("kind", "unknown"),
        run_id=version.run_id or "",
        cut=version.tags.get("cut"),
    )


def load_trained(uri: str) -> EncoderDecoderRanker | TwoStageRanker:
    """Load the ranker of a model to train it further.

    Raises:
        ModelError: it cannot be loaded, or it holds no encoder-decoder.
    """
    ranker = getattr(load_ranker(uri), "ranker", None)
    if not isinstance(ranker, (EncoderDecoderRanker, TwoStageRanker)):
        raise ModelError(f"{uri} holds no encoder-decoder to go on from; run `careerstream train`")
    return ranker


def _write_history(client: MlflowClient, name: str, entries: Sequence[Mapping[str, Any]]) -> None:
    text = json.dumps(entries[-_MAX_HISTORY:], ensure_ascii=False)
    client.set_registered_model_tag(name, _HISTORY, text)


def _now() -> str:
    return format_timestamp(datetime.now(UTC))
