"""Messages of `events` and `candidates`, read where they arrive and packed for their shards.

Spark hands a Python operator with state one row at a time, one value at a time, which costs more
than to fold what the row says; a stateless one gets columns. So what a shard is to fold comes to it
as a few rows with hundreds of records each.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.clock import SPARK_FORMAT
from streaming.dead_letters import headers_of
from streaming.fields import Fault
from streaming.fold import EventSeen, Seen, StatedSeen
from streaming.kafka import ARROW_MESSAGE, MESSAGE
from streaming.metrics.tally import Tally
from streaming.records import EVERYONE, MAX_ID_LENGTH
from streaming.shards import Shards
from streaming.topics import CANDIDATES, DEAD_LETTERS, EVENTS
from streaming.values import Unreadable, own_time, read_value

PACK = f"shard int, records binary, {MESSAGE}"
"""Records of a shard's candidates (`unpack`), or else a dead letter on its way out."""
_ARROW_PACK = pa.schema([("shard", pa.int32()), ("records", pa.binary()), *ARROW_MESSAGE])
_HELD_BYTES = 16 * 2**20
"""Of packs that are open at a time; as objects they take several times as much."""
_PARTS = 16
"""Lines of a pack, each with a part of its candidates, so that large packs are opened in parts."""
_EVENT_FIELDS = ("event_id", "posting_id", "kind", "event_time", "duration_seconds")
_BY_TOPIC = {EVENTS.name: EVENTS, CANDIDATES.name: CANDIDATES}


class Message(NamedTuple):
    """A message of either topic, as `_columns` gives it."""

    topic: str
    partition: int
    offset: int
    produced_at: str
    key: bytes | None
    value: bytes | None


def read_packed(messages: DataFrame, shards: Shards, job: str, letters: Tally) -> DataFrame:
    """Read the messages of both topics.

    Args:
        messages: stream of Spark's Kafka source over `events` and `candidates`, `topic` without its
            prefix.
        shards: of the state that the records are for.
        job: who reads; stands in the dead letters.
        letters: counts dead letters.

    Returns:
        Rows of `PACK`.
    """
    packs = partial(_packs, shards=shards, job=job, letters=letters)
    return _columns(messages).mapInArrow(packs, PACK)


def pack(held: Mapping[str, list[Seen]]) -> bytes:
    """Write down what is to be folded: `_PARTS` lines of JSON, a candidate always in the same."""
    parts: list[dict[str, list[Seen]]] = [{} for _ in range(_PARTS)]
    for candidate_id, seen in held.items():
        parts[zlib.adler32(candidate_id.encode()) % _PARTS][candidate_id] = seen
    return b"\n".join(map(orjson.dumps, parts))


def unpack(packs: Sequence[bytes]) -> Iterator[tuple[str, list[Seen]]]:
    """Give all that some packs hold of each candidate, one after the other.

    Of large packs only a part of the candidates is held at a time.
    """
    passes = min(_PARTS, 1 + sum(map(len, packs)) // _HELD_BYTES)
    for one in range(passes):
        everybody: defaultdict[str, list[Seen]] = defaultdict(list)
        for lines in packs:
            for part in lines.split(b"\n")[one::passes]:
                for candidate_id, records in orjson.loads(part).items():
                    everybody[candidate_id] += map(_record, records)
        yield from everybody.items()


def _record(record: dict[str, Any]) -> Seen:
    return EventSeen(**record) if "event_id" in record else StatedSeen(**record)


def _columns(messages: DataFrame) -> DataFrame:
    """Select what is read, and no more: Spark plans every expression anew for each batch."""
    return messages.select(
        "topic",
        "partition",
        "offset",
        F.date_format("timestamp", SPARK_FORMAT).alias("produced_at"),
        "key",
        "value",
    )


def _packs(
    batches: Iterator[pa.RecordBatch], *, shards: Shards, job: str, letters: Tally
) -> Iterator[pa.RecordBatch]:
    unread: Counter[tuple[str, ...]] = Counter()
    for batch in batches:
        packs: defaultdict[int, defaultdict[str, list[Seen]]]
        packs = defaultdict(lambda: defaultdict(list))
        rows: list[dict[str, Any]] = []
        columns = (batch.column(name).to_pylist() for name in Message._fields)
        for message in map(Message._make, zip(*columns, strict=True)):
            shard = shards.of(message.key or b"")
            candidate_id = _named_by(message.key)
            try:
                seen = _seen(message, candidate_id)
            except Unreadable as unreadable:
                rows.append({"shard": shard, **_dead_letter(message, unreadable, job)})
                unread[job, message.topic, unreadable.fault.value] += 1
            else:
                packs[shard][str(candidate_id)].append(seen)
        rows += [{"shard": of, "records": pack(held)} for of, held in packs.items()]
        yield pa.RecordBatch.from_pylist(rows, _ARROW_PACK)
    letters.add(unread)


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


def _dead_letter(message: Message, unreadable: Unreadable, job: str) -> dict[str, Any]:
    place = f"{message.topic}/{message.partition}/{message.offset}"
    headers = headers_of(place, unreadable.fault, unreadable.text, job=job, key=message.key)
    return {
        "topic": DEAD_LETTERS.name,
        "key": place,
        "value": message.value,
        "headers": headers,
    }
