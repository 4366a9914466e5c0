"""Record batches that leave a keyed operator as they are made."""

import socket
from contextlib import closing

import pyarrow as pa
import pytest
from pyspark.serializers import SpecialLengths, read_int
from pyspark.sql.pandas.serializers import TransformWithStateInPySparkRowSerializer

from streaming.arrow_operator import ArrowProcessor
from streaming.kafka import ARROW_MESSAGE, arrow_messages


class Counting(ArrowProcessor):
    """That there is such a class makes its process send each batch by itself."""


@pytest.fixture
def ends():
    """Give a file to write into and one in which that is read, if it comes within seconds."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    with closing(ours), closing(theirs), ours.makefile("wb") as out, theirs.makefile("rb") as heard:
        yield out, heard


def send(given, out):
    """Send as a worker does: of each call one list of one pair, and no rows of the last two."""
    calls = [[(given, None)], [(iter(()), None)], [(iter(()), None)]]
    TransformWithStateInPySparkRowSerializer(arrow_max_records_per_batch=1).dump_stream(calls, out)
    out.flush()


def test_a_batch_leaves_before_the_next_is_made(ends):
    out, heard = ends
    told = []

    def given():
        yield pa.RecordBatch.from_pylist([{"number": 0}])
        assert read_int(heard) == SpecialLengths.START_ARROW_STREAM
        reader = pa.ipc.open_stream(heard)
        for number in (1, 2):
            told.extend(reader.read_next_batch().to_pylist())
            yield pa.RecordBatch.from_pylist([{"number": number}])
        told.extend(reader.read_next_batch().to_pylist())

    send(given(), out)
    assert told == [{"_0": {"number": number}} for number in range(3)]


def test_nothing_made_is_nothing_sent(ends):
    out, heard = ends
    send(iter(()), out)
    out.write(b"the end")
    out.flush()
    assert heard.read(7) == b"the end"


def test_messages_become_columns():
    headers = [{"key": "reason", "value": b"not_json"}]
    messages = [("events", "张三", b"\xff", headers), ("profiles", "c1", None, None)]
    batch = arrow_messages(messages)
    assert batch.schema == ARROW_MESSAGE
    assert [tuple(row.values()) for row in batch.to_pylist()] == messages
    assert arrow_messages([]).num_rows == 0
