"""What the verifier runs on: a home, topics and, unless one is given, a broker of its own."""

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra.broker import provisioning
from infra.broker.process import free_ports
from jobs.verify.chaos import BrokerVictim
from streaming.contract.topics import TOPICS
from streaming.kafka import clients
from streaming.settings import KafkaSettings, MlflowSettings, Settings, StorageSettings

LAKE_SECONDS = 3.0
"""Between commits to the tables: shorter than in service, so that more kills hit one."""

DELETION_SECONDS = 10.0
POLL_SECONDS = 0.05

NO_PAGE = {"spark.ui.enabled": "false"}
"""Four sessions on one machine need no four web pages."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the flags of `careerstream verify` say."""

    kills: int
    events: int = 0
    """Messages to send at least; sending goes on until the last kill is survived."""
    rate: float = 100.0
    seed: int = 7
    cluster: bool = False
    """Use the Kafka of the settings, which is not killed, instead of an embedded one."""
    keep: bool = False
    """Leave topics and folder."""


@contextmanager
def ground(given: Settings, options: Options) -> Iterator[tuple[Settings, BrokerVictim | None]]:
    """Make a home and topics of the verifier's own, and a broker unless one is given.

    When the block ends well, the folder is removed; the topics are removed however it ends.
    `keep` leaves both.

    Raises:
        BrokerError: no broker answers, or it cannot be started.
    """
    settings = own_settings(given, options)
    settings.home.mkdir(parents=True)
    broker = None if options.cluster else BrokerVictim(settings)
    try:
        if broker is not None:
            broker.start()
        provisioning.create(settings.kafka)
        yield settings, broker
        if not options.keep:
            shutil.rmtree(settings.home, ignore_errors=True)
    finally:
        if options.cluster and not options.keep:
            delete_topics(settings.kafka)
        if broker is not None:
            broker.stop()


def own_settings(given: Settings, options: Options) -> Settings:
    """Keep the given settings, but for whatever could touch what is somebody's."""
    run = uuid.uuid4().hex[:8]
    kafka = KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_ports(1)[0]}")
    kafka = given.kafka if options.cluster else kafka
    prefix = f"{given.kafka.topic_prefix}verify-{run}."
    return given.model_copy(
        update={
            "home": given.home.absolute() / "verify" / run,
            "kafka": kafka.model_copy(update={"topic_prefix": prefix}),
            "storage": StorageSettings(),
            "mlflow": MlflowSettings(),
            "jobs": given.jobs.model_copy(update={"lake_interval_seconds": LAKE_SECONDS}),
            "spark": given.spark.model_copy(update={"conf": NO_PAGE | given.spark.conf}),
            "metrics": given.metrics.model_copy(update={"port": "off"}),
        }
    )


def delete_topics(kafka: KafkaSettings) -> None:
    """Remove the topics of a prefix, and wait until the broker knows of none any more."""
    client = clients.admin(kafka)
    try:
        with clients.broker_errors(kafka):
            wanted = {kafka.topic_prefix + topic.name for topic in TOPICS}
            client.delete_topics(sorted(wanted & set(client.list_topics())))
            deadline = time.monotonic() + DELETION_SECONDS
            # The broker answers before its list of topics is up to date.
            while wanted & set(client.list_topics()) and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
    finally:
        client.close()
