"""The tables: what a batch does, twice, late, and with an update and a withdrawal in one."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from pyspark.sql.types import StructType

from streaming.contract.records import Profile
from streaming.contract.spark_types import spark_type
from streaming.contract.topics import EVENTS
from streaming.errors import InputError
from streaming.lake import tables
from streaming.lake.archive_rows import archive_batch, decode_values
from streaming.lake.posting_index import decode_postings, index_batch
from streaming.metrics.accumulators import labelled_counter
from streaming.metrics.definitions import DEAD_LETTERS
from streaming.serving.bundles import load_catalogue
from streaming.settings import Settings

pytestmark = pytest.mark.spark

START = datetime(2026, 3, 1, tzinfo=UTC)
MESSAGE = "topic string, key binary, value binary, partition int, offset long, timestamp timestamp"


@pytest.fixture
def settings(tmp_path):
    """A lake of the test's own; a broker is not needed where every message can be read."""
    return Settings(home=tmp_path / "home")


@pytest.fixture
def postings(spark, settings):
    """Index messages (offset, posting id, title; None withdraws); returns the table by id."""
    tables.create(spark, settings, tables.POSTINGS)

    def index(*told):
        rows = [posting_row(*one) for one in told]
        judged = decode_postings(spark.createDataFrame(rows, MESSAGE))
        index_batch(judged, settings, labelled_counter(spark, DEAD_LETTERS))
        return table(spark, settings)

    return index


def table(spark, settings):
    at = tables.version(spark, settings, tables.POSTINGS)
    rows = tables.read(spark, settings, tables.POSTINGS, at).collect()
    return {row.posting_id: (row.title, row.open, row.offset) for row in rows}


def test_withdrawing_closes_and_keeps_the_content(postings):
    assert postings((0, "a", "A"), (1, "ghost", None)) == {"a": ("A", True, 0)}
    assert postings((2, "a", None)) == {"a": ("A", False, 2)}
    assert postings((3, "a", "A again")) == {"a": ("A again", True, 3)}


def test_an_update_and_a_withdrawal_in_one_batch(postings):
    postings((0, "a", "A"), (1, "b", "B"), (2, "c", "C"))
    found = postings(
        (3, "a", "A2"),
        (4, "a", None),
        (5, "b", None),
        (6, "b", "B2"),
        (7, "d", "D"),
        (8, "d", None),
    )
    assert found == {
        "a": ("A2", False, 4),
        "b": ("B2", True, 6),
        "c": ("C", True, 2),
        "d": ("D", False, 8),
    }


def test_a_batch_again_or_late_changes_nothing(postings):
    first = ((0, "a", "A"), (1, "b", "B"), (2, "b", None), (3, "a", "A2"))
    second = ((4, "a", "A3"), (5, "c", "C"))
    postings(*first)
    newest = postings(*second)
    assert newest == {"a": ("A3", True, 4), "b": ("B", False, 2), "c": ("C", True, 5)}
    assert postings(*first, *second) == newest
    assert postings(*first) == newest


def test_the_catalogue_is_the_table_at_a_version(postings, spark, settings):
    postings((0, "b", "B"), (1, "a", "A"))
    at = tables.version(spark, settings, tables.POSTINGS)
    postings((2, "a", None))
    then, now = load_catalogue(spark, settings, at), load_catalogue(spark, settings, at + 1)
    assert (then.posting_ids, then.version) == (["a", "b"], at)
    assert then.is_open.tolist() == [True, True]
    assert now.is_open.tolist() == [False, True]


def test_a_table_that_is_not_there_is_one_line(spark, settings):
    with pytest.raises(InputError, match=r"no table .*postings; `careerstream up`"):
        tables.version(spark, settings, tables.POSTINGS)


def archive(spark, settings, rows):
    judged = decode_values(spark.createDataFrame(rows, MESSAGE), EVENTS)
    archive_batch(judged, settings, EVENTS, tables.EVENTS, labelled_counter(spark, DEAD_LETTERS))


def posting_row(offset, posting_id, title):
    value = {"schema_version": 1, "posting_id": posting_id, "title": title}
    told = None if title is None else orjson.dumps(value)
    return ("postings", posting_id.encode(), told, 0, offset, START + timedelta(seconds=offset))


