"""What a keyed operator of the stream does, whichever way Spark hands it the rows."""

from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa
from pyspark.sql.streaming.stateful_processor import StatefulProcessorHandle


class BatchOperator(Protocol):
    """A keyed operator over record batches, with state.

    It is pickled into every task, and called there in the order of these methods.
    """

    def open(self, handle: StatefulProcessorHandle) -> None:
        """Open the state."""

    def load_initial(self, rows: pa.RecordBatch) -> None:
        """Take rows of the initial state of the current key."""

    def process(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Process all rows of the current key in a batch of the stream; return what leaves."""
        ...

    def close(self) -> None:
        """Close the state, once all keys of the task are processed."""
