"""Decodes batches of messages: a record for each, or the reason why there is none.

Errors are data. Each message gets a `record` or an `error`, never both, never neither, and no value
can fail a query. Values are decoded in Python (`streaming.contract.value_decoder`), because checks
of as many columns in Spark took several times as long.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DoubleType,
    LongType,
    StringType,
    StructType,
    TimestampType,
)

from streaming.contract.field_rules import PERSON_TIME_FIELDS
from streaming.contract.json_parser import DecodeError
from streaming.contract.spark_types import spark_type
from streaming.contract.topics import Topic
from streaming.contract.value_decoder import Document, read_value
from streaming.privacy.personal_values import PERSONAL_TOPICS, candidate_of, read_personal
from streaming.privacy.pseudonyms import Pseudonyms, is_pseudonym

ERROR_TYPE = StructType().add("reason", "string").add("text", "string")
_TIME = pa.timestamp("us", tz="UTC")
_ARROW_TYPES: dict[type[DataType], pa.DataType] = {
    StringType: pa.string(),
    LongType: pa.int64(),
    DoubleType: pa.float64(),
    BooleanType: pa.bool_(),
}
_CHUNK = 1_000
"""Messages decoded at a time; Spark's batches have up to 64 MiB."""
_MIN_TIME = pa.scalar(datetime(1, 1, 1, tzinfo=UTC), _TIME)
_MAX_TIME = pa.scalar(datetime.max.replace(tzinfo=UTC), _TIME)
_CANONICAL_FORM = "%Y-%m-%dT%H:%M:%SZ"
"""A canonical time (`streaming.timestamps`) as Arrow formats it: %S has all six decimals."""


def decode(messages: DataFrame, topic: Topic, pseudonyms: Pseudonyms | None = None) -> DataFrame:
    """Decode the values of one topic: rows of Spark's Kafka source, with `value` and `timestamp`.

    Returns:
        The same rows with `record` (the record's Spark type, null if it cannot be decoded) and
        `error` (reason code and text, null if it can). A null value is the error `null-value`, by
        which callers recognise deletions. With pseudonyms, these stand in the keys and records of
        topics that producers write under the ids of candidates.
    """
    if topic.record is None:
        raise ValueError(f"topic {topic.name} holds raw bytes, which cannot be decoded")
    shape = spark_type(topic.record)
    columns = StructType([*messages.schema]).add("record", shape).add("error", ERROR_TYPE)
    own = pseudonyms if topic in PERSONAL_TOPICS else None
    decode_batches = partial(_decode_batches, topic=topic, shape=shape, pseudonyms=own)
    return messages.mapInArrow(decode_batches, columns)


def _decode_batches(
    batches: Iterator[pa.RecordBatch],
    topic: Topic,
    shape: StructType,
    pseudonyms: Pseudonyms | None,
) -> Iterator[pa.RecordBatch]:
    for batch in _chunks(batches):
        rows = zip(
            batch.column("value").to_pylist(),
            _timestamps(batch, topic),
            [None] * batch.num_rows if pseudonyms is None else batch.column("key").to_pylist(),
            strict=True,
        )
        results = [_decode_value(*row, topic=topic, pseudonyms=pseudonyms) for row in rows]
        decoded = {
            "record": document_column([record for record, _ in results], shape),
            "error": document_column([error for _, error in results], ERROR_TYPE),
        }
        message = dict(zip(batch.schema.names, batch.columns, strict=True))
        if pseudonyms is not None:
            keys = (_pseudonym_key(key, pseudonyms) for key in batch.column("key").to_pylist())
            message["key"] = pa.array(keys, pa.binary())
        yield pa.RecordBatch.from_pydict(message | decoded)


def _decode_value(
    value: bytes | None,
    produced_at: str | None,
    key: bytes | None,
    *,
    topic: Topic,
    pseudonyms: Pseudonyms | None,
) -> tuple[Document | None, dict[str, str] | None]:
    """Return a record, or an error."""
    try:
        if pseudonyms is None:  # keys are compared in Spark
            return read_value(value, topic, produced_at), None
        return read_personal(value, topic, produced_at, key, pseudonyms), None
    except DecodeError as failure:
        return None, {"reason": failure.reason.value, "text": failure.text}


def _pseudonym_key(key: bytes | None, pseudonyms: Pseudonyms) -> bytes | None:
    """Return the pseudonym of a key; None where it can be no id of a candidate."""
    candidate_id = candidate_of(key)
    if candidate_id is None or is_pseudonym(candidate_id):
        return None
    return pseudonyms.of(candidate_id).encode()


def _chunks(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, batch.num_rows, _CHUNK):
            yield batch.slice(start, _CHUNK)


def _timestamps(batch: pa.RecordBatch, topic: Topic) -> Sequence[str | None]:
    """Return when each message was produced, on topics where the decoder needs it."""
    if topic.record not in PERSON_TIME_FIELDS:
        return [""] * batch.num_rows
    moments = batch.column("timestamp").cast(_TIME)
    # Arrow counts years in 16 bits: it would make year 4464 of year 70000.
    known = pc.and_(pc.greater_equal(moments, _MIN_TIME), pc.less_equal(moments, _MAX_TIME))
    texts: list[str | None] = pc.strftime(
        pc.if_else(known, moments, pa.scalar(None, _TIME)), _CANONICAL_FORM
    ).to_pylist()
    return texts


def document_column(values: Sequence[Any], kind: DataType) -> pa.Array:
    """Return decoded values as a column.

    Structs are built field by field, because Arrow does not convert times in documents from text.
    """
    if isinstance(kind, StructType):
        columns = [
            document_column(
                [None if v is None else v.get(field.name) for v in values], field.dataType
            )
            for field in kind
        ]
        absent = pa.array([v is None for v in values], pa.bool_())
        return pa.StructArray.from_arrays(columns, kind.names, mask=absent)
    if isinstance(kind, ArrayType):
        ends = [*accumulate((len(items or ()) for items in values), initial=0)]
        starts = [None if v is None else start for v, start in zip(values, ends, strict=False)]
        flat = [item for items in values if items for item in items]
        offsets = pa.array([*starts, ends[-1]], pa.int32())
        return pa.ListArray.from_arrays(offsets, document_column(flat, kind.elementType))
    if isinstance(kind, TimestampType):
        return pa.array(values, pa.string()).cast(_TIME)
    return pa.array(values, _ARROW_TYPES[type(kind)])
