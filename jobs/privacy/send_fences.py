"""Sends the null values that erase somebody, first on `candidates` and then on `events`."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime

from streaming.contract.erasures import TopicFence
from streaming.contract.topics import CANDIDATES, EVENTS, Topic
from streaming.kafka.clients import broker_errors, producer
from streaming.settings import KafkaSettings


def send_fences(kafka: KafkaSettings, candidate_ids: Sequence[str]) -> list[TopicFence]:
    """Send a null value for each candidate to both topics, and wait for their acknowledgement.

    All of `candidates` are acknowledged before the first of `events` is sent: whoever reads a fence
    on `events` can have read the other one. To send them again moves the fences on.

    Raises:
        BrokerError: no broker answers, or a topic is missing.
    """
    return [fence for topic in (CANDIDATES, EVENTS) for fence in _send(kafka, topic, candidate_ids)]


def _send(kafka: KafkaSettings, topic: Topic, candidate_ids: Iterable[str]) -> list[TopicFence]:
    with closing(producer(kafka)) as client, broker_errors(kafka):
        name = kafka.topic_prefix + topic.name
        sent = [(one, client.send(name, key=one.encode(), value=None)) for one in candidate_ids]
        client.flush()
        places = [(candidate_id, future.get(0)) for candidate_id, future in sent]
    return [
        TopicFence(
            candidate_id=candidate_id,
            topic=topic.name,
            partition=place.partition,
            offset=place.offset,
            at=datetime.fromtimestamp(place.timestamp / 1000, tz=UTC),
        )
        for candidate_id, place in places
    ]
