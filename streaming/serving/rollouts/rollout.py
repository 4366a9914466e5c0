"""Rollouts: a share of the candidates is served by the challenger, or scored by it unseen.

A rollout stands in a tag of the registered model, so every job on every machine sees the same one.
The tag `rollouts` is the history, oldest first; the newest one is on until it has an end. The tag
`remake` names versions that no longer serve, whose lists the stream makes again.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import mlflow
from mlflow.exceptions import MlflowException

from streaming.contract.records import ANONYMOUS, RolloutArm
from streaming.errors import ModelError
from streaming.settings import Settings
from streaming.timestamps import format_timestamp

HISTORY_TAG = "rollouts"
REMAKE_TAG = "remake"
LOOK_TAG = "rollout_look"
"""What the newest look at what people did has found, as JSON."""
MAX_HISTORY = 8
"""Rollouts that are kept. A tag of MLflow holds 5,000 characters."""
MAX_REASON = 200
"""Characters of the reason for an end."""


class Mode(StrEnum):
    """What becomes of the challenger's lists."""

    CANARY = "canary"
    """They are published in place of the champion's."""
    SHADOW = "shadow"
    """They are kept beside the champion's, and nobody sees them."""


class Outcome(StrEnum):
    """How a rollout ended."""

    FINISHED = "finished"
    """Its challenger became champion."""
    ABORTED = "aborted"


@dataclass(frozen=True, order=True, kw_only=True)
class Rollout:
    """One rollout. All that decides who is in it stands here, so a retried batch repeats it."""

    rollout_id: str
    mode: str
    """A `Mode`."""
    share: float
    """Of the candidates, from 0 to 1."""
    salt: str
    champion_version: str
    model_version: str
    """The challenger's."""
    started_at: str

    def includes(self, candidate_id: str) -> bool:
        """Return whether a candidate gets the challenger: always the same for equal salts."""
        if candidate_id == ANONYMOUS:
            return False
        digest = hashlib.sha256(f"{self.salt}\x00{candidate_id}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64 < self.share

    def assignment(self, arm: RolloutArm) -> dict[str, Any]:
        """Return what stands in a list of an arm: a value of `records.RolloutAssignment`."""
        share = 1 - self.share if arm is RolloutArm.CHAMPION else self.share
        alone = arm is RolloutArm.CHAMPION and self.mode == Mode.SHADOW  # everybody gets this list
        return {
            "rollout_id": self.rollout_id,
            "arm": str(arm),
            "propensity": 1.0 if alone else share,
        }


@dataclass(frozen=True, kw_only=True)
class EndedRollout:
    """A rollout of the history."""

    rollout: Rollout
    ended_at: str
    outcome: str
    """An `Outcome`."""
    reason: str


@dataclass(frozen=True)
class RolloutHistory:
    """What the registered model's tags say of rollouts."""

    current: Rollout | None
    ended: tuple[EndedRollout, ...]
    """Oldest first."""
    remake: tuple[str, ...]
    """Versions whose lists the stream makes again."""
    look: dict[str, Any] | None
    """The newest look at the current rollout."""


def read_rollouts(settings: Settings) -> RolloutHistory:
    """Read the tags of the registered model.

    Raises:
        ModelError: the model does not exist, or the registry does not answer.
    """
    tags = _tags(settings)
    entries = json.loads(tags.get(HISTORY_TAG, "[]"))
    rollouts = [_rollout(entry) for entry in entries]
    ended = tuple(
        EndedRollout(rollout=one, **{name: entry[name] for name in _END})
        for one, entry in zip(rollouts, entries, strict=True)
        if "ended_at" in entry
    )
    current = next((one for one in rollouts[len(ended) :]), None)
    remake = tuple(json.loads(tags.get(REMAKE_TAG, "[]")))
    look = json.loads(tags.get(LOOK_TAG, "null"))
    own = look if look and current and look["rollout_id"] == current.rollout_id else None
    return RolloutHistory(current, ended, remake, own)


def start_rollout(settings: Settings, rollout: Rollout) -> None:
    """Start a rollout; jobs see it at their next look (`recommend.refresh_interval_seconds`).

    Raises:
        ModelError: another one is on, or the registry does not answer.
    """
    if (current := read_rollouts(settings).current) is not None:
        raise ModelError(
            f"rollout {current.rollout_id} of version {current.model_version} is on; "
            "`careerstream rollout finish` or `abort` ends it"
        )
    entries = json.loads(_tags(settings).get(HISTORY_TAG, "[]"))
    _write(settings, HISTORY_TAG, [*entries, asdict(rollout)][-MAX_HISTORY:])


def end_rollout(settings: Settings, rollout: Rollout, outcome: Outcome, reason: str) -> bool:
    """End a rollout; after an abort of a canary the stream makes the challenger's lists again.

    Returns:
        Whether it was on.

    Raises:
        ModelError: the registry does not answer.
    """
    if read_rollouts(settings).current != rollout:
        return False
    if outcome is Outcome.ABORTED and rollout.mode == Mode.CANARY:
        add_remake(settings, rollout.model_version)  # first, so that a crash forgets no list
    entries = json.loads(_tags(settings).get(HISTORY_TAG, "[]"))
    end = {"ended_at": now(), "outcome": str(outcome), "reason": reason[:MAX_REASON]}
    _write(settings, HISTORY_TAG, [*entries[:-1], entries[-1] | end])
    return True


def add_remake(settings: Settings, version: str) -> None:
    """Have the stream make the lists of a version again, with the champion."""
    known = read_rollouts(settings).remake
    _write(settings, REMAKE_TAG, sorted({*known, version}))


def remove_remake(settings: Settings, versions: Sequence[str]) -> None:
    """Note that no list of these versions is left."""
    _write(settings, REMAKE_TAG, sorted({*read_rollouts(settings).remake} - {*versions}))


def write_look(settings: Settings, look: Mapping[str, Any]) -> None:
    """Keep what a look at the current rollout has found, with its `rollout_id`."""
    _write(settings, LOOK_TAG, look)


def now() -> str:
    """Return the current time, canonical."""
    return format_timestamp(datetime.now(UTC))


_END = ("ended_at", "outcome", "reason")


def _rollout(entry: Mapping[str, Any]) -> Rollout:
    return Rollout(**{name: value for name, value in entry.items() if name not in _END})


def _tags(settings: Settings) -> dict[str, str]:
    client = mlflow.MlflowClient(settings.tracking_uri, settings.tracking_uri)
    try:
        return dict(client.get_registered_model(settings.mlflow.model_name).tags)
    except MlflowException as error:
        name = settings.mlflow.model_name
        raise ModelError(f"model {name} cannot be read from MLflow: {error.message}") from error


def _write(settings: Settings, tag: str, value: Any) -> None:
    client = mlflow.MlflowClient(settings.tracking_uri, settings.tracking_uri)
    try:
        client.set_registered_model_tag(settings.mlflow.model_name, tag, json.dumps(value))
    except MlflowException as error:
        name = settings.mlflow.model_name
        raise ModelError(f"tag {tag} of model {name} cannot be set: {error.message}") from error
