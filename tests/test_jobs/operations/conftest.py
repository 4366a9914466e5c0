"""Dead letters on the real broker, written by hand where no job is under test."""

import pytest

from streaming.contract.topics import DEAD_LETTERS
from streaming.kafka import clients
from streaming.kafka.topic_reader import read_messages


@pytest.fixture
def ready_settings(settings, create_topics):
    """Settings whose topics exist."""
    create_topics()
    return settings


@pytest.fixture
def send(ready_settings):
    """Send messages, given as kafka-python's arguments, to a topic; return their metadata."""

    def send_messages(topic, *messages):
        producer = clients.producer(ready_settings.kafka)
        try:
            name = ready_settings.kafka.topic_prefix + topic.name
            futures = [producer.send(name, **message) for message in messages]
            producer.flush()
            return [future.get(60) for future in futures]
        finally:
            producer.close()

    return send_messages


@pytest.fixture
def write_dead_letters(send):
    """Write dead letters as a job does, each given as (position, key, value)."""

    def write(*originals, reason="not-json"):
        letters = []
        for position, key, value in originals:
            topic, partition, offset = position.split("/")
            texts = {
                "reason": reason, "text": "why", "topic": topic, "partition": partition,
                "offset": offset, "job": "update_profiles",
            }  # fmt: skip
            headers = [(name, text.encode()) for name, text in texts.items()]
            headers += [] if key is None else [("key", key)]
            letters.append({"key": position.encode(), "value": value, "headers": headers})
        return send(DEAD_LETTERS, *letters)

    return write


@pytest.fixture
def read_topic(ready_settings):
    """Read all messages of a topic."""
    return lambda topic: list(read_messages(ready_settings.kafka, topic))
