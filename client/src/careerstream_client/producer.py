"""Writes events, postings and candidates by the rules of the contract."""

import hashlib
from datetime import UTC, datetime, timedelta
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeVar

import orjson
from kafka.errors import KafkaError

from careerstream_client.connection import Connection, one_line
from careerstream_client.errors import ContractError, DeliveryError
from careerstream_client.records import (
    MAX_VALUE_BYTES,
    SCHEMA_VERSION,
    Candidate,
    Event,
    EventKind,
    Posting,
    Recommendation,
)
from careerstream_client.wire import TopicRecord, plain

_MAX_AHEAD = timedelta(days=1)
"""How far a person's time may be ahead of the message's own, by careerstream's decoder."""
_HASH_LENGTH = 32
_WRITTEN = (Event, Posting, Candidate)

_R = TypeVar("_R", bound=TopicRecord)


def new_event(
    *,
    candidate_id: str,
    posting_id: str,
    kind: EventKind | str,
    event_time: datetime | None = None,
    event_id: str | None = None,
    duration_seconds: float | None = None,
    shown_in: Recommendation | None = None,
    source: str | None = None,
) -> Event:
    """Make an event.

    Args:
        candidate_id: who did it.
        posting_id: to which posting.
        kind: what was done.
        event_time: when it was done; now, if it is not given.
        event_id: your own id. If none is given it is a hash of the rest, so that the same event
            sent twice counts once.
        duration_seconds: how long a view lasted.
        shown_in: the list it came from; its id and the posting's rank go into the event.
        source: where it came from.

    Raises:
        ContractError: a field is wrong.
    """
    place = _place(posting_id, shown_in) if shown_in else {}
    fields = {
        "schema_version": SCHEMA_VERSION,
        "candidate_id": candidate_id,
        "posting_id": posting_id,
        "kind": kind,
        "event_time": plain(event_time or datetime.now(UTC), "event_time"),
        "duration_seconds": duration_seconds,
        "source": source,
    } | place
    try:
        content = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise ContractError(f"the event cannot be written as JSON: {error}") from error
    own_id = hashlib.sha256(content).hexdigest()[:_HASH_LENGTH] if event_id is None else event_id
    return Event.from_document(fields | {"event_id": own_id})


def _place(posting_id: str, shown_in: Recommendation) -> dict[str, str | int]:
    ranks = {item.posting_id: item.rank for item in shown_in.items}
    if posting_id not in ranks:
        raise ContractError(f"is {posting_id!r}, which is not in the list shown_in", "posting_id")
    return {"recommendation_id": shown_in.recommendation_id, "rank": ranks[posting_id]}


def checked(record: _R) -> tuple[_R, bytes]:
    """Return a record as careerstream will read it, and its value.

    Raises:
        ContractError: a field is missing or wrong, a time is more than a day ahead, or the value
            is too large.
    """
    kind = type(record)
    read = kind.from_json(record.to_json())
    value = read.to_json()
    if len(value) > MAX_VALUE_BYTES:
        raise ContractError(f"the value has {len(value):,} bytes, at most {MAX_VALUE_BYTES:,}")
    moment = getattr(read, kind.TIME) if kind.TIME else None
    if moment is not None and moment > datetime.now(UTC) + _MAX_AHEAD:
        raise ContractError(f"is {moment}, more than a day ahead of the clock", kind.TIME)
    return read, value


class Producer:
    """Sends events, postings and candidates, each with its key, once.

        with Producer("127.0.0.1:9092") as producer:
            producer.event(candidate_id="c1", posting_id="p1", kind="view", shown_in=shown)

    A record that careerstream would refuse is refused here, with one line that names the field.
    Messages leave in the background. `flush`, and the end of the block, wait for all of them.
    Several threads may use it.
    """

    def __init__(self, kafka: str | Connection) -> None:
        """Connect; a BrokerError when no broker answers."""
        self._connection = Connection(kafka) if isinstance(kafka, str) else kafka
        self._client = self._connection.producer()
        self._lock = Lock()
        self._failures: list[BaseException] = []

    def send(self, record: TopicRecord) -> None:
        """Send an Event, a Posting or a Candidate.

        Raises:
            ContractError: careerstream would refuse it.
            DeliveryError: there is no room for it, because nothing is delivered.
        """
        if not isinstance(record, _WRITTEN):
            names = ", ".join(kind.__name__ for kind in _WRITTEN)
            raise ContractError(f"a {type(record).__name__} is not yours to write; send {names}")
        read, value = checked(record)
        self._send(read.TOPIC, read.key, value)

    def event(self, **fields: Any) -> Event:
        """Make an event (`new_event` has the arguments), send it and return it."""
        made = new_event(**fields)
        self.send(made)
        return made

    def withdraw(self, kind: type[Posting] | type[Candidate], key: str) -> None:
        """Close a posting, or delete a candidate's stated part, with a null value."""
        if kind not in {Posting, Candidate}:
            raise ContractError(
                f"a {kind.__name__} cannot be withdrawn; a Posting or Candidate can"
            )
        if not key:
            raise ContractError("is empty", kind.KEY)
        self._send(kind.TOPIC, key, None)

    def flush(self, timeout_seconds: float = 60) -> None:
        """Wait until everything that was sent is delivered.

        Raises:
            DeliveryError: something was not, with the number and the first reason.
        """
        try:
            self._client.flush(timeout=timeout_seconds)
        except KafkaError as error:
            self._failed(error)
        with self._lock:
            failures, self._failures = self._failures, []
        if failures:
            raise DeliveryError(
                f"Kafka at {self._connection.bootstrap_servers}: {len(failures)} messages were not "
                f"delivered ({one_line(failures[0])})"
            ) from failures[0]

    def close(self, timeout_seconds: float = 60) -> None:
        """Deliver what was sent and disconnect; a DeliveryError as `flush`."""
        try:
            self.flush(timeout_seconds)
        finally:
            self._client.close(timeout=timeout_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except DeliveryError:
            if error is None:  # else the first error says what happened
                raise

    def _send(self, topic: str, key: str, value: bytes | None) -> None:
        name = self._connection.topic(topic)
        try:
            sent = self._client.send(name, key=key.encode(), value=value)
        except (KafkaError, ValueError) as error:
            raise DeliveryError(
                f"Kafka at {self._connection.bootstrap_servers}: nothing can be sent to {name} "
                f"({one_line(error)})"
            ) from error
        sent.add_errback(self._failed)

    def _failed(self, error: BaseException) -> None:
        with self._lock:
            self._failures.append(error)
