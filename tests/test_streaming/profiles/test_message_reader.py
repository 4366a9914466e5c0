"""Messages in columns, divided into parts and read."""

from collections import defaultdict
from itertools import chain

import orjson
import pyarrow as pa
import pytest

from streaming.contract.topics import CANDIDATES, DEAD_LETTERS, EVENTS
from streaming.profiles import message_reader
from streaming.profiles.fences import Fence
from streaming.profiles.fold import ReceivedEvent, ReceivedStatedPart

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
    rows = [dict(zip(message_reader.Message._fields, message, strict=True)) for message in messages]
    types = (pa.string(), pa.int32(), pa.int64(), pa.string(), pa.binary(), pa.binary())
    return pa.RecordBatch.from_pylist(
        rows, pa.schema(list(zip(message_reader.Message._fields, types, strict=True)))
    )


@pytest.mark.parametrize("held", [2**24, 1_000, 1])
def test_parts_of_any_size_hold_all_that_there_is_of_each(monkeypatch, held):
    monkeypatch.setattr(message_reader, "_READ_BYTES", held)
    unnamed = (EVENTS.name, 0, 99, PRODUCED, None, b"{}")
    batches = [
        columns(*(click(f"c{n}", n) for n in range(20)), unnamed),
        columns(*(stated(f"c{n}", n) for n in range(0, 40, 2))),
    ]
    parts = [
        [message_reader.read_messages(batch, "a job") for batch in part]
        for part in message_reader.split_by_key(batches)
    ]
    assert (len(parts) > 1) == (held < 2**24)
    everybody = [
        name for part in parts for name in {name for found in part for name in found.received}
    ]
    assert sorted(everybody) == sorted({f"c{n}" for n in [*range(20), *range(0, 40, 2)]})
    seen = defaultdict(list)
    for found in chain.from_iterable(parts):
        for name, records in found.received.items():
            seen[name] += records
    assert seen["c1"] == [ReceivedEvent("e1", "p", "view", PRODUCED, 1, PRODUCED)]
    assert seen["c4"] == [
        ReceivedEvent("e4", "p", "view", PRODUCED, 4, PRODUCED),
        ReceivedStatedPart({"updated_at": PRODUCED}, 4, PRODUCED),
    ]
    assert [
        letter[:2] for found in chain.from_iterable(parts) for letter in found.dead_letters
    ] == [(DEAD_LETTERS.name, "events/0/99")]


def test_messages_without_a_key_need_not_be_together(monkeypatch):
    batches = [columns(*((EVENTS.name, 0, n, PRODUCED, None, b"{}") for n in range(100)))] * 2
    monkeypatch.setattr(message_reader, "_READ_BYTES", batches[0].nbytes)
    parts = [[batch.num_rows for batch in part] for part in message_reader.split_by_key(batches)]
    assert [sum(part) for part in parts] == [68, 66, 66]


def test_nothing_is_one_part_with_nothing_in_it():
    assert list(message_reader.split_by_key([])) == [[]]
    assert message_reader.read_messages(columns(), "a job") == message_reader.ReadMessages()


def test_what_cannot_be_read_is_counted_by_its_reason():
    topic, partition, _, produced, key, value = click("c1", 0)
    found = message_reader.read_messages(
        columns(
            (topic, partition, 1, produced, key, b"{"),
            (topic, partition, 2, produced, b"c2", value),
            (topic, partition, 3, produced, b"*", None),
            click("c1", 4),
        ),
        "a job",
    )
    assert found.unreadable == {
        ("a job", "events", "not-json"): 1,
        ("a job", "events", "wrong-key"): 1,
        ("a job", "events", "null-value"): 1,
    }
    assert [key for _, key, *_ in found.dead_letters] == ["events/0/1", "events/0/2", "events/0/3"]
    assert [record.offset for record in found.received["c1"]] == [4]


def test_a_null_value_of_events_is_a_fence_and_one_of_candidates_a_withdrawal():
    read = message_reader.read_messages(
        columns(
            (CANDIDATES.name, 0, 7, PRODUCED, b"c1", None),
            (EVENTS.name, 0, 9, PRODUCED, b"c1", None),
        ),
        "a job",
    )
    assert read.fences == {"c1": Fence(9, PRODUCED)}
    assert [record.offset for record in read.received["c1"]] == [7]
    assert not read.dead_letters
