"""Where topics end, and waiting until one holds so many messages."""

from contextlib import closing

from kafka import KafkaConsumer, TopicPartition

from infra.process.supervisor import SupervisedProcess
from streaming.contract.topics import Topic
from streaming.kafka.clients import broker_errors, consumer
from streaming.settings import KafkaSettings

POLL_SECONDS = 0.5
Offsets = dict[int, int]
"""Partition to the offset of its next message."""


def end_offsets(kafka: KafkaSettings, topic: Topic) -> Offsets:
    """Return where each partition of a topic ends now."""
    with closing(consumer(kafka)) as client:
        return _end_offsets(client, kafka, topic)


def _end_offsets(client: KafkaConsumer, kafka: KafkaSettings, topic: Topic) -> Offsets:
    name = kafka.topic_prefix + topic.name
    with broker_errors(kafka):
        numbers = client.partitions_for_topic(name) or ()
        ends = client.end_offsets([TopicPartition(name, number) for number in numbers])
    return {partition.partition: end for partition, end in ends.items()}


def size(kafka: KafkaSettings, topic: Topic) -> int:
    """Return how many messages were ever written to a topic."""
    return sum(end_offsets(kafka, topic).values())


def wait_for_size(
    kafka: KafkaSettings,
    topic: Topic,
    count: int,
    writers: list[SupervisedProcess],
    seconds: float,
) -> None:
    """Wait until a topic holds so many messages.

    Raises:
        CareerstreamError: one of the writers ended, or it takes longer.
    """

    def enough() -> bool:
        for writer in writers:
            writer.check()
        return sum(_end_offsets(client, kafka, topic).values()) >= count

    with closing(consumer(kafka)) as client:
        writers[0].wait_until(enough, f"done with {count:,} {topic.name}", seconds, POLL_SECONDS)
