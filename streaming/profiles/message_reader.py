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
from streaming.contract.records import ANONYMOUS, MAX_ID_LENGTH
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import BY_NAME, DEAD_LETTERS, EVENTS
from streaming.contract.value_decoder import checked_timestamp, read_value
from streaming.kafka.dead_letters import header_list
from streaming.kafka.spark_io import OutgoingMessage
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


def read_messages(messages: pa.RecordBatch, job: str) -> ReadMessages:
    """Read messages with the columns of `Message`; dead letters name the job that reads them."""
    result = ReadMessages()
    columns = (messages.column(name).to_pylist() for name in Message._fields)
    for message in map(Message._make, zip(*columns, strict=True)):
        candidate_id = _candidate_id(message.key)
        try:
            if message.value is None:
                _read_null(message, candidate_id, result)
                continue
            received = _received(message, candidate_id)
        except DecodeError as error:
            result.dead_letters.append(_dead_letter(message, error, job))
            result.unreadable[job, message.topic, error.reason.value] += 1
        else:
            result.received[str(candidate_id)].append(received)
    return result


def _part_numbers(keys: pa.Array, parts: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the part of each message; messages without a key need not be together."""
    rows = enumerate(keys.to_pylist())
    return np.array([(zlib.adler32(key) if key else row) % parts for row, key in rows], np.int64)


def _candidate_id(key: bytes | None) -> str | None:
    """Return the id that a key holds, None where it cannot be an id."""
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        return None
    return text if 1 <= len(text) <= MAX_ID_LENGTH else None


def _read_null(message: Message, candidate_id: str | None, result: ReadMessages) -> None:
    """Read a null value: of `candidates` it withdraws the stated part, of `events` it is a fence.

    Raises:
        DecodeError: the key is no id, or the message has no valid time.
    """
    if candidate_id in {None, ANONYMOUS}:
        read_value(None, BY_NAME[message.topic], message.produced_at)  # raises
    moment, received = checked_timestamp(message.produced_at), result.received[str(candidate_id)]
    if message.topic == EVENTS.name:
        result.fences[str(candidate_id)] = Fence(message.offset, moment)
    else:
        received.append(ReceivedStatedPart({"updated_at": moment}, message.offset, moment))


def _received(message: Message, candidate_id: str | None) -> Received:
    record = read_value(message.value, BY_NAME[message.topic], message.produced_at)
    if record["candidate_id"] != candidate_id:
        text = f"the key must be the value's own id '{record['candidate_id']}'"
        raise DecodeError(RejectionReason.WRONG_KEY, text)
    if message.topic == EVENTS.name:
        return received_event(record, message.offset, message.produced_at)
    return received_stated_part(record, message.offset, message.produced_at)


def _dead_letter(message: Message, error: DecodeError, job: str) -> OutgoingMessage:
    place = f"{message.topic}/{message.partition}/{message.offset}"
    headers = header_list(place, error.reason, error.text, job=job, key=message.key)
    return DEAD_LETTERS.name, place, message.value, headers
