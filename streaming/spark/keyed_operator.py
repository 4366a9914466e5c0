"""Runs a `BatchOperator` in `transformWithState`, in Arrow batches or in rows (the plain path)."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa
from pyspark.sql import Row
from pyspark.sql.streaming.stateful_processor import (
    StatefulProcessor,
    StatefulProcessorHandle,
    TimerValues,
)

from streaming.settings import Tuning
from streaming.spark.internals.batch_operator import BatchOperator
from streaming.spark.internals.tuned.arrow_operator import ArrowOperator

_ROWS_PER_BATCH = 1_000
"""Rows of a key that the plain path puts into one record batch."""


def stateful_processor(operator: BatchOperator, tuned: Collection[Tuning]) -> StatefulProcessor:
    """Return the processor to give to `GroupedData.transformWithState`.

    `tuned` holds the parts of `streaming.spark.tuning` that are on.
    """
    return ArrowOperator(operator) if Tuning.ARROW_OPERATOR in tuned else RowOperator(operator)


class RowOperator(StatefulProcessor):
    """The plain path: Spark's rows become record batches, and record batches Spark's rows."""

    def __init__(self, operator: BatchOperator) -> None:
        self._operator = operator

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Open the state."""
        self._operator.open(handle)

    def handleInputRows(  # noqa: N802 - Spark's name
        self,
        key: Any,
        rows: Any,  # Iterator[Row]
        timerValues: TimerValues,  # noqa: N803 - Spark's name
    ) -> Iterator[Row]:
        """Process the rows of a key."""
        del key, timerValues
        for batch in self._operator.process(_batches(rows)):
            for record in batch.to_pylist():
                yield Row(**record)

    def handleInitialState(  # noqa: N802 - Spark's name
        self,
        key: Any,
        initialState: Any,  # noqa: N803 - Spark's name; a Row
        timerValues: TimerValues,  # noqa: N803
    ) -> None:
        """Take a row of the initial state."""
        del key, timerValues
        for batch in _batches(iter([initialState])):
            self._operator.load_initial(batch)

    def close(self) -> None:
        """Close the state."""
        self._operator.close()


def _batches(rows: Iterator[Row]) -> Iterator[pa.RecordBatch]:
    while chunk := list(islice(rows, _ROWS_PER_BATCH)):
        columns = [pa.array(column) for column in zip(*chunk, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, names=chunk[0].__fields__)
