"""When each answer to an event could be read, from the timestamps that Kafka gave both."""

from typing import NamedTuple

import orjson

from jobs.benchmark.stream.harness.measurement_sandbox import COPIES
from jobs.benchmark.stream.harness.topic_progress import Offsets
from streaming.contract.topics import EVENTS, RECOMMENDATIONS
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings
from streaming.timestamps import from_text


class Timed(NamedTuple):
    """An event and its answer."""

    number: int
    """Of the event within its measurement, from 0."""
    produced: float
    """Kafka's timestamp of the event, seconds since 1970."""
    readable: float
    """When the broker had appended the answer."""

    @property
    def milliseconds(self) -> float:
        """How long it took."""
        return (self.readable - self.produced) * 1000


def copied(kafka: KafkaSettings, name: str) -> list[Timed]:
    """Time the copies of the events of a measurement, in the order of the events.

    Args:
        kafka: the cluster.
        name: of the measurement's clicks.
    """
    produced = {
        number: record.timestamp
        for record in read_messages(kafka, EVENTS)
        if (number := _number(name, orjson.loads(record.value)["event_id"])) is not None
    }
    timed: dict[int, Timed] = {}
    for record in read_messages(kafka, COPIES):
        number = _number(name, orjson.loads(record.value)["event_id"])
        if number in produced and number not in timed:
            timed[number] = Timed(number, produced[number] / 1000, record.timestamp / 1000)
    return sorted(timed.values())


def answered(kafka: KafkaSettings, name: str, since: Offsets) -> list[Timed]:
    """Time the lists that the events of a measurement have led to, in the order of the events.

    Where several events of a candidate share a list, it answers the oldest.

    Args:
        kafka: the cluster.
        name: of the measurement's clicks.
        since: where the topic recommendations ended before it.
    """
    timed: dict[int, Timed] = {}
    for record in read_messages(kafka, RECOMMENDATIONS, since):
        trigger = orjson.loads(record.value).get("triggered_by") or {}
        number = _number(name, trigger.get("event_id") or "")
        # A later list for the same profile is no answer to the click any more.
        if number is not None and number not in timed:
            produced = from_text(trigger["produced_at"]).timestamp()
            timed[number] = Timed(number, produced, record.timestamp / 1000)
    return sorted(timed.values())


def _number(name: str, event_id: str) -> int | None:
    """Return which event of a measurement this is, None for one of another."""
    begins, _, number = event_id.rpartition("-")
    return int(number) if begins == name else None
