"""How far a job is, read from the topics; and waiting until it is far enough."""

import time
from collections.abc import Callable, Mapping, Sequence

import orjson
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from streaming.contract.topics import CANDIDATES, EVENTS, PROFILES, RECOMMENDATIONS, Topic
from streaming.errors import CareerstreamError
from streaming.kafka.clients import broker_errors, consumer
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings

POLL_SECONDS = 0.5
Offsets = dict[int, int]
"""Partition to the offset that its next message gets."""


def ends(kafka: KafkaSettings, topic: Topic) -> Offsets:
    """Return where each partition of a topic ends now."""
    client = consumer(kafka)
    try:
        with broker_errors(kafka):
            found = client.end_offsets(_places(client, kafka, topic))
        return {place.partition: end for place, end in found.items()}
    finally:
        client.close()


def size(kafka: KafkaSettings, topic: Topic) -> int:
    """Return how many messages were ever written to a topic."""
    return sum(ends(kafka, topic).values())


def await_size(
    kafka: KafkaSettings, topic: Topic, count: int, alive: Callable[[], None], patience: float
) -> None:
    """Wait until so many messages stand on a topic.

    Raises:
        CareerstreamError: they do not come.
    """
    client = consumer(kafka)
    try:
        with broker_errors(kafka):
            places = _places(client, kafka, topic)

            def enough() -> bool:
                return bool(sum(client.end_offsets(places).values()) >= count)

            await_true(enough, alive, patience, f"{count:,} {topic.name}")
    finally:
        client.close()


def await_true(
    condition: Callable[[], bool], alive: Callable[[], None], patience: float, what: str
) -> None:
    """Wait until something is so.

    Args:
        condition: asked now and then.
        alive: raises when there is nothing left to wait for.
        patience: seconds.
        what: is waited for, in words.

    Raises:
        CareerstreamError: it took longer.
    """
    deadline = time.monotonic() + patience
    while not condition():
        alive()
        if time.monotonic() > deadline:
            raise CareerstreamError(
                f"{what} did not come within {patience:.0f} s; try --quick, or smaller sizes"
            )
        time.sleep(POLL_SECONDS)


Wanted = dict[str, dict[str, int]]
"""Candidate to topic to an offset that their profile must have reached."""


def newest_sources(kafka: KafkaSettings, topics: Sequence[Topic]) -> Wanted:
    """Look up whose the last message of each partition of some topics is.

    Messages of a partition are taken in their order: a profile that holds the last one is a sign
    that all before it were taken too.
    """
    wanted: Wanted = {}
    for topic in topics:
        last = {number: end - 1 for number, end in ends(kafka, topic).items() if end}
        for record in read_messages(kafka, topic, last) if last else ():
            key = (record.key or b"").decode()
            wanted.setdefault(key, {})[topic.name] = record.offset
    return wanted


def await_profiles(
    kafka: KafkaSettings,
    since: Offsets,
    alive: Callable[[], None],
    patience: float,
    topics: Sequence[Topic] = (EVENTS, CANDIDATES),
) -> dict[str, int]:
    """Wait until everything that stands on events and candidates is in profiles.

    Args:
        kafka: the cluster.
        since: where the topic profiles ended before.
        alive: raises when the job has ended.
        patience: seconds.
        topics: those of the two that have anything new.

    Returns:
        The profile version of each candidate that was waited for.
    """
    wanted = newest_sources(kafka, topics)
    reached: dict[str, int] = {}

    def take(record: ConsumerRecord) -> None:
        key = record.key.decode()
        if key in wanted:
            value = orjson.loads(record.value)
            offsets = value["offsets"]
            if all(offsets.get(name, -1) >= least for name, least in wanted[key].items()):
                reached.setdefault(key, value["version"])

    follow(kafka, PROFILES, since, take, lambda: len(reached) == len(wanted), alive, patience)
    return reached


def await_lists(
    kafka: KafkaSettings,
    versions: Mapping[str, int],
    since: Offsets,
    alive: Callable[[], None],
    patience: float,
) -> None:
    """Wait until candidates have lists for a profile version or a newer one."""
    missing = dict(versions)

    def take(record: ConsumerRecord) -> None:
        key = record.key.decode()
        if key in missing and orjson.loads(record.value)["profile_version"] >= missing[key]:
            del missing[key]

    follow(kafka, RECOMMENDATIONS, since, take, lambda: not missing, alive, patience)


def follow(  # noqa: PLR0917 - only ever called in this module
    kafka: KafkaSettings,
    topic: Topic,
    since: Offsets,
    take: Callable[[ConsumerRecord], None],
    done: Callable[[], bool],
    alive: Callable[[], None],
    patience: float,
) -> None:
    """Read a topic as it grows until enough has come.

    Raises:
        CareerstreamError: it does not come.
    """
    client = consumer(kafka)
    try:
        with broker_errors(kafka):
            places = _places(client, kafka, topic)
            client.assign(places)
            for place in places:
                client.seek(place, since.get(place.partition, 0))

            def enough() -> bool:
                for records in client.poll(timeout_ms=200).values():
                    for record in records:
                        take(record)
                return done()

            deadline = time.monotonic() + patience
            while not enough():
                alive()
                if time.monotonic() > deadline:
                    raise CareerstreamError(
                        f"the topic {topic.name} did not follow within {patience:.0f} s; "
                        "try --quick, or smaller sizes"
                    )
    finally:
        client.close()


def _places(client: KafkaConsumer, kafka: KafkaSettings, topic: Topic) -> list[TopicPartition]:
    name = kafka.topic_prefix + topic.name
    return [TopicPartition(name, number) for number in client.partitions_for_topic(name) or ()]
