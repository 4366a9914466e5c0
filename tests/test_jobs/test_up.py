"""All jobs in one session: they start together, agree with the topics, and leave nothing behind."""

import shutil
import threading
import time

import orjson
import pytest

from infra.simulator import Market, MarketConfig, write
from jobs import up
from jobs.demo.stream_checks import check_recommendations
from jobs.operations.file_import import import_candidates, import_events, import_postings
from streaming.contract.topics import EVENTS, POSTINGS, PROFILES, RECOMMENDATIONS
from streaming.errors import CareerstreamError
from streaming.kafka.topic_reader import read_latest
from streaming.lake import tables
from streaming.serving.champion import read_current_versions
from streaming.settings import JobSettings

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

QUERIES = {
    "index_postings",
    "update_profiles",
    "archive_events",
    "archive_profiles",
    "archive_recommendations",
    "archive_shadow-recommendations",
}
MARKET = MarketConfig(candidates=30, postings=80, events_per_candidate=8, days=10, seed=3)


def rows(spark, settings, table):
    at = tables.version(spark, settings, table)
    return tables.read(spark, settings, table, at).collect()


def follow(running):
    """Wait for each step of the flow in its order."""
    for names in (("index_postings", "update_profiles"), ("archive",)):
        running.drain(*names)


def left_behind(spark):
    names = [thread.name for thread in threading.enumerate() if thread.name == "versions"]
    return [query.name for query in spark.streams.active] + names


def keys(values, *names):
    return sorted({tuple(value[name] for name in names) for value in values})


@pytest.fixture(scope="module")
def prepared(make_settings, tmp_path_factory):
    """Settings of a small market that stands on its topics, its events twice."""
    settings = make_settings()
    folder = tmp_path_factory.mktemp("market")
    write(Market(MARKET), folder)
    import_postings(settings, folder / "postings.jsonl")
    import_candidates(settings, folder / "candidates.jsonl")
    for _ in range(2):
        import_events(settings, folder / "events.jsonl")
    return settings


def test_the_tables_equal_the_topics_and_a_restart_changes_nothing(
    prepared, spark, started, values
):
    with started(up, prepared) as running:
        assert {query.name for query in running.queries} == QUERIES
        follow(running)
    assert left_behind(spark) == []

    clicks = values(prepared, EVENTS)
    archived = rows(spark, prepared, tables.EVENTS)
    by_id = ("candidate_id", "event_id")
    assert len(archived) == len(clicks) / 2
    assert keys(archived, *by_id) == keys(clicks, *by_id)
    by_version = ("candidate_id", "version")
    profiles = rows(spark, prepared, tables.PROFILES)
    assert keys(profiles, *by_version) == keys(values(prepared, PROFILES), *by_version)
    decisions = rows(spark, prepared, tables.DECISIONS)
    recommendations = values(prepared, RECOMMENDATIONS)
    assert keys(decisions, "recommendation_id") == keys(recommendations, "recommendation_id")
    postings = {
        key: orjson.loads(m.value) for key, m in read_latest(prepared.kafka, POSTINGS).items()
    }
    indexed = {row.posting_id: row for row in rows(spark, prepared, tables.POSTINGS)}
    assert indexed.keys() == postings.keys()
    assert all(indexed[key].title == value["title"] for key, value in postings.items())

    check = check_recommendations(prepared)
    assert check["lists"] == check["profiles"] == check["for_the_newest_profile"]
    assert (check["not_open"], check["repeated"], check["already_known"]) == ([], 0, 0)
    assert check["for_people_nobody_knows"]

    before = {
        table.name: tables.version(spark, prepared, table) for table in tables.STREAMED_TABLES
    }
    with started(up, prepared) as running:
        follow(running)
        again = {
            table.name: tables.version(spark, prepared, table) for table in tables.STREAMED_TABLES
        }
    assert again == before
    assert values(prepared, RECOMMENDATIONS) == recommendations


def test_a_withdrawn_posting_does_not_wait_for_the_tables_of_history(
    prepared, spark, started, values, send
):
    del spark
    jobs = JobSettings(
        lake_interval_seconds=3600,
        shutdown_timeout_seconds=prepared.jobs.shutdown_timeout_seconds,
    )
    settings = prepared.model_copy(update={"jobs": jobs})
    with started(up, settings) as running:
        running.drain("index_postings", "update_profiles")
        before = read_current_versions(settings)
        [posting, *_] = values(settings, POSTINGS)
        send(settings, POSTINGS, [(posting["posting_id"].encode(), None)])
        deadline = time.monotonic() + 120
        while read_current_versions(settings) == before:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_query_that_fails_is_one_line_with_its_name(prepared, spark, started, send):
    with started(up, prepared) as running:
        follow(running)
        shutil.rmtree(f"{prepared.lake}/postings")
        send(
            prepared,
            POSTINGS,
            [(b"x", b'{"schema_version":1,"posting_id":"x","title":"X"}')],
        )
        with pytest.raises(CareerstreamError, match="query index_postings failed: ") as drained:
            running.drain("index_postings")
        with pytest.raises(CareerstreamError, match="query index_postings failed: ") as checked:
            running.wait(threading.Event())
    for raised in (drained, checked):
        line = str(raised.value)
        assert "\n" not in line
        assert "postings" in line.split("failed: ")[1]
    assert left_behind(spark) == []


def test_where_one_job_cannot_start_none_stays(make_settings, spark):
    settings = make_settings()
    checkpoints = settings.home / "checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / "archive_profiles").write_text("in the way")
    with pytest.raises(CareerstreamError, match="query archive_profiles cannot start") as raised:
        up.start(spark, settings)
    assert "\n" not in str(raised.value)
    assert "check storage.checkpoints" in str(raised.value)
    assert left_behind(spark) == []
