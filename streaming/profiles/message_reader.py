"""Messages of `events` and `candidates`, read where the state is, in columns.

A batch of the stream is held as it came, and read a part at a time: each candidate is in one part,
with all that there is of it. Folded in two parts, out of the order of offsets, a profile would for
a moment be less than its version says.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.field_checks import Fault
from streaming.contract.records import EVERYONE, MAX_ID_LENGTH
from streaming.contract.topics import CANDIDATES, DEAD_LETTERS, EVENTS
from streaming.contract.value_decoder import Unreadable, own_time, read_value
from streaming.kafka.dead_letters import headers_of
from streaming.kafka.spark_io import Outgoing
from streaming.profiles.fold import EventSeen, Seen, StatedSeen
from streaming.profiles.state_shards import Shards
from streaming.timestamps import SPARK_FORMAT

_READ_BYTES = 16 * 2**20
"""Of messages that are read at a time; as objects they take several times as much."""
_EVENT_FIELDS = ("event_id", "posting_id", "kind", "event_time", "duration_seconds")
_BY_TOPIC = {EVENTS.name: EVENTS, CANDIDATES.name: CANDIDATES}


class Message(NamedTuple):
    """A message of either topic, as `sharded` selects it."""

    topic: str
    partition: int
    offset: int
    produced_at: str
    key: bytes | None
    value: bytes | None


@dataclass
class Found:
    """What some messages say."""

    seen: defaultdict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    """The records of each candidate."""
    letters: list[Outgoing] = field(default_factory=list)
    """Dead letters."""
    unread: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """How many there are of these, by job, topic and reason."""


def sharded(messages: DataFrame, shards: Shards) -> DataFrame:
    """Select what is read of the messages, and their `shard`.

    No more than that: Spark plans every expression anew for each batch.

    Args:
        messages: stream of Spark's Kafka source over `events` and `candidates`, `topic` without its
            prefix.
        shards: of the state that the records are for.
    """
    return messages.select(
        shards.column(F.col("key")),
        "topic",
        "partition",
        "offset",
        F.date_format("timestamp", SPARK_FORMAT).alias("produced_at"),
        "key",
        "value",
    )


def divide(batches: Sequence[pa.RecordBatch]) -> Iterator[Sequence[pa.RecordBatch]]:
    """Divide messages so that a part can be held as objects; all of one key are in one part.

    Args:
        batches: with at least the column `key`.
    """
    parts = 1 + sum(batch.nbytes for batch in batches) // _READ_BYTES
    if parts == 1:
        yield batches
        return
    places = [_places(batch.column("key"), parts) for batch in batches]
    for part in range(parts):
        yield [
            batch.filter(pa.array(place == part))
            for batch, place in zip(batches, places, strict=True)
        ]


def read(messages: pa.RecordBatch, job: str) -> Found:
    """Read messages.

    Args:
        messages: with the columns of `Message`.
        job: who reads; stands in the dead letters.
    """
    found = Found()
    columns = (messages.column(name).to_pylist() for name in Message._fields)
    for message in map(Message._make, zip(*columns, strict=True)):
        candidate_id = _named_by(message.key)
        try:
            seen = _seen(message, candidate_id)
        except Unreadable as unreadable:
            found.letters.append(_dead_letter(message, unreadable, job))
            found.unread[job, message.topic, unreadable.fault.value] += 1
        else:
            found.seen[str(candidate_id)].append(seen)
    return found


def _places(keys: pa.Array, parts: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Say in which part each message is; where there is no key, nothing has to be together."""
    named = enumerate(keys.to_pylist())
    return np.array([(zlib.adler32(key) if key else row) % parts for row, key in named], np.int64)


def _named_by(key: bytes | None) -> str | None:
    """Return the id that a key is, None for a key that can be none."""
    try:
        named = (key or b"").decode()
    except UnicodeDecodeError:
        return None
    return named if 1 <= len(named) <= MAX_ID_LENGTH else None


def _seen(message: Message, candidate_id: str | None) -> Seen:
    """Read a message whose key names a candidate, or nobody.

    Raises:
        Unreadable: why it cannot be.
    """
    is_event = message.topic == EVENTS.name
    deletes = not is_event and message.value is None and candidate_id not in (None, EVERYONE)
    if deletes:
        moment = own_time(message.produced_at)
        return StatedSeen({"updated_at": moment}, message.offset, moment)
    record = read_value(message.value, _BY_TOPIC[message.topic], message.produced_at)
    named = record.pop("candidate_id")
    if named != candidate_id:
        raise Unreadable(Fault.WRONG_KEY, f"the key must be the value's own id '{named}'")
    if is_event:
        said: Any = {name: record.get(name) for name in _EVENT_FIELDS}
        return EventSeen(**said, offset=message.offset, produced_at=message.produced_at)
    del record["schema_version"]
    return StatedSeen(record, message.offset, message.produced_at)


def _dead_letter(message: Message, unreadable: Unreadable, job: str) -> Outgoing:
    place = f"{message.topic}/{message.partition}/{message.offset}"
    headers = headers_of(place, unreadable.fault, unreadable.text, job=job, key=message.key)
    return DEAD_LETTERS.name, place, message.value, headers
