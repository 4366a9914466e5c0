"""Record batches in which rows reach a keyed operator, and that leave it as they are made."""

import io
import pickle
import socket
from contextlib import closing
from itertools import count

import pyarrow as pa
import pytest
from pyspark.serializers import SpecialLengths, read_int
from pyspark.sql.pandas.serializers import (
    TransformWithStateInPySparkRowInitStateSerializer,
    TransformWithStateInPySparkRowSerializer,
)

from streaming.errors import CareerstreamError
from streaming.kafka.spark_io import ARROW_MESSAGE_SCHEMA, to_arrow
from streaming.spark.internals.tuned import arrow_operator

BOTH = ("inputData", "initState")


@pytest.fixture(autouse=True)
def installed():
    """Replace Spark's methods, as a worker does for a task."""
    arrow_operator.install()
    yield
    arrow_operator.uninstall()


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


def heard_as(batches):
    """Return what the JVM sends of some batches."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return io.BytesIO(sink.getvalue())


def test_a_key_is_called_once_with_all_its_rows():
    serializer = TransformWithStateInPySparkRowSerializer(arrow_max_records_per_batch=1)
    serializer.key_offsets = [1]
    keys = ([None, 1, 1], [1], [1, 2], [3, 3])
    numbers = count()
    batches = [
        pa.RecordBatch.from_pylist([{"number": next(numbers), "shard": key} for key in some])
        for some in keys
    ]
    given = [
        (mode.name, key, [batch.column("number").to_pylist() for batch in rows or ()])
        for mode, key, rows in serializer.load_stream(heard_as(batches))
    ]
    assert given == [
        ("PROCESS_DATA", (None,), [[0]]),
        ("PROCESS_DATA", (1,), [[1, 2], [3], [4]]),
        ("PROCESS_DATA", (2,), [[5]]),
        ("PROCESS_DATA", (3,), [[6, 7]]),
        ("PROCESS_TIMER", None, []),
        ("COMPLETE", None, []),
    ]


def test_a_first_state_is_taken_before_the_rows_of_its_key():
    serializer = TransformWithStateInPySparkRowInitStateSerializer(arrow_max_records_per_batch=1)
    serializer.key_offsets, serializer.init_key_offsets = [0], [1]
    row, state = (
        pa.struct([("shard", pa.int32()), ("number", pa.int32())]),
        pa.struct([("name", pa.string()), ("shard", pa.int32())]),
    )
    schema = pa.schema([("inputData", row), ("initState", state)])
    batches = [
        pa.RecordBatch.from_pylist(rows, schema)
        for rows in (
            [{"inputData": {"shard": 1, "number": number}} for number in (1, 2)],
            [{"initState": {"name": name, "shard": 1}} for name in "ab"],
            [{"inputData": {"shard": 2, "number": 3}}],
            [{"initState": {"name": "c", "shard": 3}}],
        )
    ]
    given = [
        (
            key,
            [one.to_pylist() for one in calls[0]],
            [name for one in calls[1] for name in one.column("name").to_pylist()],
        )
        for mode, key, calls in serializer.load_stream(heard_as(batches))
        if mode.name == "PROCESS_DATA"
    ]
    assert given == [
        ((1,), [], ["a", "b"]),
        ((1,), [[{"shard": 1, "number": 1}, {"shard": 1, "number": 2}]], []),
        ((2,), [[{"shard": 2, "number": 3}]], []),
        ((3,), [], ["c"]),
    ]


def test_a_first_state_and_rows_in_one_batch_are_refused():
    serializer = TransformWithStateInPySparkRowInitStateSerializer(arrow_max_records_per_batch=1)
    serializer.key_offsets = serializer.init_key_offsets = [0]
    of_either = [{"inputData": {"shard": 1}}, {"initState": {"shard": 1}}]
    both = pa.RecordBatch.from_pylist(
        of_either, pa.schema([(name, pa.struct([("shard", pa.int32())])) for name in BOTH])
    )
    with pytest.raises(CareerstreamError, match="an initial state and other rows in one batch"):
        list(serializer.load_stream(heard_as([both])))


@pytest.mark.parametrize("offsets", [None, []])
def test_rows_without_a_key_are_refused(offsets):
    serializer = TransformWithStateInPySparkRowSerializer(arrow_max_records_per_batch=1)
    serializer.key_offsets = offsets
    with pytest.raises(CareerstreamError, match="rows without a key"):
        list(serializer.load_stream(heard_as([pa.RecordBatch.from_pylist([{"number": 1}])])))


def test_nothing_made_is_nothing_sent(ends):
    out, heard = ends
    send(iter(()), out)
    out.write(b"the end")
    out.flush()
    assert heard.read(7) == b"the end"


def test_messages_become_columns():
    headers = [{"key": "reason", "value": b"not_json"}]
    messages = [("events", "张三", b"\xff", headers), ("profiles", "c1", None, None)]
    batch = to_arrow(messages)
    assert batch.schema == ARROW_MESSAGE_SCHEMA
    assert [tuple(row.values()) for row in batch.to_pylist()] == messages
    assert to_arrow([]).num_rows == 0


def test_sparks_own_methods_come_back():
    arrow_operator.uninstall()
    serializer = TransformWithStateInPySparkRowSerializer
    own = serializer.load_stream, serializer.dump_stream
    assert all(method.__module__ == "pyspark.sql.pandas.serializers" for method in own)
    operator = pickle.loads(pickle.dumps(arrow_operator.ArrowOperator(Closing())))  # noqa: S301
    assert (serializer.load_stream, serializer.dump_stream) != own
    operator.close()
    assert (serializer.load_stream, serializer.dump_stream) == own


class Closing:
    """An operator that can be closed."""

    def close(self):
        pass


def test_the_self_check_finds_a_serializer_of_another_kind(monkeypatch):
    arrow_operator.check()
    monkeypatch.setattr(arrow_operator.ArrowStreamSerializer, "load_stream", lambda *_: iter(()))
    with pytest.raises(CareerstreamError, match="rows came back as"):
        arrow_operator.check()
