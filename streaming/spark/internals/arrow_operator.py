"""A keyed operator in Python that is given and gives record batches.

Spark hands a Python operator with state one row at a time, one value at a time, which costs more
than to fold what the row says; it gathers the rows that are given for a key, makes dictionaries of
them and sends all at once at its end. Here a key's rows come in columns, as Arrow brought them from
the JVM, and each batch that the operator gives leaves when it is made: the JVM writes it to Kafka
while the next is made, and a worker holds one at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import IO, Any

import pyarrow as pa
from pyspark.sql import Row
from pyspark.sql.pandas.serializers import (
    ArrowStreamSerializer,
    ArrowStreamUDFSerializer,
    TransformWithStateInPySparkRowInitStateSerializer,
    TransformWithStateInPySparkRowSerializer,
)
from pyspark.sql.streaming.stateful_processor import StatefulProcessor
from pyspark.sql.streaming.stateful_processor_util import TransformWithStateInPandasFuncMode

from streaming.errors import CareerstreamError

_Call = tuple[TransformWithStateInPandasFuncMode, Any, Any]
"""What an operator is called for, its key, and what it is given."""
_ENDS: tuple[_Call, ...] = (
    (TransformWithStateInPandasFuncMode.PROCESS_TIMER, None, None),
    (TransformWithStateInPandasFuncMode.COMPLETE, None, None),
)
_INPUT, _BEGIN = "inputData", "initState"
"""Columns of what comes where there is a first state; of each batch one is null throughout."""


class ArrowProcessor(StatefulProcessor):
    """A keyed operator whose `handleInputRows` takes and gives `pyarrow.RecordBatch`es, not rows.

    Others cannot run in the same workers: a process that knows a class of these hands all operators
    record batches, and sends what they give as such. Spark has no setting for that yet; it is what
    it does for `DataFrame.mapInArrow`.
    """

    def __init_subclass__(cls) -> None:
        """Have a process that knows such a class, and so every worker that has one, do so."""
        super().__init_subclass__()
        plain, beginning = (
            TransformWithStateInPySparkRowSerializer,
            TransformWithStateInPySparkRowInitStateSerializer,
        )
        plain.load_stream = _receive  # type: ignore[method-assign]
        plain.dump_stream = _send_each  # type: ignore[method-assign]
        beginning.load_stream = _receive_with_state  # type: ignore[method-assign]


def _receive(self: TransformWithStateInPySparkRowSerializer, stream: IO[bytes]) -> Iterator[_Call]:
    """Stand for Spark's `load_stream`: one call for each key, with all its rows."""
    runs = (run for batch in _batches(self, stream) for run in _runs(batch, self.key_offsets))
    for key, of_key in groupby(runs, itemgetter(0)):
        yield TransformWithStateInPandasFuncMode.PROCESS_DATA, key, (batch for _, batch in of_key)
    yield from _ENDS


def _receive_with_state(
    self: TransformWithStateInPySparkRowInitStateSerializer, stream: IO[bytes]
) -> Iterator[_Call]:
    """Stand for `load_stream` where there is a first state, whose rows are taken as they come.

    One call for each batch of these, and then one with all other rows of the key.
    """
    for key, of_key in groupby(_runs_with_state(self, stream), itemgetter(0)):
        given: list[pa.RecordBatch] = []
        for _, name, batch in of_key:
            if name == _INPUT:
                given.append(batch)
            else:
                rows = (Row(**row) for row in batch.to_pylist())
                yield TransformWithStateInPandasFuncMode.PROCESS_DATA, key, (iter(()), rows)
        if given:
            calls = (iter(given), iter(()))
            yield TransformWithStateInPandasFuncMode.PROCESS_DATA, key, calls
    yield from _ENDS


def _runs_with_state(
    self: TransformWithStateInPySparkRowInitStateSerializer, stream: IO[bytes]
) -> Iterator[tuple[Any, str, pa.RecordBatch]]:
    offsets = {_INPUT: self.key_offsets, _BEGIN: self.init_key_offsets}
    for batch in _batches(self, stream):
        shown = {name: batch.column(name).drop_null() for name in offsets}
        if all(map(len, shown.values())):
            raise CareerstreamError("Spark sent a first state and other rows in one batch")
        for name, rows in shown.items():
            for key, run in _runs(pa.RecordBatch.from_struct_array(rows), offsets[name]):
                yield key, name, run


def _batches(self: ArrowStreamUDFSerializer, stream: IO[bytes]) -> Iterator[pa.RecordBatch]:
    batches: Iterator[pa.RecordBatch] = ArrowStreamSerializer.load_stream(self, stream)
    return batches


def _runs(
    batch: pa.RecordBatch, key_offsets: Sequence[int] | None
) -> Iterator[tuple[tuple[Any, ...], pa.RecordBatch]]:
    """Cut a batch, whose rows are sorted by key, where the key changes."""
    if not key_offsets:
        raise CareerstreamError("Spark sent rows without a key")
    keys = zip(*(batch.column(of).to_pylist() for of in key_offsets), strict=True)
    start = 0
    for key, same in groupby(keys):
        rows = sum(1 for _ in same)
        yield key, batch.slice(start, rows)
        start += rows


def _send_each(self: ArrowStreamUDFSerializer, iterator: Iterable[Any], stream: IO[bytes]) -> None:
    """Stand for Spark's `dump_stream`: of each call of an operator comes one list of one pair."""

    def batches() -> Iterator[list[pa.RecordBatch]]:
        for [(given, _)] in iterator:
            for batch in given:
                yield [batch]
                stream.flush()

    ArrowStreamUDFSerializer.dump_stream(self, batches(), stream)  # type: ignore[no-untyped-call]
