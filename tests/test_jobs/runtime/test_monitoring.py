"""Monitoring of all jobs: metrics, health and status agree with what was sent."""

import io
import logging
import shutil
import time
from functools import partial

import orjson
import pytest
from typer.testing import CliRunner

from jobs import index_postings, recommend, update_profiles
from jobs.cli.app import app
from jobs.runtime.health_monitor import STARTING, monitored, run_folder
from jobs.runtime.streaming_query import RunningJob, each_batch, start_all
from streaming.contract.topics import CANDIDATES, EVENTS, POSTINGS
from streaming.logs import JsonFormatter
from streaming.metrics.definitions import (
    METRICS,
    PARITY_APART,
    PARITY_DIFFERENCES,
    PARITY_ROUND,
    PARITY_SHARE,
    REWRITES,
    ROLLOUT_ERRORS,
    ROLLOUT_LISTS,
    ROLLOUT_SECONDS,
    ROLLOUTS_ABORTED,
)
from streaming.metrics.exposition_parser import parse_samples
from streaming.metrics.registry import REGISTRY
from streaming.settings import MetricsSettings
from training.registry.registration import ensure_champion

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

JOBS = (index_postings, update_profiles, recommend)
QUERIES = {"index_postings", "update_profiles", "recommend"}
ELSEWHERE = {
    metric.full_name
    for metric in (
        *(REWRITES, ROLLOUT_LISTS, ROLLOUT_SECONDS, ROLLOUT_ERRORS, ROLLOUTS_ABORTED),
        *(PARITY_SHARE, PARITY_DIFFERENCES, PARITY_APART, PARITY_ROUND),
    )
}
"""Of other jobs, and of a rollout."""


def click(number, **changes):
    return {
        "schema_version": 1,
        "event_id": f"e{number}",
        "candidate_id": f"c{number % 3}",
        "posting_id": f"p{number % 5}",
        "kind": "impression" if number % 10 == 9 else "view",
        "event_time": f"2026-03-01T08:{number % 60:02}:00Z",
    } | changes


def pairs():
    """40 events, 4 of them impressions; 6 repeated; 5 too old beside; 3 broken."""
    clicks = [click(n) for n in range(40)]
    clicks += clicks[:6]
    crowd = [click(n, event_id=f"x{n}", candidate_id="busy", kind="view") for n in range(100, 150)]
    late = {"candidate_id": "busy", "kind": "view", "event_time": "2026-01-01T00:00:00Z"}
    old = [click(n, event_id=f"o{n}", **late) for n in range(5)]
    good = [(event["candidate_id"].encode(), event) for event in (*clicks, *crowd, *old)]
    return [*good, (b"c1", b"{"), (b"c1", b"{{"), (b"c1", b"\xff")]


def look(status, address, settings, ask):
    about = orjson.loads((run_folder(settings) / "up.json").read_bytes())
    return {
        "metrics": parse_samples(ask(address, "/metrics")[1]),
        "health": ask(address, "/health"),
        "status": orjson.loads(status("--json")),
        "about": about,
        "prom": (run_folder(settings) / "up.prom").read_text("utf-8"),
    }


@pytest.fixture(scope="module")
def status(town_settings):
    """Run `careerstream status`; gives its output."""
    kafka = town_settings.kafka
    options = ["--set", f"home={town_settings.home}"]
    options += ["--set", f"kafka.bootstrap_servers={kafka.bootstrap_servers}"]
    options += ["--set", f"kafka.topic_prefix={kafka.topic_prefix}"]

    def run(*words):
        result = CliRunner(env={"COLUMNS": "250"}).invoke(
            app, [*options, "status", *words], catch_exceptions=False
        )
        assert result.exit_code == 0
        return result.stdout

    return run


@pytest.fixture(scope="module")
def json_log():
    """The log of batches as JSON lines: the logger, and what it has said."""
    stream, log = io.StringIO(), logging.getLogger("batches")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("up"))
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield log, lambda: [orjson.loads(line) for line in stream.getvalue().splitlines()]
    log.setLevel(before)
    log.removeHandler(handler)


