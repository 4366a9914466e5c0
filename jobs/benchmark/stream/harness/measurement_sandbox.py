"""Where a part is measured: a broker, tables and a model store of its own, made anew."""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType

from infra.broker import provisioning
from infra.broker.embedded import Broker
from infra.process.supervisor import Child, child
from streaming.contract.topics import DEAD_LETTERS, PROFILES, RECOMMENDATIONS, TOPICS, Topic
from streaming.kafka.clients import admin, broker_errors
from streaming.settings import KafkaSettings, MlflowSettings, Settings, StorageSettings

COPIES = Topic(
    name="copies",
    record=None,
    key="as in events",
    cleanup="delete",
    description="What the pass-through makes of the topic events: the same.",
)
QUIX_PROFILES = Topic(
    name="quix-profiles",
    record=None,
    key="candidate_id",
    cleanup="delete",
    description="The profiles that Quix Streams makes of the topic events.",
)
OUTPUTS = (PROFILES, RECOMMENDATIONS, DEAD_LETTERS, COPIES, QUIX_PROFILES)
CONFIG = "careerstream.toml"


@dataclass(frozen=True)
class Place:
    """One part's own world."""

    folder: Path
    settings: Settings

    @property
    def kafka(self) -> KafkaSettings:
        """Its broker."""
        return self.settings.kafka

    def command(self, *words: str) -> AbstractContextManager[Child]:
        """Run a command of `careerstream` beside, with this place's settings."""
        program = [sys.executable, "-m", "jobs.cli", "--config", CONFIG, *words]
        return child(words[0], program, self.folder)

    def job(
        self, module: str, changes: Mapping[str, Any] | None = None
    ) -> AbstractContextManager[Child]:
        """Run a job file beside, with this place's settings.

        Args:
            module: of the job.
            changes: settings that are others for this run, by their dotted names.
        """
        flags = [f"--set={name}={value}" for name, value in (changes or {}).items()]
        program = [sys.executable, "-m", module, "--config", CONFIG, *flags]
        return child(module.rpartition(".")[2], program, self.folder)


@contextmanager
def place(given: Settings, name: str) -> Iterator[Place]:
    """Give a part a broker with all topics; whatever it wrote but its logs is removed afterwards.

    Of the given settings it uses home, spark, training, recommend, jobs, and how Kafka is read.
    Topics that jobs write to carry the broker's own clock, so that a message's timestamp is the
    moment from which it could be read.
    """
    folder = given.home.absolute() / "benchmark-stream" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with Broker(folder / "kafka") as broker:
            kafka = KafkaSettings(
                bootstrap_servers=broker.bootstrap_servers,
                fetch_max_wait_ms=given.kafka.fetch_max_wait_ms,
                max_offsets_per_trigger=given.kafka.max_offsets_per_trigger,
            )
            settings = given.model_copy(
                update={
                    "home": folder,
                    "kafka": kafka,
                    "storage": StorageSettings(),
                    "mlflow": MlflowSettings(),
                    # Which names each batch with its rows and its seconds.
                    "jobs": given.jobs.model_copy(update={"log_format": "json"}),
                    # Several jobs run at once.
                    "metrics": given.metrics.model_copy(update={"port": 0}),
                }
            )
            provisioning.create(kafka, (*TOPICS, COPIES, QUIX_PROFILES))
            _stamp_by_broker(kafka)
            (folder / CONFIG).write_text(_toml(settings), encoding="utf-8")
            yield Place(folder, settings)
    finally:
        _remove_data(folder)


def _stamp_by_broker(kafka: KafkaSettings) -> None:
    """Have outputs carry the moment at which the broker appended them."""
    client = admin(kafka)
    stamped = {"message.timestamp.type": "LogAppendTime"}
    try:
        with broker_errors(kafka):
            client.alter_configs(
                [
                    ConfigResource(
                        ConfigResourceType.TOPIC, kafka.topic_prefix + topic.name, stamped
                    )
                    for topic in OUTPUTS
                ]
            )
    finally:
        client.close()


def _remove_data(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.suffix != ".log" and entry.name not in {"logs", CONFIG}:
            shutil.rmtree(entry, ignore_errors=True)


def _toml(settings: Settings) -> str:
    """Write settings as a file that a job reads; nothing secret is among a broker's of our own."""
    values = settings.model_dump(mode="json", exclude_none=True)
    top = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    sections = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    return _lines(top) + "".join(_section(name, value) for name, value in sections.items())


def _section(name: str, values: Mapping[str, Any]) -> str:
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    inner = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    return f"\n[{name}]\n{_lines(plain)}" + "".join(
        _section(f"{name}.{key}", value) for key, value in inner.items()
    )


def _lines(values: Mapping[str, Any]) -> str:
    # A JSON string, number or boolean is one of TOML, too.
    return "".join(f"{json.dumps(name)} = {json.dumps(value)}\n" for name, value in values.items())
