"""Bytes to records: every kind of broken value has its reason, good ones come through."""

import json
from datetime import UTC, datetime

import pytest

from streaming.contract.json_parser import DecodeError
from streaming.contract.topics import (
    CANDIDATES,
    DEAD_LETTERS,
    EVENTS,
    MAX_VALUE_BYTES,
    POSTINGS,
    PROFILES,
)
from streaming.contract.value_decoder import read_value
from streaming.kafka.batch_decoder import decode
from streaming.timestamps import SPARK_FORMAT, format_timestamp

pytestmark = pytest.mark.spark

PRODUCED = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVENT = {
    "schema_version": 1,
    "event_id": "e1",
    "candidate_id": "c1",
    "posting_id": "p1",
    "kind": "view",
    "event_time": "2026-03-01T08:00:00.000000Z",
}
CANDIDATE = {"schema_version": 1, "candidate_id": "c1", "updated_at": "2026-03-01T08:00:00Z"}
POSTING = {"schema_version": 1, "posting_id": "p1", "title": "Java developer"}
PROFILE = {
    "schema_version": 1,
    "candidate_id": "c1",
    "version": 3,
    "offsets": {"events": 2},
    "as_of": "2026-03-01T08:00:00Z",
    "events": [],
    "applied": [],
    "dismissed": [],
}


def text(record, **changes):
    """A record as JSON; a field changed to `...` is left out."""
    return json.dumps({k: v for k, v in (record | changes).items() if v is not ...}).encode()


def with_raw(record, tail):
    """A record with something written at its end as it is."""
    return text(record)[:-1] + b"," + tail + b"}"