@pytest.fixture(scope="module")
def story(spark, town_settings, tell, ask, until, status, json_log):  # noqa: PLR0917 - pytest names them
    """Results before the jobs start, after they have read everything, and after a failure."""
    before = parse_samples(REGISTRY.exposition().decode())
    posting = {"schema_version": 1, "posting_id": "p1", "title": "Java"}
    tell(POSTINGS, (b"p1", posting), (b"p1", b"no posting"), (b"p2", posting))
    tell(CANDIDATES, (b"c1", b"[]"))
    tell(EVENTS, *pairs())
    results = {"before": before}
    ensure_champion(town_settings)
    with monitored("up", spark, town_settings) as monitor:
        address = monitor.address
        results["starting"] = ask(address, "/health")
        running = start_all(
            [partial(job.start, spark, town_settings) for job in JOBS], town_settings
        )
        try:
            monitor.follow(running)
            for names in (("index_postings", "update_profiles"), ("recommend",)):
                running.drain(*names)
            until(
                lambda: parse_samples(ask(address, "/metrics")[1]),
                lambda now: _all_read(now, before),
            )
            until(lambda: ask(address, "/health"), lambda answer: answer[0] == 200)
            results |= look(status, address, town_settings, ask)
            results["lines"] = json_log[1]()
            results["once"] = status("--once")
            results["by_endpoint"] = status("--once", "--endpoint", address)
            results["elsewhere"] = ask(address, "/")
            shutil.rmtree(f"{town_settings.lake}/postings")
            tell(POSTINGS, (b"p3", posting | {"posting_id": "p3"}))
            results["failed"] = until(
                lambda: ask(address, "/health"), lambda answer: "failed" in answer[1]
            )
            results["failed_status"] = until(  # the file is written a moment after
                lambda: orjson.loads(status("--json")),
                lambda report: not report["jobs"][0]["healthy"],
            )
        finally:
            running.stop(60)
    results["left"] = sorted(file.name for file in run_folder(town_settings).iterdir())
    return results


def _all_read(now, before):
    """Whether Spark has reported every batch: it does so after their end."""
    name = ("careerstream_input_rows_total", (("query", "update_profiles"),))
    has_recommendations = any(key == "careerstream_recommendations_total" for key, _ in now)
    return has_recommendations and now.get(name, 0) - before.get(name, 0) == len(pairs()) + 1


def grown(story, name, **labels):
    key = (f"careerstream_{name}", tuple(sorted(labels.items())))
    return story["metrics"].get(key, 0) - story["before"].get(key, 0)


def test_every_metric_of_the_table_has_a_value(story):
    names = {name for name, _ in story["metrics"]}
    shown = {
        metric.full_name + ("_bucket" if metric.kind == "histogram" else "") for metric in METRICS
    }
    assert shown - ELSEWHERE <= names
    assert "process_resident_memory_bytes" in names
    ours = {name for name in names if name.startswith("careerstream_")}
    suffixes = ("_bucket", "_count", "_sum", "_created")
    assert {n for n in ours - shown if not n.endswith(suffixes)} == set()


def test_the_folds_counts_are_those_of_the_events(story):
    assert grown(story, "folded_records_total", outcome="impressions") == 4
    assert grown(story, "folded_records_total", outcome="duplicates") == 6
    assert grown(story, "folded_records_total", outcome="too_old") == 5
    assert grown(story, "folded_records_total", outcome="entered") == 36 + 50


def test_dead_letters_are_counted_by_query_topic_and_reason(story):
    expected = {
        ("update_profiles", "events", "not-json"): 2,
        ("update_profiles", "events", "not-utf8"): 1,
        ("update_profiles", "candidates", "wrong-type"): 1,
        ("index_postings", "postings", "not-json"): 1,
        ("index_postings", "postings", "wrong-key"): 1,
    }
    for (query, topic, reason), count in expected.items():
        labels = {"query": query, "topic": topic, "reason": reason}
        assert grown(story, "dead_letters_total", **labels) == count, labels


def test_lists_and_latencies_are_counted(story):
    lists = grown(story, "recommendations_total")
    assert lists >= 4
    assert grown(story, "recommendation_latency_seconds_count") == lists
    assert grown(story, "recommendation_latency_seconds_sum") > 0
    assert grown(story, "unknown_postings_total") > 0


def test_state_positions_and_lag_are_told(story):
    now = story["metrics"]
    key = (("query", "update_profiles"),)
    assert now["careerstream_state_rows", key] == 4
    assert now["careerstream_state_bytes", (*key, ("where", "memory"))] > 0
    for topic, count in (("events", len(pairs())), ("candidates", 1)):
        positions = [
            value
            for (name, labels), value in now.items()
            if name == "careerstream_source_offset" and {*key, ("topic", topic)} <= set(labels)
        ]
        assert (len(positions), sum(positions)) == (4, count)
    assert {v for (name, _), v in now.items() if name == "careerstream_lag_messages"} == {0}
    # Queries of other tests, long gone, are told of too.
    for query in sorted(QUERIES):
        assert now["careerstream_query_active", (("query", query),)] == 1


