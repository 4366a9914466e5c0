"""The registry: which model version serves, which one wants to, and how that changes.

The aliases `champion` and `challenger` say who is who. The registered model's tag `champions` is
the history, oldest first: version, time, reason, forced. `rollback` goes back in it.
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
from streaming.serving.model_loader import load_ranker
from streaming.serving.ranker import Ranker
from streaming.serving.versions import CHAMPION
from streaming.settings import Settings
from streaming.timestamps import to_text
from training.registry.tracking import registry_errors, setup

CHALLENGER = "challenger"
_HISTORY = "champions"
_MOST_REMEMBERED = 100


@dataclass(frozen=True, kw_only=True)
class ModelRef:
    """One version of the registered model; it never changes, whatever the aliases do."""

    name: str
    version: str
    kind: str
    """As in `training.registry.packaging`."""
    run_id: str
    cut: str | None
    """Nothing later than this moment was trained on; None: nothing was trained on."""

    @property
    def uri(self) -> str:
        """Where MLflow loads it from."""
        return f"models:/{self.name}/{self.version}"


def champion(settings: Settings) -> ModelRef:
    """Return the version that serves.

    Raises:
        ModelError: there is none, or MLflow cannot be reached.
    """
    return resolve(settings, CHAMPION)


def resolve(settings: Settings, alias: str) -> ModelRef:
    """Return the version an alias stands for now.

    Raises:
        ModelError: the model or the alias does not exist, or MLflow cannot be reached.
    """
    client = setup(settings)
    with registry_errors(settings):
        found = aliased(settings, client, alias)
    if found is None:
        remedy = "run `careerstream models init`" if alias == CHAMPION else "run `careerstream train`"
        raise ModelError(f"model {settings.mlflow.model_name} has no {alias}: {remedy}")
    return found


def find(settings: Settings, which: str) -> ModelRef:
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


def crown(settings: Settings, winner: ModelRef, *, reason: str, forced: bool) -> None:
    """Make a version champion and remember why; `training.registry.promotion` decides whether.

    The history is written first: a crash in between leaves the old champion serving, and
    `rollback` counts from the champion, not from the end of the history.
    """
    client = setup(settings)
    with registry_errors(settings):
        entry = {"version": winner.version, "time": _now(), "reason": reason, "forced": forced}
        _remember(client, winner.name, [*history(settings), entry])
        client.set_registered_model_alias(winner.name, CHAMPION, winner.version)
        challenger = aliased(settings, client, CHALLENGER)
        if challenger == winner:
            client.delete_registered_model_alias(winner.name, CHALLENGER)


def rollback(settings: Settings) -> ModelRef:
    """Make the champion's predecessor champion again; versions deleted since are skipped.

    Raises:
        ModelError: there is no champion or nothing before it, or MLflow cannot be reached.
    """
    serving = champion(settings)
    client = setup(settings)
    with registry_errors(settings):
        past = history(settings)
        known = {version.version: version for version in versions(settings, client)}
        reigns = [n for n, entry in enumerate(past) if entry["version"] == serving.version]
        end = reigns[-1] if reigns else len(past)  # no reign: the alias was set by hand
        places = [n for n in range(end) if past[n]["version"] in known.keys() - {serving.version}]
        if not places:
            raise ModelError(
                f"champion {serving.version} of {serving.name} has no predecessor to roll back to"
            )
        before = past[: places[-1] + 1]
        previous = known[before[-1]["version"]]
        _remember(client, serving.name, before)
        client.set_model_version_tag(serving.name, serving.version, "rolled_back_at", _now())
        client.set_registered_model_alias(serving.name, CHAMPION, previous.version)
    return previous


def history(settings: Settings) -> list[dict[str, Any]]:
    """List the champions, oldest first: version, time, reason, forced."""
    client = setup(settings)
    with registry_errors(settings):
        model = client.get_registered_model(settings.mlflow.model_name)
    return list(json.loads(model.tags.get(_HISTORY, "[]")))


def versions(settings: Settings, client: MlflowClient) -> list[ModelRef]:
    """List all versions, lowest first."""
    found = client.search_model_versions(f"name = '{settings.mlflow.model_name}'")
    return sorted(map(reference, found), key=lambda version: int(version.version))


def aliased(settings: Settings, client: MlflowClient, alias: str) -> ModelRef | None:
    """Return the version an alias stands for, None where the model or the alias is missing."""
    try:
        found = client.get_model_version_by_alias(settings.mlflow.model_name, alias)
    except MlflowException as error:
        # SQL stores call a missing alias an invalid parameter, others a missing resource.
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        raise
    return reference(found)


def reference(version: ModelVersion) -> ModelRef:
    """Read MLflow's answer; a version that careerstream did not register has no kind."""
    return ModelRef(
        name=version.name,
        version=str(version.version),
        kind=version.tags.get("kind", "unknown"),
        run_id=version.run_id or "",
        cut=version.tags.get("cut"),
    )


def _remember(client: MlflowClient, name: str, entries: Sequence[Mapping[str, Any]]) -> None:
    text = json.dumps(entries[-_MOST_REMEMBERED:], ensure_ascii=False)
    client.set_registered_model_tag(name, _HISTORY, text)


def _now() -> str:
    return to_text(datetime.now(UTC))