BROKEN_EVENTS = {
    "null": (None, "null-value"),
    "empty": (b"", "not-json"),
    "not UTF-8": (text(EVENT).replace(b"view", b"\xff\xfe"), "not-utf8"),
    "UTF-16": (text(EVENT).decode().encode("utf-16"), "not-utf8"),
    "no JSON": (b"clicked on p1", "not-json"),
    "cut short": (text(EVENT)[:-9], "not-json"),
    "something after it": (text(EVENT) + b" and more", "not-json"),
    "another after it": (text(EVENT) + b"\n" + text(EVENT), "not-json"),
    "another after a comma": (text(EVENT) + b"," + text(EVENT), "not-json"),
    "a bracket after it": (text(EVENT) + b"] []", "not-json"),
    "100,000 levels deep": (with_raw(EVENT, b'"x":' + b"[" * 100_000), "not-json"),
    "deep and closed": (with_raw(EVENT, b'"x":' + b"[" * 5000 + b"]" * 5000), "not-json"),
    "a key twice": (with_raw(EVENT, b'"kind":"save"'), "not-json"),
    "NaN": (with_raw(EVENT, b'"duration_seconds":NaN'), "not-json"),
    "half a surrogate": (with_raw(EVENT, rb'"source":"\ud800"'), "not-json"),
    "2 MB": (with_raw(EVENT, b'"source":"' + b"x" * 2 * 1024 * 1024 + b'"'), "too-large"),
    "an array": (b"[" + text(EVENT) + b"]", "wrong-type"),
    "the null of JSON": (b"null", "wrong-type"),
    "a string": (b'"clicked"', "wrong-type"),
    "no fields": (b"{}", "missing-field"),
    "no event_id": (text(EVENT, event_id=...), "missing-field"),
    "no candidate_id": (text(EVENT, candidate_id=...), "missing-field"),
    "no posting_id": (text(EVENT, posting_id=...), "missing-field"),
    "no kind": (text(EVENT, kind=...), "missing-field"),
    "no event_time": (text(EVENT, event_time=...), "missing-field"),
    "no schema_version": (text(EVENT, schema_version=...), "missing-field"),
    "a required null": (text(EVENT, posting_id=None), "missing-field"),
    "a number as event_id": (text(EVENT, event_id=7), "wrong-type"),
    "a list as candidate_id": (text(EVENT, candidate_id=["c1"]), "wrong-type"),
    "an object as posting_id": (text(EVENT, posting_id={"id": "p1"}), "wrong-type"),
    "a flag as kind": (text(EVENT, kind=True), "wrong-type"),
    "seconds as event_time": (text(EVENT, event_time=1_772_352_000), "wrong-type"),
    "text as duration": (text(EVENT, duration_seconds="12"), "wrong-type"),
    "a flag as duration": (text(EVENT, duration_seconds=True), "wrong-type"),
    "a fraction as rank": (text(EVENT, rank=1.5), "wrong-type"),
    "a rank of 25 digits": (with_raw(EVENT, b'"rank":' + b"9" * 25), "wrong-type"),
    "a number as source": (text(EVENT, source=1), "wrong-type"),
    "text as schema_version": (text(EVENT, schema_version="1"), "wrong-type"),
    "a duration without end": (with_raw(EVENT, b'"duration_seconds":1e999'), "wrong-value"),
    "500 digits of seconds": (
        with_raw(EVENT, b'"duration_seconds":' + b"9" * 500),
        "wrong-value",
    ),
    "an empty id": (text(EVENT, event_id=""), "wrong-value"),
    "an id of 201": (text(EVENT, posting_id="x" * 201), "wrong-value"),
    "everyone's id": (text(EVENT, candidate_id="*"), "wrong-value"),
    "an unknown kind": (text(EVENT, kind="click"), "wrong-value"),
    "a kind in capitals": (text(EVENT, kind="VIEW"), "wrong-value"),
    "a day only": (text(EVENT, event_time="2026-03-01"), "wrong-value"),
    "no zone": (text(EVENT, event_time="2026-03-01T08:00:00"), "wrong-value"),
    "30 February": (text(EVENT, event_time="2026-02-30T08:00:00Z"), "wrong-value"),
    "second 60 at noon": (text(EVENT, event_time="2026-03-01T12:00:60Z"), "wrong-value"),
    "the year 0": (text(EVENT, event_time="0000-01-01T00:00:00Z"), "wrong-value"),
    "the year 0 in UTC": (text(EVENT, event_time="0001-01-01T00:00:00+14:00"), "wrong-value"),
    "the year 10000 in UTC": (text(EVENT, event_time="9999-12-31T23:59:59-10:00"), "wrong-value"),
    "the year 9999": (text(EVENT, event_time="9999-12-31T23:59:59Z"), "future-time"),
    "a day and a second ahead": (text(EVENT, event_time="2026-03-03T12:00:01Z"), "future-time"),
    "schema version 2": (text(EVENT, schema_version=2), "schema-version"),
    "a schema version far ahead": (text(EVENT, schema_version=2**60), "schema-version"),
}
GOOD_EVENTS = {
    "plain": text(EVENT),
    "unknown extra fields": text(EVENT, device={"os": ["x", 1, None]}, extra=None),
    "nulls for what is optional": text(
        EVENT, duration_seconds=None, rank=None, source=None, recommendation_id=None
    ),
    "an offset in the time": text(EVENT, event_time="2026-03-01T16:00:00+08:00"),
    "no fraction": text(EVENT, event_time="2026-03-01T08:00:00Z"),
    "nanoseconds": text(EVENT, event_time="2026-03-01T08:00:00.000000999Z"),
    "lower case and ten decimals": text(EVENT, event_time="2026-03-01t08:00:00.0000009999z"),
    "a whole number with a point": text(EVENT, schema_version=1.0),
    "spaces around": b" \n" + text(EVENT) + b"\r\n ",
    "deep in an unknown field": with_raw(EVENT, b'"x":' + b"[" * 300 + b"]" * 300),
}


@pytest.fixture(scope="module")
def read(spark):
    """Decode named values of a topic: name → (reason, text, the record as JSON)."""

    def decoded(topic, values):
        rows = [(name, value and bytearray(value), PRODUCED) for name, value in values.items()]
        rows = [(n, bytearray() if values[n] == b"" else v, t) for n, v, t in rows]
        frame = spark.createDataFrame(rows, "name string, value binary, timestamp timestamp")
        found = decode(frame, topic).selectExpr(
            "name",
            "error.reason",
            "error.text",
            "error IS NULL AS fine",
            f"to_json(record, map('timestampFormat', \"{SPARK_FORMAT}\")) AS record",
        )
        rows = {row.name: row for row in found.collect()}
        for name, value in values.items():
            is_as_read(topic, value, rows[name])
        return rows

    return decoded


