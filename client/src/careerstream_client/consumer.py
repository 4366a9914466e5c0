"""Reads the topic `recommendations` by the rules of the contract."""

import logging
import time
from collections.abc import Iterator
from threading import Event
from types import TracebackType
from typing import Self

from kafka.structs import TopicPartition

from careerstream_client.changes import REMEMBERED, Change, NewestVersions
from careerstream_client.connection import Connection
from careerstream_client.errors import BrokerError, ContractError
from careerstream_client.records import Recommendation

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 0.2
"""How long a stop waits at most."""


class Consumer:
    """Yields each change of somebody's list once, from the beginning of the topic.

        with Consumer("127.0.0.1:9092") as consumer:
            for change in consumer:
                store.apply(change)

    Kafka delivers at least once and in order by candidate. Older profile versions are ignored, and
    an equal one replaces the list: it is the same again, or by a newer model. It has no group and
    commits nothing, because a store in memory is filled anew with each start.

    One thread uses a consumer; `stop` may be called from any, also from a signal handler. A message
    that cannot be read is logged, counted and left out.
    """

    def __init__(self, kafka: str | Connection, *, remember: int = REMEMBERED) -> None:
        """Connect.

        Args:
            kafka: the bootstrap servers, or a connection with a prefix of topics or options.
            remember: of how many candidates the newest version is remembered.

        Raises:
            BrokerError: no broker answers, or the topic does not exist.
        """
        self._connection = Connection(kafka) if isinstance(kafka, str) else kafka
        self._versions = NewestVersions(remember)
        self._client = self._connection.consumer(Recommendation.TOPIC)
        self._stopped = Event()
        self.unreadable = 0
        """How many messages could not be read."""

    @property
    def ignored(self) -> int:
        """How many older versions came."""
        return self._versions.ignored

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def poll(self, seconds: float = _POLL_SECONDS) -> list[Change]:
        """Return the changes that are there, after this wait at most; often none.

        Raises:
            BrokerError: the broker refuses. While no broker answers, it waits.
        """
        with self._connection.errors():
            batches = self._client.poll(timeout_ms=round(seconds * 1000))
        changes = []
        for messages in batches.values():
            for message in messages:
                try:
                    change = self._versions.read(message.key, message.value)
                except ContractError as error:
                    self._leave_out(message, error)
                    continue
                if change is not None:
                    changes.append(change)
        return changes

    def catch_up(self, timeout_seconds: float = 600) -> Iterator[Change]:
        """Yield the changes up to the end that the topic has now, to fill a store before it serves.

        Raises:
            BrokerError: the end was not reached in time.
        """
        ends = self._ends()
        deadline = time.monotonic() + timeout_seconds
        while not self._stopped.is_set() and not self._has_reached(ends):
            if time.monotonic() > deadline:
                raise BrokerError(
                    f"Kafka at {self._connection.bootstrap_servers}: the end of the topic was not "
                    f"reached within {timeout_seconds:g} s"
                )
            yield from self.poll()

    def stop(self) -> None:
        """Let the loop over the changes end soon."""
        self._stopped.set()

    def close(self) -> None:
        """Disconnect; the thread that reads calls it."""
        self.stop()
        self._client.close()

    def __iter__(self) -> Iterator[Change]:
        """Yield changes until `stop`."""
        while not self._stopped.is_set():
            yield from self.poll()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _leave_out(self, message: object, error: ContractError) -> None:
        self.unreadable += 1
        place = [getattr(message, name) for name in ("topic", "partition", "offset")]
        _LOG.warning("message %s/%s/%s is left out: %s", *place, error)

    def _ends(self) -> dict[TopicPartition, int]:
        topic = self._connection.topic(Recommendation.TOPIC)
        with self._connection.errors():
            numbers = self._client.partitions_for_topic(topic)
            ends = self._client.end_offsets([TopicPartition(topic, number) for number in numbers])
        return dict(ends)

    def _has_reached(self, ends: dict[TopicPartition, int]) -> bool:
        assigned = self._client.assignment()
        with self._connection.errors():
            return all(
                partition in assigned and self._client.position(partition) >= end
                for partition, end in ends.items()
            )
