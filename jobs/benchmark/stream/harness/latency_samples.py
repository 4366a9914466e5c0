"""The latency of each event, from the timestamps that Kafka gave the event and the answer."""

from typing import NamedTuple

import orjson

from jobs.benchmark.stream.harness.measurement_sandbox import COPIES
from jobs.benchmark.stream.harness.topic_ends import Offsets
from streaming.contract.topics import EVENTS, RECOMMENDATIONS
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings
from streaming.timestamps import parse_timestamp


class LatencySample(NamedTuple):
    """An event and its answer; times are in seconds since 1970."""

    number: int
    """Of the event within its measurement, from 0."""
    produced: float
    """Kafka's timestamp of the event."""
    readable: float
    """When the broker had appended the answer."""

    @property
    def milliseconds(self) -> float:
        """The time from the event to its answer."""
        return (self.readable - self.produced) * 1000


def read_copies(kafka: KafkaSettings, name: str) -> list[LatencySample]:
    """Return the latency of the copy of each click of a name, in the order of the clicks."""
    produced = {
        number: record.timestamp / 1000
        for record in read_messages(kafka, EVENTS)
        if (number := _number(name, orjson.loads(record.value)["event_id"])) is not None
    }
    samples: dict[int, LatencySample] = {}
    for record in read_messages(kafka, COPIES):
        number = _number(name, orjson.loads(record.value)["event_id"])
        if number in produced and number not in samples:
            samples[number] = LatencySample(number, produced[number], record.timestamp / 1000)
    return sorted(samples.values())


def read_answers(kafka: KafkaSettings, name: str, since: Offsets) -> list[LatencySample]:
    """Return the latency of each click's recommendation, in the order of the clicks of a name.

    Where several clicks of a candidate share a recommendation, it answers the oldest. `since` is
    where the topic recommendations ended before the measurement.
    """
    samples: dict[int, LatencySample] = {}
    for record in read_messages(kafka, RECOMMENDATIONS, since):
        trigger = orjson.loads(record.value).get("triggered_by") or {}
        number = _number(name, trigger.get("event_id") or "")
        # A later list for the same profile does not answer the click.
        if number is not None and number not in samples:
            produced = parse_timestamp(trigger["produced_at"]).timestamp()
            samples[number] = LatencySample(number, produced, record.timestamp / 1000)
    return sorted(samples.values())


def _number(name: str, event_id: str) -> int | None:
    """Return the number of an event within a measurement, None for one of another."""
    prefix, _, number = event_id.rpartition("-")
    return int(number) if prefix == name else None
