"""Running the jobs against the real broker: fresh topics, a home of their own, and a market."""

from contextlib import contextmanager
from uuid import uuid4

import orjson
import pytest

from infra.broker import provisioning
from streaming.kafka import clients
from streaming.kafka.topic_reader import read_messages
from streaming.settings import (
    JobSettings,
    KafkaSettings,
    RecommendSettings,
    Settings,
    SparkSettings,
)

PATIENCE = 60.0
"""Seconds a query may take to stop; far above what it needs, for a machine that is busy."""


@pytest.fixture(scope="session")
def make_settings(broker, tmp_path_factory):
    """Make settings with a home and topics of their own, quick to commit and to switch."""

    def make(tuned="on", **kafka):
        options = KafkaSettings(
            bootstrap_servers=broker.bootstrap_servers,
            topic_prefix=f"test-{uuid4().hex[:12]}.",
            **kafka,
        )
        provisioning.create(options)
        return Settings(
            home=tmp_path_factory.mktemp("jobs") / "home",
            kafka=options,
            spark=SparkSettings(
                state_partitions=2,
                driver_memory="1g",
                tuned=tuned,
                conf={"spark.ui.enabled": "false"},
            ),
            jobs=JobSettings(
                lake_interval_seconds=0,
                catalogue_interval_seconds=0,
                shutdown_timeout_seconds=PATIENCE,
            ),
            recommend=RecommendSettings(refresh_interval_seconds=1, list_size=5),
        )

    return make


@pytest.fixture(scope="session")
def send():
    """Send (key, value) pairs to a topic; returns where each one stands."""

    def sent(settings, topic, pairs):
        producer = clients.producer(settings.kafka)
        name = settings.kafka.topic_prefix + topic.name
        try:
            futures = [producer.send(name, key=key, value=value) for key, value in pairs]
            producer.flush()
            return [future.get(60) for future in futures]
        finally:
            producer.close()

    return sent


@pytest.fixture(scope="session")
def values():
    """Read all values of a topic as JSON, in the order of each partition."""

    def read(settings, topic):
        return [orjson.loads(message.value) for message in read_messages(settings.kafka, topic)]

    return read


@pytest.fixture(scope="session")
def started(spark):
    """Start a job for a block; it is stopped at the end, whatever happened."""

    @contextmanager
    def running(job, settings):
        running_job = job.start(spark, settings)
        try:
            yield running_job
        finally:
            running_job.stop(PATIENCE)

    return running


@pytest.fixture(scope="session")
def json_of():
    """A record as JSON; a field changed to `...` is left out."""

    def text(record, **changes):
        return orjson.dumps({k: v for k, v in (record | changes).items() if v is not ...})

    return text
