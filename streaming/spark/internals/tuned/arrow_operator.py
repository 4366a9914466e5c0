"""A keyed operator that takes and returns Arrow record batches.

What: replaces, in a worker and for one task, the methods by which Spark's serializer of
`transformWithState` reads and writes rows.
Why: Spark makes an object of each value and of each row, which costs more than folding what the row
says. It also gathers all rows that are returned for a key and sends them at its end; here each
batch leaves as it is made, and the JVM writes it to Kafka while the next is made.
Brings: what `careerstream benchmark stream --part tuning` measures.
Tried on: PySpark 4.2.0. Goes when: Spark has an Arrow form of `transformWithState`, as
`mapInArrow` is one of `map`.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import IO, Any, Self

import pyarrow as pa
from pyspark.sql.pandas.serializers import (
    ArrowStreamSerializer,
    ArrowStreamUDFSerializer,
    TransformWithStateInPySparkRowInitStateSerializer,
    TransformWithStateInPySparkRowSerializer,
)
from pyspark.sql.streaming.stateful_processor import (
    StatefulProcessor,
    StatefulProcessorHandle,
    TimerValues,
)
from pyspark.sql.streaming.stateful_processor_util import TransformWithStateInPandasFuncMode

from streaming.errors import CareerstreamError
from streaming.spark.internals.batch_operator import BatchOperator

_Call = tuple[TransformWithStateInPandasFuncMode, Any, Any]
"""What a processor is called for, the key, and the rows."""
_LAST_CALLS: tuple[_Call, ...] = (
    (TransformWithStateInPandasFuncMode.PROCESS_TIMER, None, None),
    (TransformWithStateInPandasFuncMode.COMPLETE, None, None),
)
_ROWS, _INITIAL_STATE = "inputData", "initState"
"""The columns that come where there is an initial state; in each batch one is null throughout."""
_Plain = TransformWithStateInPySparkRowSerializer
_WithState = TransformWithStateInPySparkRowInitStateSerializer
_OWN_METHODS = (
    (_Plain, "load_stream", _Plain.load_stream),
    (_Plain, "dump_stream", _Plain.dump_stream),
    (_WithState, "load_stream", _WithState.load_stream),
)
"""Spark's own methods, to put back."""


class ArrowOperator(StatefulProcessor):
    """Runs a `BatchOperator` in `DataFrame.transformWithState` without making rows.

    A worker that unpickles one calls `install`; the end of its task calls `uninstall`.

    Args:
        operator: what is run.
    """

    def __init__(self, operator: BatchOperator) -> None:
        self._operator = operator

    def __reduce__(self) -> tuple[Any, ...]:
        """Install where it is unpickled: the serializer is used before `init` is called."""
        return type(self)._installed, (self._operator,)

    @classmethod
    def _installed(cls, operator: BatchOperator) -> Self:
        install()
        return cls(operator)

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Open the state."""
        self._operator.open(handle)

    def handleInputRows(  # noqa: N802 - Spark's name
        self,
        key: Any,
        rows: Iterator[pa.RecordBatch],
        timerValues: TimerValues,  # noqa: N803 - Spark's name
    ) -> Iterator[pa.RecordBatch]:
        """Process the rows of a key."""
        del key, timerValues
        return self._operator.process(rows)

    def handleInitialState(  # noqa: N802 - Spark's name
        self,
        key: Any,
        initialState: Any,  # noqa: N803 - Spark's name; a record batch
        timerValues: TimerValues,  # noqa: N803
    ) -> None:
        """Take rows of the initial state."""
        del key, timerValues
        self._operator.load_initial(initialState)

    def close(self) -> None:
        """Close the state, and give Spark its methods back."""
        try:
            self._operator.close()
        finally:
            uninstall()


def install() -> None:
    """Have this process exchange record batches with the JVM, whatever operator runs in it."""
    _Plain.load_stream = _load  # type: ignore[method-assign]
    _Plain.dump_stream = _dump  # type: ignore[method-assign]
    _WithState.load_stream = _load_with_state  # type: ignore[method-assign]


def uninstall() -> None:
    """Put Spark's own methods back; streams that are being read or written stay as they are."""
    for serializer, name, method in _OWN_METHODS:
        setattr(serializer, name, method)


