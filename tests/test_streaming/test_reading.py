"""Messages in columns, read."""

import orjson
import pyarrow as pa

from streaming import reading
from streaming.fold import EventSeen, StatedSeen
from streaming.topics import CANDIDATES, EVENTS

PRODUCED = "2026-03-01T08:00:00.000000Z"


def click(candidate, offset):
    value = {
        "schema_version": 1, "event_id": f"e{offset}", "candidate_id": candidate,
        "posting_id": "p", "kind": "view", "event_time": PRODUCED,
    }  # fmt: skip
    return EVENTS.name, 0, offset, PRODUCED, candidate.encode(), orjson.dumps(value)


def stated(candidate, offset):
    value = {"schema_version": 1, "candidate_id": candidate, "updated_at": PRODUCED}
    return CANDIDATES.name, 0, offset, PRODUCED, candidate.encode(), orjson.dumps(value)


def columns(*messages):
    rows = [dict(zip(reading.Message._fields, message, strict=True)) for message in messages]
    types = (pa.string(), pa.int32(), pa.int64(), pa.string(), pa.binary(), pa.binary())
    return pa.RecordBatch.from_pylist(
        rows, pa.schema(list(zip(reading.Message._fields, types, strict=True)))
    )


def test_records_are_gathered_by_candidate():
    found = reading.read(columns(click("c1", 1), click("c2", 2), stated("c1", 3)), "a job")
    assert found.seen == {
        "c1": [
            EventSeen("e1", "p", "view", PRODUCED, 1, PRODUCED),
            StatedSeen({"updated_at": PRODUCED}, 3, PRODUCED),
        ],
        "c2": [EventSeen("e2", "p", "view", PRODUCED, 2, PRODUCED)],
    }
    assert (found.letters, found.unread) == ([], {})


def test_nothing_says_nothing():
    assert reading.read(columns(), "a job") == reading.Found()


def test_what_cannot_be_read_is_counted_by_its_reason():
    topic, partition, _, produced, key, value = click("c1", 0)
    found = reading.read(
        columns(
            (topic, partition, 1, produced, key, b"{"),
            (topic, partition, 2, produced, b"c2", value),
            (topic, partition, 3, produced, key, None),
            click("c1", 4),
        ),
        "a job",
    )
    assert found.unread == {
        ("a job", "events", "not-json"): 1,
        ("a job", "events", "wrong-key"): 1,
        ("a job", "events", "null-value"): 1,
    }
    assert [key for _, key, *_ in found.letters] == ["events/0/1", "events/0/2", "events/0/3"]
    assert [seen.offset for seen in found.seen["c1"]] == [4]
