"""How long the topics keep what producers write under the ids of candidates."""

from dataclasses import replace
from datetime import timedelta

from streaming.contract.topics import CANDIDATES, EVENTS, Topic
from streaming.settings import KafkaSettings


def as_configured(topic: Topic, kafka: KafkaSettings) -> Topic:
    """Return a topic with the retention that the settings give it."""
    if topic is EVENTS:
        return replace(topic, retention=timedelta(days=kafka.events_retention_days))
    if topic is CANDIDATES and kafka.candidates_retention_days is not None:
        days = timedelta(days=kafka.candidates_retention_days)
        return replace(topic, cleanup="compact,delete", retention=days)
    return topic
