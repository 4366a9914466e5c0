"""Writes records to a topic from outside Spark."""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Generic, Self, TypeVar

from kafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from streaming.contract.topics import Topic
from streaming.errors import BrokerError
from streaming.kafka import clients
from streaming.kafka.refusals import refusal
from streaming.settings import KafkaSettings

MAX_IN_FLIGHT = 20_000
"""Messages that may wait for their acknowledgement; limits the memory of a fast sender."""

_METADATA_TIMEOUT_MS = 5_000
"""How long the broker may take to answer where a topic is."""

_TIMEOUTS = {
    "max_block_ms": _METADATA_TIMEOUT_MS,
    # A lost broker is an error after half a minute, not after two.
    "request_timeout_ms": 15_000,
    "delivery_timeout_ms": 30_000,
}

Tag = TypeVar("Tag")


class TopicWriter(Generic[Tag]):
    """Sends keyed values to one topic.

    Guarantee: every value sent is acknowledged by all replicas when `flush` returns, values with
    the same key in the order in which they were sent. After a BrokerError some may be written and
    some not; sending all again repeats the same bytes under the same keys.

    `on_too_large` is called, in the producer's thread, with the tag of each value that the cluster
    refuses as too large, and why.

    Raises:
        BrokerError: no broker answers, or the topic does not exist.
    """

    def __init__(
        self, kafka: KafkaSettings, topic: Topic, on_too_large: Callable[[Tag, str], None]
    ) -> None:
        self.delivered = 0
        self._kafka = kafka
        self._topic = kafka.topic_prefix + topic.name
        self._on_too_large = on_too_large
        self._failures: deque[Exception] = deque(maxlen=1)
        self._slots = threading.Semaphore(MAX_IN_FLIGHT)
        self._producer = clients.producer(kafka, **_TIMEOUTS)
        self._require_topic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Deliver what was sent; after an error only what is already in flight."""
        self.close(deliver=kind is None)

    def close(self, *, deliver: bool = True) -> None:
        """Disconnect; what was sent is delivered first, or only what is already in flight."""
        try:
            if deliver:
                self.flush()
        finally:
            with suppress(KafkaTimeoutError):  # something was still in flight
                self._producer.close(timeout=None if deliver else 0)

    def send(self, key: str, value: bytes, tag: Tag) -> None:
        """Send one value; waits while too many are in flight.

        The tag identifies the value to `on_too_large`.

        Raises:
            BrokerError: an earlier value could not be delivered.
        """
        self._slots.acquire()
        self._raise_failure()
        try:
            future = self._producer.send(self._topic, key=key.encode(), value=value)
        except MessageSizeTooLargeError as error:
            self._on_failure(tag, error)
            return
        except KafkaError as error:
            self._failures.append(error)
            self._raise_failure()
        future.add_callback(self._on_success)
        future.add_errback(partial(self._on_failure, tag))

    def flush(self) -> None:
        """Wait until everything is acknowledged.

        Raises:
            BrokerError: something could not be delivered.
        """
        with clients.broker_errors(self._kafka):
            self._producer.flush()
        self._raise_failure()

    def _on_success(self, _metadata: object) -> None:
        self.delivered += 1
        self._slots.release()

    def _on_failure(self, tag: Tag, error: Exception) -> None:
        if isinstance(error, MessageSizeTooLargeError):
            self._on_too_large(tag, f"the cluster's own limit for {self._topic} is lower: {error}")
        else:
            self._failures.append(error)
        self._slots.release()

    def _raise_failure(self) -> None:
        if self._failures:
            failure = self._failures[-1]
            if isinstance(failure, KafkaError) and (line := refusal(self._kafka, failure)):
                raise BrokerError(line) from failure
            raise BrokerError(
                f"Kafka at {self._kafka.bootstrap_servers} did not take what was sent to "
                f"{self._topic} ({self._failures[-1]}); {self.delivered:,} arrived, and running "
                "the same again is safe"
            ) from self._failures[-1]

    def _require_topic(self) -> None:
        try:
            self._producer.partitions_for(self._topic)
        except KafkaError as error:
            self._producer.close(timeout=0)
            if line := refusal(self._kafka, error):
                raise BrokerError(line) from error
            problem = f"refuses topic {self._topic}: {error}"
            if isinstance(error, KafkaTimeoutError):
                problem = f"has no topic {self._topic}; create it with `careerstream topics create`"
            raise BrokerError(f"Kafka at {self._kafka.bootstrap_servers} {problem}") from error
