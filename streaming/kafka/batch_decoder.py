"""Bytes to records, a batch of messages at a time: what can be read, and for the rest why not.

Errors are data. Each message gets a `record` or an `error`, never both, never neither, and nothing
here can fail a query. Values are read in Python (`streaming.contract.value_decoder`), as they are
between a click and its recommendation: checks of as many columns in Spark took several times as
long, and a core.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate
from types import NoneType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import ArrayType, DataType, StructType

from streaming.contract.field_checks import TIMES_OF_PEOPLE
from streaming.contract.schemas import SCALARS, spark_type
from streaming.contract.topics import Topic
from streaming.contract.value_decoder import Document, Unreadable, as_scalar, read_value

ERROR_TYPE = StructType().add("reason", "string").add("text", "string")
_SCALARS = {type(spark): scalar for scalar, spark in SCALARS.items()}
_TOGETHER = 1_000
"""Messages that are held as objects at a time; Spark's batches have up to 64 MiB."""
_TIME = pa.timestamp("us", tz="UTC")
_FIRST = pa.scalar(datetime(1, 1, 1, tzinfo=UTC), _TIME)
_LAST = pa.scalar(datetime.max.replace(tzinfo=UTC), _TIME)
_CANONICAL_FORM = "%Y-%m-%dT%H:%M:%SZ"
"""Arrow's form of a canonical time (`streaming.timestamps`): its seconds have all their digits."""


def decode(messages: DataFrame, topic: Topic) -> DataFrame:
    """Read the values of one topic.

    Args:
        messages: rows of Spark's Kafka source; at least `value` and `timestamp`.
        topic: whose contract applies.

    Returns:
        The same rows with `record` (the record's Spark type, null where it cannot be read) and
        `error` (reason code and text, null where it can). A null value is the error `null-value`;
        a topic on which it means deletion tells it apart by that code. Parts of a record that lie
        in a list and are not of their type are null.
    """
    if topic.record is None:
        raise ValueError(f"topic {topic.name} holds raw bytes, which cannot be decoded")
    shape = spark_type(topic.record)
    columns = StructType([*messages.schema]).add("record", shape).add("error", ERROR_TYPE)
    return messages.mapInArrow(partial(_decoded, topic=topic, shape=shape), columns)


def _decoded(
    batches: Iterator[pa.RecordBatch], topic: Topic, shape: StructType
) -> Iterator[pa.RecordBatch]:
    for batch in _small(batches):
        records: list[Document | None] = []
        errors: list[dict[str, str] | None] = []
        values = batch.column("value").to_pylist()
        for value, produced_at in zip(values, _moments(batch, topic), strict=True):
            try:
                record, error = read_value(value, topic, produced_at), None
            except Unreadable as unreadable:
                record, error = None, {"reason": unreadable.fault.value, "text": unreadable.text}
            records.append(record)
            errors.append(error)
        read = {"record": _column(records, shape), "error": _column(errors, ERROR_TYPE)}
        told = dict(zip(batch.schema.names, batch.columns, strict=True))
        yield pa.RecordBatch.from_pydict(told | read)


def _small(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for start in range(0, batch.num_rows, _TOGETHER):
            yield batch.slice(start, _TOGETHER)


def _moments(batch: pa.RecordBatch, topic: Topic) -> Sequence[str | None]:
    """Return when each message was produced, where that is asked for."""
    if topic.record not in TIMES_OF_PEOPLE:
        return [""] * batch.num_rows
    moments = batch.column("timestamp").cast(_TIME)
    # Arrow counts years in 16 bits: it would make year 4464 of year 70000.
    known = pc.and_(pc.greater_equal(moments, _FIRST), pc.less_equal(moments, _LAST))
    texts: list[str | None] = pc.strftime(
        pc.if_else(known, moments, pa.scalar(None, _TIME)), _CANONICAL_FORM
    ).to_pylist()
    return texts


def _column(values: Sequence[Any], kind: DataType) -> pa.Array:
    """Make a column of what was parsed; what is not of its type is null.

    Field by field: Arrow, given documents, does not turn the times in them from text.
    """
    if isinstance(kind, StructType):
        objects = [value if isinstance(value, dict) else None for value in values]
        columns = [
            _column([o if o is None else o.get(field.name) for o in objects], field.dataType)
            for field in kind
        ]
        absent = pa.array([o is None for o in objects], pa.bool_())
        return pa.StructArray.from_arrays(columns, kind.names, mask=absent)
    if isinstance(kind, ArrayType):
        lists = [value if isinstance(value, list) else None for value in values]
        ends = [*accumulate((len(one or ()) for one in lists), initial=0)]
        starts = [None if one is None else start for one, start in zip(lists, ends, strict=False)]
        flat = [part for one in lists if one for part in one]
        offsets = pa.array([*starts, ends[-1]], pa.int32())
        return pa.ListArray.from_arrays(offsets, _column(flat, kind.elementType))
    return _leaves(values, kind)


def _leaves(values: Sequence[Any], kind: DataType) -> pa.Array:
    scalar = _SCALARS[type(kind)]
    if scalar is not str or not set(map(type, values)) <= {str, NoneType}:
        # What lies in lists of objects was not checked when it was read, and Arrow turns some.
        values = [None if value is None else as_scalar(scalar, value) for value in values]
    as_read = pa.string() if scalar is datetime else to_arrow_type(kind)
    return pa.array(values, as_read).cast(to_arrow_type(kind, timezone="UTC"))
