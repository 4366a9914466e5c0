"""A sandbox: a home folder, settings, topics and a Kafka broker that nothing else uses."""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from infra.broker import provisioning
from infra.broker.embedded import Broker
from infra.process.supervisor import SupervisedProcess
from streaming.contract.topics import TOPICS, Topic
from streaming.kafka import clients
from streaming.settings import (
    CONFIG_VARIABLE,
    KafkaSettings,
    MlflowSettings,
    Settings,
    StorageSettings,
    environment_name,
)

DELETION_SECONDS = 10.0
POLL_SECONDS = 0.05
Changes = Mapping[str, Any]
"""Names of settings to values."""


@dataclass(frozen=True)
class Sandbox:
    """Settings of a sandbox, and the programs that run with them."""

    settings: Settings
    broker: Broker | None = None
    """None where the topics are on a cluster."""

    @property
    def home(self) -> Path:
        """The folder of tables, checkpoints, models and logs."""
        return self.settings.home

    @property
    def kafka(self) -> KafkaSettings:
        """The broker and the prefix of the topics."""
        return self.settings.kafka

    def start_job(self, module: str, changes: Changes | None = None) -> SupervisedProcess:
        """Start the module of a job as users do, with changed settings for this run only."""
        flags = [f"--set={name}={value}" for name, value in (changes or {}).items()]
        return self._start(module.rpartition(".")[2], "-m", module, *flags)

    def start_command(self, name: str, *arguments: str) -> SupervisedProcess:
        """Start `careerstream NAME ARGUMENTS`."""
        return self._start(f"careerstream-{name}", "-m", "jobs.cli", name, *arguments)

    def _start(self, name: str, *arguments: str) -> SupervisedProcess:
        return SupervisedProcess(
            name,
            # -P: the home folder, where it runs, is not on the path of modules.
            [sys.executable, "-P", *arguments],
            folder=self.home,
            log=self.home / "logs" / f"{name}.log",
            environment=settings_environment(self.settings),
        )


@contextmanager
def sandbox(
    given: Settings,
    home: Path,
    *,
    cluster_prefix: str | None = None,
    keep_topics: bool = False,
    topics: Sequence[Topic] = TOPICS,
    **changes: Changes,
) -> Iterator[Sandbox]:
    """Give a block a sandbox; the broker ends with the block, and the folder stays.

    Args:
        given: the user's settings. Without a cluster those of Kafka, storage and MLflow are
            replaced.
        home: the folder; created when absent.
        cluster_prefix: use the Kafka of the given settings, with topics of this prefix, instead of
            an embedded broker, and their storage and MLflow, where they name any, with folders and
            a model of this prefix.
        keep_topics: leave the topics on that cluster; otherwise they are deleted.
        topics: the topics to create.
        changes: further settings: section to names and values.

    Raises:
        BrokerError: no broker answers, or it cannot be started.
        MissingDependencyError: no Java or no jars.
    """
    home.mkdir(parents=True, exist_ok=True)
    broker = None if cluster_prefix is not None else Broker(home / "kafka").start()
    try:
        if broker is not None:
            kafka = KafkaSettings(
                bootstrap_servers=broker.bootstrap_servers,
                fetch_max_wait_ms=given.kafka.fetch_max_wait_ms,
                max_offsets_per_trigger=given.kafka.max_offsets_per_trigger,
            )
        else:
            kafka = given.kafka.model_copy(update={"topic_prefix": cluster_prefix})
        settings = isolated_settings(given, home, kafka, changes)
        if cluster_prefix is not None:
            settings = settings.model_copy(update=_on_cluster(given, cluster_prefix))
        try:
            provisioning.create(kafka, topics)
            yield Sandbox(settings, broker)
        finally:
            if broker is None and not keep_topics:
                delete_topics(kafka, topics)
    finally:
        if broker is not None:
            broker.stop()


def isolated_settings(
    given: Settings, home: Path, kafka: KafkaSettings, changes: Mapping[str, Changes]
) -> Settings:
    """Return the given settings, but with tables, checkpoints and models below `home`."""
    changed = {
        section: getattr(given, section).model_copy(update=dict(values))
        for section, values in changes.items()
    }
    own = {"home": home, "kafka": kafka, "storage": StorageSettings(), "mlflow": MlflowSettings()}
    return given.model_copy(update=own | changed)


def _on_cluster(given: Settings, prefix: str) -> Changes:
    """Return storage and MLflow of the given settings, with places of this prefix."""
    storage, mlflow = given.storage, given.mlflow
    places = {
        name: f"{place}/{prefix.removesuffix('.')}"
        for name, place in (("lake", storage.lake), ("checkpoints", storage.checkpoints))
        if place is not None
    }
    changed: dict[str, Any] = {"storage": storage.model_copy(update=places)}
    if mlflow.tracking_uri is not None:
        names = {name: prefix + getattr(mlflow, name) for name in ("experiment", "model_name")}
        changed["mlflow"] = mlflow.model_copy(update=names)
    return changed


def delete_topics(kafka: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> None:
    """Delete the topics of a prefix and wait until the broker lists none of them."""
    names = {kafka.topic_prefix + topic.name for topic in topics}
    with closing(clients.admin(kafka)) as client, clients.broker_errors(kafka):
        client.delete_topics(sorted(names & set(client.list_topics())))
        deadline = time.monotonic() + DELETION_SECONDS
        # The broker answers before its list of topics is up to date.
        while names & set(client.list_topics()) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def settings_environment(settings: Settings) -> dict[str, str]:
    """Return this process's variables with complete settings; a password never reaches a file."""
    sections = set(type(settings).model_fields)
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name != CONFIG_VARIABLE
        and name.removeprefix("CAREERSTREAM_").partition("__")[0].lower() not in sections
    }
    return inherited | dict(_variables(settings))


def _variables(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name in type(section).model_fields:
        value: Any = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _variables(value, f"{prefix}{name}.")
        elif value is not None:
            yield environment_name(prefix + name), _text(value)


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.absolute())
    return json.dumps(value) if isinstance(value, (dict, list, bool)) else str(value)
