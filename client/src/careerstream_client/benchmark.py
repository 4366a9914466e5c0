"""Lists a second of the consumer and the store, beside bare kafka-python and orjson.

    python -m careerstream_client.benchmark 127.0.0.1:9092

It writes lists to a topic of its own, reads them in alternating rounds in every way, and deletes
the topic. The bare way polls kafka-python and calls `orjson.loads` on each value; it keeps none of
the rules. A round starts with a new connection, which is not timed.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import orjson
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from careerstream_client.connection import Connection
from careerstream_client.consumer import Consumer
from careerstream_client.records import Item, Reason, ReasonKind, Recommendation
from careerstream_client.store import ListStore

Round = Callable[[Connection, int], float]
"""Reads so many lists and returns how many a second."""

_ITEMS = 10


def sample(candidate: int, version: int) -> Recommendation:
    """Make a list of the usual size: ten items, two reasons each, some 3.5 KB."""
    now = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    seen = Reason(
        kind=ReasonKind.EVENT,
        text="You viewed “Data engineer in Berlin”, which asks for the same skills",
        posting_id=f"p{candidate:06}",
        words=("python", "spark"),
    )
    stated = Reason(kind=ReasonKind.STATED, text="You state Python", words=("python",))
    items = tuple(
        Item(
            rank=rank,
            posting_id=f"p{candidate * 7 + rank:06}",
            score=12.3456 / rank,
            valid_through=now,
            reasons=(seen, stated),
            source="content",
            probability=0.5 / rank,
        )
        for rank in range(1, _ITEMS + 1)
    )
    return Recommendation(
        recommendation_id=f"{candidate:032x}",
        candidate_id=f"c{candidate:06}",
        personal=True,
        profile_version=version,
        model_name="careerstream",
        model_version="3",
        catalogue_version=77,
        as_of=now,
        items=items,
    )


@contextmanager
def filled_topic(servers: str, lists: int) -> Iterator[Connection]:
    """Make a topic with lists; four of five are a candidate's first one. Delete it at the end."""
    connection = Connection(servers, topic_prefix=f"benchmark-{uuid4().hex[:8]}.")
    topic = connection.topic(Recommendation.TOPIC)
    admin = KafkaAdminClient(bootstrap_servers=servers.split(","))
    try:
        admin.create_topics([NewTopic(topic, num_partitions=4, replication_factor=1)])
        producer = connection.producer()
        for number in range(lists):
            shown = sample(number % (lists * 4 // 5), number)
            producer.send(topic, key=shown.key.encode(), value=shown.to_json())
        producer.flush()
        producer.close()
        yield connection
    finally:
        admin.delete_topics([topic])
        admin.close()


def bare(connection: Connection, lists: int) -> float:
    """Read with kafka-python and orjson alone."""
    client = connection.consumer(Recommendation.TOPIC)

    def read() -> int:
        count = 0
        for messages in client.poll(timeout_ms=200).values():
            for message in messages:
                orjson.loads(message.value)
                count += 1
        return count

    speed = _speed(read, lists)
    client.close()
    return speed


def stored(connection: Connection, lists: int) -> float:
    """Read with the consumer into the store."""
    store = ListStore()
    with Consumer(connection) as consumer:

        def read() -> int:
            changes = consumer.poll()
            for change in changes:
                store.apply(change)
            return len(changes)

        return _speed(read, lists)


def decoded(connection: Connection, lists: int) -> float:
    """Read with the consumer into the store, and decode every list to its records."""
    store = ListStore()
    with Consumer(connection) as consumer:

        def read() -> int:
            changes = consumer.poll()
            for change in changes:
                store.apply(change)
                _ = change.recommendation
            return len(changes)

        return _speed(read, lists)


def _speed(read: Callable[[], int], lists: int) -> float:
    """Read all lists and return how many a second; connecting and the first batch do not count."""
    first = 0
    while not first:
        first = read()
    count, started = first, time.perf_counter()
    while count < lists:
        count += read()
    return (count - first) / (time.perf_counter() - started)


WAYS: dict[str, Round] = {"bare": bare, "stored": stored, "decoded": decoded}

WORDS = {
    "bare": "bare kafka-python and orjson",
    "stored": "Consumer and ListStore",
    "decoded": "... and every list decoded to records",
}


def measure(servers: str, lists: int, rounds: int) -> dict[str, float]:
    """Return the lists a second of each way, the median of its rounds."""
    speeds: dict[str, list[float]] = {way: [] for way in WAYS}
    with filled_topic(servers, lists) as connection:
        bare(connection, lists)  # the broker reads the topic from its disk only once
        for _ in range(rounds):
            for way, read in WAYS.items():
                gc.collect()
                speeds[way].append(read(connection, lists))
    return {way: statistics.median(values) for way, values in speeds.items()}


def report(speeds: dict[str, float], lists: int, rounds: int) -> str:
    """Return the result in words."""
    size = len(sample(1, 1).to_json())
    lines = [f"{lists} lists of {size} bytes, lists a second, median of {rounds} rounds"]
    for way, words in WORDS.items():
        lines.append(f"{words:<40}{speeds[way]:8.0f}  {speeds[way] / speeds['bare']:.2f} of bare")
    return "\n".join(lines)


def main() -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(prog="python -m careerstream_client.benchmark")
    parser.add_argument("servers", help="bootstrap servers of Kafka")
    parser.add_argument("--lists", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(report(measure(given.servers, given.lists, given.rounds), given.lists, given.rounds))  # noqa: T201


if __name__ == "__main__":
    main()