def is_as_read(topic, value, row):
    """Hold what stands in the columns against what `read_value` says of the value."""
    if row.fine:
        assert read_value(value, topic, format_timestamp(PRODUCED)) == json.loads(row.record)
        return
    with pytest.raises(DecodeError) as caught:
        read_value(value, topic, format_timestamp(PRODUCED))
    assert (row.reason, row.text) == (caught.value.reason, caught.value.text)


@pytest.fixture(scope="module")
def events(read):
    broken = {name: value for name, (value, _) in BROKEN_EVENTS.items()}
    return read(EVENTS, broken | GOOD_EVENTS)


@pytest.mark.parametrize("name", BROKEN_EVENTS)
def test_a_broken_event_has_its_reason_and_no_record(events, name):
    row = events[name]
    assert (row.reason, row.record, row.fine) == (BROKEN_EVENTS[name][1], None, False)
    assert row.text
    assert "\n" not in row.text
    assert len(row.text) < 300


@pytest.mark.parametrize("name", GOOD_EVENTS)
def test_a_good_event_is_read_and_has_no_error(events, name):
    row = events[name]
    assert (row.reason, row.fine) == (None, True)
    assert json.loads(row.record) == EVENT


def test_the_text_names_field_value_and_what_is_allowed(events):
    assert events["a fraction as rank"].text == "field rank is a number, must be a whole number"
    assert "'click', must be one of impression, view, save" in events["an unknown kind"].text
    assert events["an id of 201"].text == (
        "field posting_id has 201 characters, must have 1 to 200"
    )
    assert f"at most {MAX_VALUE_BYTES}" in events["2 MB"].text
    assert events["schema version 2"].text == "schema_version is 2, this careerstream reads 1"
    assert "2026-03-03T12:00:01" in events["a day and a second ahead"].text


def test_all_fields_of_an_event_come_through(read):
    whole = EVENT | {
        "duration_seconds": 12.5,
        "recommendation_id": "r1",
        "rank": 3,
        "source": "site",
        "event_time": "2026-03-01T08:00:00.123456Z",
    }
    assert json.loads(read(EVENTS, {"whole": text(whole)})["whole"].record) == whole


def test_candidates(read):
    whole = CANDIDATE | {
        "updated_at": "2026-03-01T08:00:00.000000Z",
        "skills": ["Java", "数据库"],
        "background": "BSc",
        "wishes": [],
        "places": ["上海"],
        "language": "zh",
        "blocked_employers": ["Ada"],
    }
    broken = {
        "a null among skills": (text(CANDIDATE, skills=["Java", None]), "wrong-type"),
        "nothing but a null": (text(CANDIDATE, wishes=[None]), "wrong-type"),
        "numbers as skills": (text(CANDIDATE, skills=[1, 2]), "wrong-type"),
        "mixed skills": (text(CANDIDATE, skills=["Java", 2]), "wrong-type"),
        "one text as skills": (text(CANDIDATE, skills="Java"), "wrong-type"),
        "no updated_at": (text(CANDIDATE, updated_at=...), "missing-field"),
        "told in the year 9000": (
            text(CANDIDATE, updated_at="9000-01-01T00:00:00Z"),
            "future-time",
        ),
        "everyone": (text(CANDIDATE, candidate_id="*"), "wrong-value"),
    }
    rows = read(CANDIDATES, {"whole": text(whole)} | {k: v for k, (v, _) in broken.items()})
    assert json.loads(rows["whole"].record) == whole
    assert {name: rows[name].reason for name in broken} == {k: r for k, (_, r) in broken.items()}


