"""All jobs under watch, with broken messages among the good ones."""

import time
from http.client import HTTPConnection
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
import pytest

from infra.broker import provisioning
from streaming.kafka import clients
from streaming.settings import JobSettings, KafkaSettings, MetricsSettings, Settings

PATIENCE = 180.0
"""Seconds an answer may take; far above what it needs, for a machine that is busy."""


def get(address, path):
    """Ask an endpoint: status and body."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture(scope="session")
def ask():
    return get


@pytest.fixture(scope="session")
def until():
    """Ask again until an answer is right; gives it."""

    def wait(question, right):
        deadline = time.monotonic() + PATIENCE
        while not right(answer := question()):
            assert time.monotonic() < deadline, answer
        return answer

    return wait


@pytest.fixture(scope="session")
def town_settings(broker, tmp_path_factory):
    kafka = KafkaSettings(
        bootstrap_servers=broker.bootstrap_servers, topic_prefix=f"test-{uuid4().hex[:12]}."
    )
    provisioning.create(kafka)
    return Settings(
        home=tmp_path_factory.mktemp("watched") / "home",
        kafka=kafka,
        jobs=JobSettings(
            lake_interval_seconds=0, catalogue_interval_seconds=0, shutdown_timeout_seconds=PATIENCE
        ),
        metrics=MetricsSettings(interval_seconds=0.2),
    )


@pytest.fixture(scope="session")
def tell(town_settings):
    """Send (key, value) pairs to a topic; dictionaries go as JSON."""

    def sent(topic, *pairs):
        producer = clients.producer(town_settings.kafka)
        try:
            for key, value in pairs:
                body = orjson.dumps(value) if isinstance(value, dict) else value
                producer.send(town_settings.kafka.topic_prefix + topic.name, key=key, value=body)
            producer.flush()
        finally:
            producer.close()

    return sent
