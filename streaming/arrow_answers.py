"""What a keyed operator answers, in columns, sent while it still makes the rest.

Spark gathers the rows that a Python operator with state gives for a key, makes dictionaries of them
and sends all at once at its end. Here an operator gives record batches, and each leaves when it is
made: the JVM writes it to Kafka while the next is made, and a worker holds one at a time.
"""

from collections.abc import Iterable, Iterator
from typing import IO, Any

import pyarrow as pa
from pyspark.sql.pandas.serializers import (
    ArrowStreamUDFSerializer,
    TransformWithStateInPySparkRowSerializer,
)
from pyspark.sql.streaming.stateful_processor import StatefulProcessor


class ArrowProcessor(StatefulProcessor):
    """A keyed operator whose `handleInputRows` gives `pyarrow.RecordBatch`es in place of rows.

    Others cannot run in the same workers: a process that knows a class of these sends what all
    operators give as record batches. Spark has no setting for that yet; it is what it does for
    `DataFrame.mapInArrow`.
    """

    def __init_subclass__(cls) -> None:
        """Have a process that knows such a class, and so every worker that has one, send so."""
        super().__init_subclass__()
        TransformWithStateInPySparkRowSerializer.dump_stream = _send_each  # type: ignore[method-assign]


def _send_each(self: ArrowStreamUDFSerializer, iterator: Iterable[Any], stream: IO[bytes]) -> None:
    """Stand for Spark's `dump_stream`: of each call of an operator comes one list of one pair."""

    def batches() -> Iterator[list[pa.RecordBatch]]:
        for [(given, _)] in iterator:
            for batch in given:
                yield [batch]
                stream.flush()

    ArrowStreamUDFSerializer.dump_stream(self, batches(), stream)  # type: ignore[no-untyped-call]
