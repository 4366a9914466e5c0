"""Reads messages of `events` and `candidates` from Arrow batches, in the worker that folds them.

A worker holds its part of a batch as it came, as bytes, and reads some of it at a time: all
messages of a candidate together. Folded in two parts, out of the order of offsets, a profile would
for a moment hold less than its version says.
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

from streaming.contract.json_parser import DecodeError
from streaming.contract.records import ANONYMOUS
from streaming.contract.topics import BY_NAME, EVENTS
from streaming.contract.value_decoder import checked_timestamp, read_value
from streaming.kafka.dead_letters import dead_letter
from streaming.kafka.spark_io import OutgoingMessage
from streaming.privacy.personal_values import candidate_of, read_personal, refuse_pseudonym
from streaming.privacy.pseudonyms import Pseudonyms
from streaming.profiles.fences import Fence
from streaming.profiles.fold import Received, ReceivedStatedPart
from streaming.profiles.fold_inputs import received_event, received_stated_part
from streaming.profiles.state_shards import Shards
from streaming.timestamps import SPARK_FORMAT

_READ_BYTES = 16 * 2**20
"""Bytes of messages that are read at a time; as objects they take several times as much."""


class Message(NamedTuple):
    """A message of either topic, as `with_shards` selects it."""

    topic: str
    partition: int
    offset: int
    produced_at: str
    key: bytes | None
    value: bytes | None


@dataclass
class ReadMessages:
    """What some messages hold."""

    received: defaultdict[str, list[Received]] = field(default_factory=lambda: defaultdict(list))
    """The records of each candidate; none for one of whom there is but a fence."""
    fences: dict[str, Fence] = field(default_factory=dict)
    """The last fence of each candidate that was erased."""
    dead_letters: list[OutgoingMessage] = field(default_factory=list)
    """One for each message that cannot be read."""
    unreadable: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """The number of these, by job, topic and reason."""


def with_shards(messages: DataFrame, shards: Shards) -> DataFrame:
    """Select the columns of `Message`, and the `shard`; Spark plans each column for every batch.

    The messages come from Spark's Kafka source, `topic` without its prefix.
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


def split_by_key(batches: Sequence[pa.RecordBatch]) -> Iterator[Sequence[pa.RecordBatch]]:
    """Split messages, by the column `key`, into parts of some MiB; each key is in one part."""
    parts = 1 + sum(batch.nbytes for batch in batches) // _READ_BYTES
    if parts == 1:
        yield batches
        return
    numbers = [_part_numbers(batch.column("key"), parts) for batch in batches]
    for part in range(parts):
        yield [
            batch.filter(pa.array(number == part))
            for batch, number in zip(batches, numbers, strict=True)
        ]


def read_messages(
    messages: pa.RecordBatch, job: str, pseudonyms: Pseudonyms | None = None
) -> ReadMessages:
    """Read messages with the columns of `Message`; dead letters name the job that reads them.

    With pseudonyms, these stand in place of the candidates' ids, and dead letters are sealed.
    """
    result = ReadMessages()
    columns = (messages.column(name).to_pylist() for name in Message._fields)
    for message in map(Message._make, zip(*columns, strict=True)):
        try:
            if message.value is None:
                _read_null(message, result, pseudonyms)
                continue
            candidate_id, received = _received(message, pseudonyms)
        except DecodeError as error:
            result.dead_letters.append(dead_letter(message, error, job, pseudonyms))
            result.unreadable[job, message.topic, error.reason.value] += 1
        else:
            result.received[candidate_id].append(received)
    return result


def _part_numbers(keys: pa.Array, parts: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the part of each message; messages without a key need not be together."""
    rows = enumerate(keys.to_pylist())
    return np.array([(zlib.adler32(key) if key else row) % parts for row, key in rows], np.int64)


def _read_null(message: Message, result: ReadMessages, pseudonyms: Pseudonyms | None) -> None:
    """Read a null value: of `candidates` it withdraws the stated part, of `events` it is a fence.

    Raises:
        DecodeError: the key is no id, or the message has no valid time.
    """
    candidate_id = candidate_of(message.key)
    if candidate_id in {None, ANONYMOUS}:
        read_value(None, BY_NAME[message.topic], message.produced_at)  # raises
    own = str(candidate_id)
    if pseudonyms is not None:
        refuse_pseudonym(own)
        own = pseudonyms.of(own)
    moment, received = checked_timestamp(message.produced_at), result.received[own]
    if message.topic == EVENTS.name:
        result.fences[own] = Fence(message.offset, moment)
    else:
        received.append(ReceivedStatedPart({"updated_at": moment}, message.offset, moment))


def _received(message: Message, pseudonyms: Pseudonyms | None) -> tuple[str, Received]:
    topic, value = BY_NAME[message.topic], message.value
    record = read_personal(value, topic, message.produced_at, message.key, pseudonyms)
    received = received_event if topic is EVENTS else received_stated_part
    return record["candidate_id"], received(record, message.offset, message.produced_at)
