"""Reads topics from outside Spark, up to their present end."""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

import orjson
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from streaming.contract.topics import POSTINGS, RECOMMENDATIONS, Topic
from streaming.errors import BrokerError
from streaming.kafka.clients import broker_errors, consumer
from streaming.kafka.refusals import no_topic
from streaming.settings import KafkaSettings


def read_messages(
    kafka: KafkaSettings, topic: Topic, starts: Mapping[int, int] | None = None
) -> Generator[ConsumerRecord]:
    """Yield every message of a topic up to now, partition by partition in offset order.

    `starts` are the partitions to read, and the offset to start at in each. Retention may have
    removed that offset. Default: all from the beginning.

    Raises:
        BrokerError: no broker, or no such topic.
    """
    with _connected(kafka, topic) as (client, existing):
        partitions = [own for own in existing if starts is None or own.partition in starts]
        ends = client.end_offsets(partitions)
        first = client.beginning_offsets(partitions)
        client.assign(partitions)
        for partition in partitions:
            start = (starts or {}).get(partition.partition, 0)
            client.seek(partition, max(first[partition], start))
        while any(client.position(partition) < ends[partition] for partition in partitions):
            for partition, records in client.poll(timeout_ms=1000).items():
                yield from (record for record in records if record.offset < ends[partition])


def end_offsets(kafka: KafkaSettings, topic: Topic) -> dict[int, int]:
    """Return for each partition of a topic the offset that its next message will have.

    Raises:
        BrokerError: no broker, or no such topic.
    """
    return {number: offsets.stop for number, offsets in offset_ranges(kafka, topic).items()}


def offset_ranges(kafka: KafkaSettings, topic: Topic) -> dict[int, range]:
    """Return for each partition of a topic the offsets that it holds now; some may be empty.

    Raises:
        BrokerError: no broker, or no such topic.
    """
    with _connected(kafka, topic) as (client, partitions):
        first, ends = client.beginning_offsets(partitions), client.end_offsets(partitions)
        return {one.partition: range(first[one], ends[one]) for one in partitions}


def read_around(
    kafka: KafkaSettings, topic: Topic, place: int, count: int
) -> Iterator[ConsumerRecord]:
    """Yield up to `count` messages of a topic in a row, from any place on.

    The place is a number among the offsets of all partitions, one after the other; it may be beyond
    them. After the end of the topic comes its beginning. No message comes twice.

    Raises:
        BrokerError: no broker, or no such topic.
    """
    left = count
    for number, offsets in _around(offset_ranges(kafka, topic), place):
        if not left:
            return
        with closing(read_messages(kafka, topic, {number: offsets.start})) as messages:
            for record in islice(messages, left):
                if record.offset >= offsets.stop:
                    break
                left -= 1
                yield record


def _around(ranges: Mapping[int, range], place: int) -> list[tuple[int, range]]:
    """Return the offsets of each partition in the order of `read_around`."""
    parts = [(number, ranges[number]) for number in sorted(ranges) if ranges[number]]
    place %= max(1, sum(len(offsets) for _, offsets in parts))
    while parts and place >= len(parts[0][1]):
        place -= len(parts[0][1])
        parts = [*parts[1:], parts[0]]
    if not place:
        return parts
    (number, first), *others = parts
    return [(number, first[place:]), *others, (number, first[:place])]


@contextmanager
def _connected(
    kafka: KafkaSettings, topic: Topic
) -> Iterator[tuple[KafkaConsumer, list[TopicPartition]]]:
    """Connect to a topic; yield the consumer and the topic's partitions, sorted."""
    name = kafka.topic_prefix + topic.name
    client = consumer(kafka)
    try:
        with broker_errors(kafka):
            existing = client.partitions_for_topic(name)
            if not existing:
                raise BrokerError(no_topic(kafka, name))
            yield client, [TopicPartition(name, number) for number in sorted(existing)]
    finally:
        client.close()


def read_latest(
    kafka: KafkaSettings, topic: Topic, wanted: Callable[[str], bool] = lambda _: True
) -> dict[str, ConsumerRecord]:
    """Return the newest message of each wanted key; a null value removes its key."""
    newest: dict[str, ConsumerRecord] = {}
    for record in read_messages(kafka, topic):
        key = (record.key or b"").decode(errors="replace")
        if not wanted(key):
            continue
        if record.value is None:
            newest.pop(key, None)
        else:
            newest[key] = record
    return newest


def read_recommendation(kafka: KafkaSettings, candidate_id: str) -> dict[str, Any] | None:
    """Return the newest recommendation of a candidate; None if there is none."""
    records = read_latest(kafka, RECOMMENDATIONS, lambda key: key == candidate_id)
    return orjson.loads(records[candidate_id].value) if candidate_id in records else None


def read_postings(kafka: KafkaSettings, posting_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the newest values of some postings by id."""
    records = read_latest(kafka, POSTINGS, lambda key: key in posting_ids)
    return {key: orjson.loads(record.value) for key, record in records.items()}
