"""Dead letters on the real broker: made by hand where only the way back is at stake."""

import pytest

from streaming.contract.topics import DEAD_LETTERS
from streaming.kafka import clients
from streaming.kafka.topic_reader import read_messages


@pytest.fixture
def there(settings, create_topics):
    """Settings whose topics exist."""
    create_topics()
    return settings


@pytest.fixture
def send(there):
    """Send messages to a topic, each as kafka-python's arguments; returns where they stand."""

    def sent(topic, *given):
        producer = clients.producer(there.kafka)
        try:
            name = there.kafka.topic_prefix + topic.name
            futures = [producer.send(name, **one) for one in given]
            producer.flush()
            return [future.get(60) for future in futures]
        finally:
            producer.close()

    return sent


@pytest.fixture
def bury(send):
    """Write dead letters: (place, key, value) each, as a job writes them."""

    def buried(*given, reason="not-json"):
        letters = []
        for place, key, value in given:
            topic, partition, offset = place.split("/")
            headers = {"reason": reason, "text": "why", "topic": topic, "partition": partition}
            headers |= {"offset": offset, "job": "update_profiles"}
            told = [(name, said.encode()) for name, said in headers.items()]
            told += [] if key is None else [("key", key)]
            letters.append({"key": place.encode(), "value": value, "headers": told})
        return send(DEAD_LETTERS, *letters)

    return buried


@pytest.fixture
def on(there):
    """Read all that stands on a topic."""
    return lambda topic: list(read_messages(there.kafka, topic))