def test_health_says_when_all_is_well_and_what_is_not(story):
    assert story["starting"] == (503, "starting: no query runs yet\n")
    assert story["health"] == (200, "ok\n")
    status, line = story["failed"]
    assert status == 503
    assert line.startswith("query index_postings failed: ")
    assert line.count("\n") == 1
    assert story["elsewhere"][0] == 404


def test_the_files_say_the_same_and_go_with_the_job(story):
    assert story["about"]["healthy"]
    assert story["about"]["job"] == "up"
    assert parse_samples(story["prom"]).keys() <= story["metrics"].keys() | story["before"].keys()
    assert story["left"] == []


def test_status_shows_jobs_queries_and_topics(story):
    report = story["status"]
    assert report["broker"] == "ok"
    (job,) = report["jobs"]
    assert (job["job"], job["healthy"], job["trouble"]) == ("up", True, "")
    assert 0 < job["latency_p50_seconds"] <= job["latency_p99_seconds"]
    rows = {row["query"]: row for row in report["queries"]}
    assert rows.keys() >= QUERIES
    assert all(rows[query]["active"] for query in QUERIES)
    assert rows["update_profiles"]["lag"] == {"events": 0, "candidates": 0}
    assert rows["update_profiles"]["state_rows"] == 4
    topics = {row["topic"]: row["messages"] for row in report["topics"]}
    assert topics["events"] == len(pairs())
    (job,) = story["failed_status"]["jobs"]
    assert not job["healthy"]
    assert "query index_postings failed: " in job["trouble"]


def test_status_is_readable(story):
    for page in (story["once"], story["by_endpoint"]):
        for word in (*QUERIES, "too_old", "not-utf8", "recommendations", "ok"):
            assert word in page


def test_status_without_jobs_says_so(town_settings, status, story):
    del story
    assert "none runs here" in status("--once")
    gone = {"job": "old", "written_at": "2020-01-01T00:00:00Z", "gone_after_seconds": 60}
    file = run_folder(town_settings) / "old.json"
    file.write_bytes(orjson.dumps(gone))
    (run_folder(town_settings) / "broken.json").write_bytes(b"{")
    try:
        jobs = {job["job"]: job for job in orjson.loads(status("--json"))["jobs"]}
    finally:
        for file in run_folder(town_settings).iterdir():
            file.unlink()
    assert "gone: it has not written old.json for " in jobs["old"]["trouble"]
    assert not jobs["broken"]["healthy"]


def test_each_batch_is_a_line_with_its_ids(story):
    reports = [line for line in story["lines"] if line["query"] == "update_profiles"]
    assert sum(line["rows"] for line in reports) == len(pairs()) + 1
    assert [line["batch_id"] for line in reports] == list(range(len(reports)))
    for line in reports:
        assert line.keys() >= {"time", "query_id", "run_id", "seconds", "message"}


def test_a_line_logged_inside_a_batch_names_it(spark, tmp_path, json_log):
    log, lines = json_log
    ticks = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 1).load()
    writer = each_batch(ticks, lambda batch, _: log.info("%d", batch.count()), "ticks")
    query = writer.option("checkpointLocation", str(tmp_path)).trigger(availableNow=True).start()
    query.awaitTermination()
    line = lines()[-1]
    assert (line["message"], line["query"], line["batch_id"]) == ("1", "ticks", 0)


@pytest.mark.parametrize(("pause", "busy"), [(6, 1), (0, 9)])
def test_a_batch_that_takes_long_is_trouble_a_long_pause_is_none(
    spark, town_settings, tmp_path, pause, busy
):
    metrics = MetricsSettings(interval_seconds=0.2, stall_timeout_seconds=4)
    settings = town_settings.model_copy(update={"home": tmp_path, "metrics": metrics})
    ticks = spark.readStream.format("rate-micro-batch").option("rowsPerBatch", 1).load()
    writer = each_batch(ticks, lambda *_: time.sleep(busy), "ticks")
    writer = writer.queryName("ticks").option("checkpointLocation", str(tmp_path / "checkpoint"))
    troubles = set()
    with monitored("ticks", spark, settings) as monitor:
        query = writer.trigger(processingTime=f"{pause} seconds").start()
        try:
            monitor.follow(RunningJob((query,)))
            end = time.monotonic() + 3 * pause + busy
            while time.monotonic() < end:
                troubles.add(monitor.trouble())
                time.sleep(0.1)
        finally:
            query.stop()
    troubles -= {"", STARTING}
    assert bool(troubles) == (busy > metrics.stall_timeout_seconds)
    assert all("query ticks has been busy with one batch for " in line for line in troubles)