def check() -> None:
    """Fail where Spark's serializer does not work as expected: send rows there and back."""
    sink = io.BytesIO()
    rows = pa.RecordBatch.from_pylist([{"key": key, "value": b"v"} for key in (1, 1, 2)])
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_batch(rows)
    serializer = _Plain(arrow_max_records_per_batch=1)  # type: ignore[no-untyped-call]
    serializer.key_offsets = [0]
    calls = _load(serializer, io.BytesIO(sink.getvalue()))
    keys = [(key, sum(batch.num_rows for batch in batches or ())) for _, key, batches in calls]
    if keys != [((1,), 2), ((2,), 1), (None, 0), (None, 0)]:
        raise CareerstreamError(f"rows came back as {keys}")
    out = io.BytesIO()
    _dump(serializer, [[(iter([rows]), None)]], out)
    out.seek(4)  # Spark's mark that Arrow's stream begins
    returned = pa.ipc.open_stream(out).read_all()
    if returned.column(0).to_pylist() != rows.to_pylist():
        raise CareerstreamError(f"rows left as {returned}")


def _load(self: TransformWithStateInPySparkRowSerializer, stream: IO[bytes]) -> Iterator[_Call]:
    """Stand for Spark's `load_stream`: one call for each key, with all its rows."""
    runs = (run for batch in _batches(self, stream) for run in _runs(batch, self.key_offsets))
    for key, of_key in groupby(runs, itemgetter(0)):
        yield TransformWithStateInPandasFuncMode.PROCESS_DATA, key, (batch for _, batch in of_key)
    yield from _LAST_CALLS


def _load_with_state(
    self: TransformWithStateInPySparkRowInitStateSerializer, stream: IO[bytes]
) -> Iterator[_Call]:
    """Stand for `load_stream` where there is an initial state.

    One call for each batch of the state's rows, then one with all other rows of the key.
    """
    for key, of_key in groupby(_runs_with_state(self, stream), itemgetter(0)):
        rows: list[pa.RecordBatch] = []
        for _, column, batch in of_key:
            if column == _ROWS:
                rows.append(batch)
            else:
                state = iter([batch])  # one "row": the processor takes whole batches
                yield TransformWithStateInPandasFuncMode.PROCESS_DATA, key, (iter(()), state)
        if rows:
            yield TransformWithStateInPandasFuncMode.PROCESS_DATA, key, (iter(rows), iter(()))
    yield from _LAST_CALLS


def _runs_with_state(
    self: TransformWithStateInPySparkRowInitStateSerializer, stream: IO[bytes]
) -> Iterator[tuple[Any, str, pa.RecordBatch]]:
    offsets = {_ROWS: self.key_offsets, _INITIAL_STATE: self.init_key_offsets}
    for batch in _batches(self, stream):
        columns = {name: batch.column(name).drop_null() for name in offsets}
        if all(map(len, columns.values())):
            raise CareerstreamError("Spark sent an initial state and other rows in one batch")
        for name, rows in columns.items():
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
    keys = zip(*(batch.column(offset).to_pylist() for offset in key_offsets), strict=True)
    start = 0
    for key, same in groupby(keys):
        rows = sum(1 for _ in same)
        yield key, batch.slice(start, rows)
        start += rows


def _dump(self: ArrowStreamUDFSerializer, calls: Iterable[Any], stream: IO[bytes]) -> None:
    """Stand for Spark's `dump_stream`: each call of a processor returns one list of one pair."""

    def batches() -> Iterator[list[pa.RecordBatch]]:
        for [(returned, _)] in calls:
            for batch in returned:
                yield [batch]
                stream.flush()

    ArrowStreamUDFSerializer.dump_stream(self, batches(), stream)  # type: ignore[no-untyped-call]