def test_postings(read):
    whole = POSTING | {
        "skills": ["Java"],
        "place": {"locality": "上海", "country": "CN"},
        "salary": {"currency": "CNY", "minimum": 1.5, "maximum": 20000.0, "unit": "MONTH"},
        "valid_through": "9999-12-31T23:59:59.000000Z",
    }
    broken = {
        "no title": (text(POSTING, title=...), "missing-field"),
        "text as place": (text(POSTING, place="上海"), "wrong-type"),
        "a number as town": (text(POSTING, place={"locality": 7}), "wrong-type"),
        "text as minimum": (text(POSTING, salary={"minimum": "20k"}), "wrong-type"),
        "pay without end": (with_raw(POSTING, b'"salary":{"maximum":1e999}'), "wrong-value"),
        "an unknown unit": (text(POSTING, salary={"unit": "FORTNIGHT"}), "wrong-value"),
        "a bad date": (text(POSTING, date_posted="yesterday"), "wrong-value"),
        "a date beyond": (text(POSTING, valid_through="9999-12-31T23:59:59-05:00"), "wrong-value"),
    }
    rows = read(POSTINGS, {"whole": text(whole)} | {k: v for k, (v, _) in broken.items()})
    assert json.loads(rows["whole"].record) == whole
    assert {name: rows[name].reason for name in broken} == {k: r for k, (_, r) in broken.items()}


def test_lists_of_objects(read):
    event = {
        "event_id": "e1",
        "posting_id": "p1",
        "kind": "view",
        "event_time": "2026-03-01T08:00:00.000000Z",
        "offset": 5,
    }
    new = event | {"new": {"field": 1}, "duration_seconds": None}
    far = event | {"duration_seconds": 2**60, "event_time": "2026-03-01T16:00:00.000000999+08:00"}
    broken = {
        "a null among events": (text(PROFILE, events=[None]), "wrong-type"),
        "texts as events": (text(PROFILE, events=["e1"]), "wrong-type"),
        "a text as offset": (text(PROFILE, offsets={"events": "2"}), "wrong-type"),
        "a number as id": (text(PROFILE, events=[event, event | {"event_id": 7}]), "wrong-type"),
        "no offset": (text(PROFILE, applied=[{"posting_id": "p1"}]), "missing-field"),
        "a bad time": (text(PROFILE, events=[event | {"event_time": "now"}]), "wrong-value"),
        "an impression": (text(PROFILE, events=[event | {"kind": "impression"}]), "wrong-value"),
    }
    whole = {"none": text(PROFILE), "some": text(PROFILE, events=[event, new, far])}
    rows = read(PROFILES, whole | {k: v for k, (v, _) in broken.items()})
    assert json.loads(rows["none"].record)["events"] == []
    events = json.loads(rows["some"].record)["events"]
    assert events == [event, event, event | {"duration_seconds": float(2**60)}]
    assert {name: rows[name].reason for name in broken} == {k: r for k, (_, r) in broken.items()}


@pytest.mark.parametrize(
    "produced", ["CAST(NULL AS TIMESTAMP)", "timestamp_millis(1772352000000000)"]
)
def test_a_message_without_a_time_of_its_own_is_broken(spark, produced):
    rows = [(bytearray(text(EVENT)),)]
    frame = spark.createDataFrame(rows, "value binary").selectExpr(
        "value", f"{produced} AS timestamp"
    )
    [row] = decode(frame, EVENTS).selectExpr("error.reason", "error.text").collect()
    assert row.reason == "wrong-value"
    assert "own time" in row.text
    # What Spark makes text of such times, where it hands them to Python itself.
    for told in (None, "+58133-01-01T00:00:00.000000Z", "+70006-01-01T00:00:00.000000Z"):
        with pytest.raises(DecodeError, match="own time"):
            read_value(text(EVENT), EVENTS, told)


def test_a_large_batch_is_read_whole(spark):
    frame = spark.range(5_000, numPartitions=1).selectExpr(
        f"CAST(replace('{text(EVENT).decode()}', 'e1', concat('e', id)) AS BINARY) AS value",
        "CAST('2026-03-02T12:00:00Z' AS TIMESTAMP) AS timestamp",
    )
    found = decode(frame, EVENTS).selectExpr("record.event_id").collect()
    assert [row.event_id for row in found] == [f"e{number}" for number in range(5_000)]


def test_a_topic_of_raw_bytes_cannot_be_decoded(spark):
    with pytest.raises(ValueError, match="raw bytes"):
        decode(spark.range(0), DEAD_LETTERS)
