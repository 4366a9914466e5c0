"""The newest values of the compacted topics, read straight from Kafka."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import orjson
from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from streaming.contract.topics import POSTINGS, RECOMMENDATIONS, Topic
from streaming.errors import BrokerError
from streaming.kafka.clients import broker_errors, consumer
from streaming.settings import KafkaSettings

Latest = dict[str, ConsumerRecord]


def messages(
    kafka: KafkaSettings, topic: Topic, starts: Mapping[int, int] | None = None
) -> Iterator[ConsumerRecord]:
    """Yield every message that stands on a topic now, partition by partition in offset order.

    Args:
        kafka: the cluster.
        topic: which topic.
        starts: partitions to read and the offset to begin at in each, which may be gone already;
            default: all from the beginning.

    Raises:
        BrokerError: no broker, or no such topic.
    """
    name = kafka.topic_prefix + topic.name
    client = consumer(kafka)
    try:
        with broker_errors(kafka):
            partitions = client.partitions_for_topic(name)
            if not partitions:
                raise BrokerError(f"topic {name} does not exist; run `careerstream topics create`")
            numbers = partitions if starts is None else partitions & starts.keys()
            places = [TopicPartition(name, number) for number in sorted(numbers)]
            ends, first = client.end_offsets(places), client.beginning_offsets(places)
            client.assign(places)
            for place in places:
                client.seek(place, max(first[place], (starts or {}).get(place.partition, 0)))
            while any(client.position(place) < ends[place] for place in places):
                for place, records in client.poll(timeout_ms=1000).items():
                    yield from (record for record in records if record.offset < ends[place])
    finally:
        client.close()


def latest(
    kafka: KafkaSettings, topic: Topic, wanted: Callable[[str], bool] = lambda _: True
) -> Latest:
    """Keep the newest message of each key; a null value removes it."""
    newest: Latest = {}
    for record in messages(kafka, topic):
        key = (record.key or b"").decode(errors="replace")
        if not wanted(key):
            continue
        if record.value is None:
            newest.pop(key, None)
        else:
            newest[key] = record
    return newest


def latest_recommendation(kafka: KafkaSettings, candidate_id: str) -> dict[str, Any] | None:
    """Return the newest recommendation of a candidate, None when there is none."""
    found = latest(kafka, RECOMMENDATIONS, lambda key: key == candidate_id)
    return orjson.loads(found[candidate_id].value) if candidate_id in found else None


def titles(kafka: KafkaSettings, posting_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the postings of some ids, as they stand on their topic."""
    found = latest(kafka, POSTINGS, lambda key: key in posting_ids)
    return {key: orjson.loads(record.value) for key, record in found.items()}
