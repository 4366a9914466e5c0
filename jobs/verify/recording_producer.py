"""Sends the verifier's messages at a bounded rate and records which of them Kafka acknowledged."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from kafka.errors import KafkaTimeoutError

from jobs.verify.message_generator import Message
from streaming.errors import BrokerError
from streaming.kafka.clients import producer
from streaming.settings import KafkaSettings

IN_FLIGHT = 20_000
"""Most messages that wait for the broker; so many fit into memory while it is down."""
PATIENCE_SECONDS = 600
"""How long a broker may be down before a message counts as refused."""
WAIT_SECONDS = 0.01
OPTIONS = {
    "delivery_timeout_ms": PATIENCE_SECONDS * 1000,
    "max_block_ms": PATIENCE_SECONDS * 1000,
    "request_timeout_ms": 15_000,
    # The client reconnects soon after the broker is back.
    "reconnect_backoff_max_ms": 1000,
}
Position = tuple[str, int, int]
"""Topic without prefix, partition, offset."""


@dataclass
class Produced:
    """The messages that were sent, and those that Kafka acknowledged or refused."""

    kinds: Counter[str] = field(default_factory=Counter)
    reasons: dict[bytes, str | None] = field(default_factory=dict)
    """Every message sent, by digest, with the reason of its dead letter, None for none."""
    digests: list[bytes] = field(default_factory=list)
    """The digest of each message, in the order of sending."""
    acknowledged: dict[Position, int] = field(default_factory=dict)
    """Position to the number of the message there, from Kafka's acknowledgements."""
    refused: list[str] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """How many messages were handed to Kafka's client."""
        return len(self.digests)


class Producer:
    """Sends messages, at most `rate` a second, in a thread of its own, until stopped."""

    def __init__(self, kafka: KafkaSettings, source: Iterator[Message], rate: float) -> None:
        self.produced = Produced()
        self._kafka, self._source, self._rate = kafka, source, rate
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="producer", daemon=True)

    def __enter__(self) -> Self:
        """Start sending."""
        self._producer = producer(self._kafka, **OPTIONS)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Send no more, without waiting for acknowledgements."""
        self._stop.set()
        self._thread.join(timeout=5)
        with suppress(KafkaTimeoutError):  # messages were still waiting
            self._producer.close(timeout=0)

    @property
    def acknowledged(self) -> int:
        """How many messages Kafka acknowledged."""
        return len(self.produced.acknowledged)

    def check(self) -> None:
        """Raise the error that ended the thread, if any.

        Raises:
            BrokerError: a message could not even be handed to Kafka's client.
        """
        if self._error is not None:
            raise BrokerError(
                f"Kafka at {self._kafka.bootstrap_servers} takes nothing more after "
                f"{self.produced.sent:,} messages: {self._error}"
            ) from self._error

    def finish(self) -> None:
        """Send no more and wait until Kafka has acknowledged everything."""
        self._stop.set()
        self._thread.join()
        self.check()
        self._producer.flush(timeout=PATIENCE_SECONDS)

    def _run(self) -> None:
        start = time.monotonic()
        try:
            for message in self._source:
                due = start + self.produced.sent / self._rate
                if self._stop.wait(max(0.0, due - time.monotonic())):
                    return
                while self._waiting() > IN_FLIGHT:
                    if self._stop.wait(WAIT_SECONDS):
                        return
                self._send(message)
        except Exception as error:  # noqa: BLE001 - raised by `check`, in the thread that waits
            self._error = error

    def _waiting(self) -> int:
        done = len(self.produced.acknowledged) + len(self.produced.refused)
        return self.produced.sent - done

    def _send(self, message: Message) -> None:
        topic, digest = message.topic.name, message.digest
        # Recorded before it is sent: it may stand on the topic before it is acknowledged.
        self.produced.reasons[digest] = message.reason
        self.produced.kinds[message.kind] += 1
        number = self.produced.sent
        self.produced.digests.append(digest)

        def acknowledged(metadata: Any) -> None:
            self.produced.acknowledged[topic, metadata.partition, metadata.offset] = number

        def refused(error: Exception) -> None:
            self.produced.refused.append(f"message {number} to {topic}: {error}")

        name = self._kafka.topic_prefix + topic
        future = self._producer.send(name, key=message.key, value=message.value)
        future.add_callback(acknowledged)
        future.add_errback(refused)