def event_row(offset, event_id, minute, kind="view", at=None):
    moment = at or f"2026-02-01T00:{minute:02}:00Z"
    value = (
        f'{{"schema_version":1,"event_id":"{event_id}","candidate_id":"c","posting_id":"p",'
        f'"kind":"{kind}","event_time":"{moment}"}}'
    )
    return ("events", b"c", value.encode(), 0, offset, START)


def test_each_distinct_event_is_inserted_once_at_its_first_place(spark, settings):
    tables.create(spark, settings, tables.EVENTS)
    told = [("e0", 1), ("e1", 1), ("e0", 1), ("e0", 2), ("e1", 1), ("e2", 0), ("e0", 2)]
    rows = [event_row(n, event, minute) for n, (event, minute) in enumerate(told)]
    for batch in (rows[:4], rows):
        archive(spark, settings, batch)
    at = tables.version(spark, settings, tables.EVENTS)
    found = tables.read(spark, settings, tables.EVENTS, at).collect()
    held = sorted((row.offset, row.event_id, row.event_time.minute) for row in found)
    assert held == [(0, "e0", 1), (1, "e1", 1), (3, "e0", 2), (5, "e2", 0)]


def test_of_what_is_archived_only_what_rows_are_looked_for_by_is_summed_up(spark, settings):
    tables.create(spark, settings, tables.EVENTS)
    archive(spark, settings, [event_row(0, "e", 1)])
    log = Path(tables.EVENTS.path(settings), "_delta_log", f"{1:020}.json").read_text()
    [added] = [line["add"] for line in map(orjson.loads, log.splitlines()) if "add" in line]
    ends = orjson.loads(added["stats"])["minValues"]
    assert set(ends) == {"candidate_id", "event_id", "event_time"}


@pytest.fixture
def summer_time(monkeypatch):
    """A machine in a zone that has an hour twice a year."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("summer_time")
def test_a_repeated_batch_changes_nothing_whatever_its_times(spark, settings):
    tables.create(spark, settings, tables.EVENTS)
    times = ("0001-01-01T00:00:00Z", "1500-01-01T00:00:00Z", "2025-10-26T01:30:00.000001Z")
    for newest in range(1, len(times) + 1):
        rows = [event_row(n, f"e{n}", 0, at=moment) for n, moment in enumerate(times[:newest])]
        for _ in range(2):
            archive(spark, settings, rows)
        at = tables.version(spark, settings, tables.EVENTS)
        assert tables.read(spark, settings, tables.EVENTS, at).count() == newest


def test_unreadable_and_wrongly_keyed_events_are_not_archived(spark, settings):
    tables.create(spark, settings, tables.EVENTS)
    good = event_row(0, "e", 1)
    broken = ("events", b"c", b"{}", 0, 1, START)
    misplaced = ("events", b"d", good[2], 0, 2, START)
    rows = [good, broken, misplaced]
    archive(spark, settings, rows)
    at = tables.version(spark, settings, tables.EVENTS)
    assert tables.read(spark, settings, tables.EVENTS, at).count() == 1


def test_a_batch_without_readable_messages_commits_nothing(spark, settings):
    tables.create(spark, settings, tables.EVENTS)
    at = tables.version(spark, settings, tables.EVENTS)
    archive(spark, settings, [])
    assert tables.version(spark, settings, tables.EVENTS) == at


def test_an_older_table_gets_the_columns_that_it_lacks(spark, settings):
    """Also those within objects, and within the objects of lists."""
    older = spark_type(Profile).jsonValue()
    for field in older["fields"]:
        if field["name"] == "stated":
            inner = field["type"]["fields"]
            field["type"]["fields"] = [one for one in inner if one["name"] != "experience"]
        if field["name"] == "events":
            entry = field["type"]["elementType"]
            entry["fields"] = [one for one in entry["fields"] if one["name"] != "duration_seconds"]
    path = tables.PROFILES.path(settings)
    empty = spark.createDataFrame([], StructType.fromJson(older))
    empty.write.format("delta").save(path)
    tables.create(spark, settings, tables.PROFILES)
    found = spark.read.format("delta").load(path).schema
    wanted = tables.PROFILES.schema()
    assert not [*tables.missing_columns(wanted, found)]
    assert "experience" in found["stated"].dataType.names
    assert "duration_seconds" in found["events"].dataType.elementType.names
