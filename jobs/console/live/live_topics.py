"""Follows the topics that a page shows: one consumer in one thread keeps the newest values."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from contextlib import closing
from typing import Any

import orjson
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from jobs.console.live.conversations import Conversations
from jobs.console.live.newest_values import NewestValues
from jobs.console.market_clock import MarketClock
from streaming.contract.json_parser import DecodeError
from streaming.contract.topics import (
    CONVERSATIONS,
    MATCHES,
    PLANS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
    REWRITES,
    Topic,
)
from streaming.contract.value_decoder import read_value
from streaming.errors import BrokerError, CareerstreamError
from streaming.kafka.clients import broker_errors, consumer
from streaming.kafka.topic_reader import read_latest
from streaming.settings import KafkaSettings

log = logging.getLogger(__name__)

MIB = 1024 * 1024
MAX_BYTES = {
    POSTINGS.name: 128 * MIB,
    PROFILES.name: 64 * MIB,
    RECOMMENDATIONS.name: 64 * MIB,
    MATCHES.name: 64 * MIB,
    PLANS.name: 32 * MIB,
    REWRITES.name: 32 * MIB,
}
"""Of the values that are kept, by topic."""
RECENT_MESSAGES = 20_000
"""Of each partition, read at the start. What is older is looked up when somebody asks for it."""
VERSIONS = {PROFILES.name: "version", RECOMMENDATIONS.name: "profile_version"}
"""The field by which a value is older than another, by topic."""
NEARLY = 1_000
"""Unread messages that are read within a moment; more are told."""
POLL_MS, FETCH_MS, CONNECT_MS = 200, 500, 2_000
CHECK_SECONDS, RETRY_SECONDS = 2.0, 1.0

OnChange = Callable[[str, str], None]
"""Called in the thread that follows, with the name of a topic and a key."""


class LiveTopics:
    """The newest values of the topics of `MAX_BYTES` and the newest turns, as they come.

    Guarantee: a value older than one that was kept is ignored. So duplicates and repeated reading
    after a lost connection change nothing.
    """

    def __init__(self, kafka: KafkaSettings, clock: MarketClock, on_change: OnChange) -> None:
        self._kafka, self._clock, self._on_change = kafka, clock, on_change
        self._values = {name: NewestValues(limit) for name, limit in MAX_BYTES.items()}
        self.conversations = Conversations()
        self._positions: dict[TopicPartition, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="console-topics", daemon=True)
        self.trouble = "connecting to Kafka"
        """Why nothing comes, in one line; '' where all is well."""
        self.behind = 0
        """How many messages are still to be read; 0 for a few."""

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End within the time of a poll, or of an attempt to connect."""
        self._stop.set()
        self._thread.join(CONNECT_MS / 1000)

    def value(self, topic: Topic, key: str) -> dict[str, Any] | None:
        """Return the newest value of a key, if it is in memory and a record of its topic."""
        value = self._values[topic.name].get(key)
        try:
            return None if value is None else read_value(value, topic)
        except DecodeError as error:
            log.warning("%s of topic %s cannot be shown: %s", key, topic.name, error.text)
            return None

    def is_complete(self, topic: Topic) -> bool:
        """Return whether a key without a value in memory has none on the topic either."""
        return self._values[topic.name].complete and not self.trouble

    def recent_keys(self, topic: Topic, count: int) -> list[str]:
        """Return the keys whose values are newest."""
        return self._values[topic.name].newest_keys(count)

    def look_up(self, topic: Topic, keys: Collection[str]) -> bool:
        """Read the values of some keys from the whole topic; return whether all were found.

        This takes long on a large topic, so it has no place in an event loop.

        Raises:
            BrokerError: no broker answers.
        """
        records = read_latest(self._kafka, topic, lambda key: key in keys)
        for key, record in records.items():
            self._keep(topic.name, key, record.value)
        return len(records) == len(keys)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                options = {"fetch_max_wait_ms": FETCH_MS, "bootstrap_timeout_ms": CONNECT_MS}
                with closing(consumer(self._kafka, **options)) as client:
                    with broker_errors(self._kafka):
                        self._assign(client)
                    self._follow(client)
            except CareerstreamError as error:
                self._report(str(error))
                self._stop.wait(RETRY_SECONDS)

    def _assign(self, client: KafkaConsumer) -> None:
        """Start at the positions of an earlier connection, otherwise at the newest messages."""
        partitions: list[TopicPartition] = []
        for topic in (*MAX_BYTES, CONVERSATIONS.name):
            name = self._kafka.topic_prefix + topic
            numbers = client.partitions_for_topic(name)
            if not numbers:
                raise BrokerError(f"topic {name} does not exist; `careerstream up` creates it")
            partitions += [TopicPartition(name, number) for number in numbers]
        first, ends = client.beginning_offsets(partitions), client.end_offsets(partitions)
        client.assign(partitions)
        for partition in partitions:
            start = max(first[partition], ends[partition] - RECENT_MESSAGES)
            known = self._positions.get(partition, -1)
            if first[partition] <= known <= ends[partition]:
                start = known
            elif start > first[partition]:
                self._not_complete(self._name(partition))
            client.seek(partition, start)

    def _follow(self, client: KafkaConsumer) -> None:
        checked_at = float("-inf")
        while not self._stop.is_set():
            with broker_errors(self._kafka):
                batches = client.poll(timeout_ms=POLL_MS)
            for partition, records in batches.items():
                for record in records:
                    self._take(self._name(partition), record)
                self._positions[partition] = records[-1].offset + 1
            if time.monotonic() > checked_at + CHECK_SECONDS:
                self._check(client)
                checked_at = time.monotonic()

    def _check(self, client: KafkaConsumer) -> None:
        """Ask the broker something: where it is away, polling goes on in silence.

        Raises:
            BrokerError: no broker answers.
        """
        with broker_errors(self._kafka):
            ends = client.end_offsets(list(client.assignment()), timeout_ms=CONNECT_MS)
            behind = sum(max(0, end - client.position(each)) for each, end in ends.items())
        self._report("", behind if behind > NEARLY else 0)

    def _take(self, topic: str, record: ConsumerRecord) -> None:
        key = (record.key or b"").decode(errors="replace")
        if topic == CONVERSATIONS.name:
            if not self.conversations.take(key, record.value, record.timestamp):
                return
        elif record.value is None:
            self._values[topic].remove(key)
        elif not self._keep(topic, key, record.value):
            return
        self._on_change(topic, key)

    def _not_complete(self, topic: str) -> None:
        if topic in self._values:
            self._values[topic].complete = False

    def _keep(self, topic: str, key: str, value: bytes) -> bool:
        field = VERSIONS.get(topic)
        if field is None:
            return self._values[topic].put(key, value)
        try:
            document = orjson.loads(value)
            version, as_of = int(document[field]), str(document["as_of"])
        except (ValueError, TypeError, KeyError) as error:
            log.warning("a value of %s on topic %s cannot be read: %s", key, topic, error)
            return False
        self._clock.see(as_of)
        return self._values[topic].put(key, value, version)

    def _report(self, trouble: str, behind: int = 0) -> None:
        if (trouble, behind) != (self.trouble, self.behind):
            self.trouble, self.behind = trouble, behind
            self._on_change("", "")

    def _name(self, partition: TopicPartition) -> str:
        return str(partition.topic).removeprefix(self._kafka.topic_prefix)
