"""What needs no running job: the table, the pages made from it, logs, quantiles, the endpoint."""

import io
import json
import logging
import math
import os
import pty
import select
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.grafana.dashboard import FILE, dashboard, text
from jobs.operations.status_report import BrokerOffsets, build_report, read_endpoint
from streaming.errors import InputError, SettingsError
from streaming.logs import JsonFormatter, batch_context
from streaming.metrics import definitions
from streaming.metrics.definitions import METRICS
from streaming.metrics.exposition_parser import histogram_quantile, parse_samples
from streaming.metrics.http_endpoint import serve_metrics
from streaming.metrics.query_progress import QueryProgress
from streaming.metrics.registry import REGISTRY
from streaming.settings import KafkaSettings, MetricsSettings, load
from streaming.timestamps import parse_timestamp

OFF = MetricsSettings(port="off")
ANY = MetricsSettings()


def test_the_dashboard_is_what_the_table_makes():
    assert FILE.read_text("utf-8") == text(), "run `python -m infra.grafana`"


def test_the_dashboard_shows_every_metric_that_has_a_panel_once():
    shown = [panel["title"] for panel in dashboard()["panels"]]
    assert shown == [metric.panel.title for metric in METRICS if metric.panel]
    assert len(shown) == len(set(shown))
    for panel in json.loads(FILE.read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            assert "careerstream_" in target["expr"]
            assert "NAME" not in target["expr"]


def test_names_follow_prometheus_conventions():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert bool(metric.buckets) == (metric.kind == "histogram")
        assert list(metric.buckets) == sorted(metric.buckets)


def logged():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("up"))
    log = logging.Logger("test")  # noqa: LOG001 - it must not reach the run's own log
    log.addHandler(handler)
    return log, lambda: [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_says_where_it_belongs():
    log, lines = logged()
    log.warning("outside %s", "äöü\n")
    with batch_context("recommend", 7):
        log.warning("inside")
    log.warning("after", extra={"query": "q", "rows": 3})
    outside, inside, after = lines()
    assert (outside["message"], outside["job"], outside["level"]) == (
        "outside äöü\n",
        "up",
        "WARNING",
    )
    assert abs((parse_timestamp(outside["time"]) - datetime.now(tz=UTC)).total_seconds()) < 3600
    assert "query" not in outside
    assert (inside["query"], inside["batch_id"]) == ("recommend", 7)
    assert (after["query"], after["rows"]) == ("q", 3)
    assert "batch_id" not in after


def test_a_json_line_holds_the_trace_and_anything_odd():
    log, lines = logged()
    try:
        int("broken")
    except ValueError:
        log.exception("failed", extra={"seconds": object()})
    (line,) = lines()
    assert "ValueError: invalid literal" in line["trace"]
    assert line["seconds"].startswith("<object")


@given(
    counts=st.lists(st.integers(0, 50), min_size=1, max_size=8),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_quantiles_lie_within_the_limits_and_in_order(counts, shares):
    limits = [*(float(n + 1) for n in range(len(counts) - 1)), math.inf]
    buckets = {limit: sum(counts[: n + 1]) for n, limit in enumerate(limits)}
    low, high = (histogram_quantile(buckets, share) for share in sorted(shares))
    if sum(counts) == 0:
        assert low is high is None
    else:
        assert 0 <= low <= high <= max(len(counts) - 1, 0)


def test_quantiles_are_a_straight_line_within_a_bucket():
    buckets = {1.0: 0, 2.0: 10, math.inf: 10}
    assert histogram_quantile(buckets, 0.5) == pytest.approx(1.5)
    assert histogram_quantile({}, 0.5) is None


def test_the_endpoint_answers_on_loopback_and_ends(ask):
    with serve_metrics(ANY, lambda: "not yet") as address:
        assert address.startswith("http://127.0.0.1:")
        status, body = ask(address, "/metrics?x=1")
        assert status == 200
        assert "careerstream_batch_id" in body
        assert ask(address, "/health") == (503, "not yet\n")
        assert not read_endpoint(address).about["healthy"]
    with pytest.raises(InputError, match="no metrics at " + address) as raised:
        read_endpoint(address)
    assert "\n" not in str(raised.value)


def test_off_means_nowhere():
    with serve_metrics(OFF, str) as address:
        assert address is None
    assert load(None, ["metrics.port=off"]).metrics.port == "off"
    assert load(None, ["metrics.port=9464"]).metrics.port == 9464
    for wrong in ("-1", "65536", "on"):
        with pytest.raises(SettingsError, match=r"metrics\.port"):
            load(None, [f"metrics.port={wrong}"])


def test_a_port_that_is_taken_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = f"metrics cannot be served at 127.0.0.1:{port} "
        with (
            pytest.raises(SettingsError, match=line) as raised,
            serve_metrics(MetricsSettings(port=port), str),
        ):
            pass
    assert "\n" not in str(raised.value)


def batch(**changes):
    """The least that Spark reports of a batch."""
    return {
        "id": "i1",
        "runId": "r1",
        "name": "parts",
        "batchId": 3,
        "numInputRows": 10,
        "durationMs": {"triggerExecution": 250, "addBatch": 200},
        "stateOperators": [],
        "sources": [],
    } | changes


def kafka_source(end, latest):
    return {"description": "KafkaV2[...]", "endOffset": end, "latestOffset": latest}


def value(metric, **labels):
    key = (metric.full_name, tuple(sorted(labels.items())))
    return parse_samples(REGISTRY.exposition().decode()).get(key)


def test_a_report_becomes_metrics():
    progress = QueryProgress("t.")
    assert progress.seconds_since("i1") is None
    progress.started("i1", "parts")
    read = value(definitions.INPUT_ROWS, query="parts") or 0
    offsets = {"t.events": {"0": 5, "1": 7}}
    source = kafka_source(offsets, {"t.events": {"0": 9, "1": 7}})
    operator = {"numRowsTotal": 4, "memoryUsedBytes": 100, "customMetrics": {}}
    progress.progressed(batch(sources=[source], stateOperators=[operator, operator]))
    assert progress.seconds_since("i1") >= 0
    assert value(definitions.INPUT_ROWS, query="parts") == read + 10
    assert value(definitions.BATCH_ID, query="parts") == 3
    assert value(definitions.PHASE_SECONDS, query="parts", phase="addBatch") > 0
    assert value(definitions.STATE_ROWS, query="parts") == 8
    assert value(definitions.SOURCE_OFFSET, query="parts", topic="events", partition="0") == 5
    assert value(definitions.LAG, query="parts", topic="events", partition="0") == 4
    assert value(definitions.LAG, query="parts", topic="events", partition="1") == 0
    progress.idle("i1")
    assert value(definitions.LAG, query="parts", topic="events", partition="0") == 0
    progress.terminated("i1")
    assert value(definitions.ACTIVE, query="parts") == 0
    assert progress.seconds_since("i1") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"durationMs": {}},
        {"sources": [kafka_source(None, None)]},
        {"sources": [{"description": "DeltaSource[...]", "endOffset": 3, "latestOffset": None}]},
        {"inputRowsPerSecond": None, "processedRowsPerSecond": None},
    ],
)
def test_a_report_that_lacks_parts_is_taken_too(changes):
    QueryProgress("").progressed(batch(**changes))


def test_without_a_broker_status_still_shows_the_jobs():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    broker = BrokerOffsets(KafkaSettings(bootstrap_servers=f"127.0.0.1:{port}"))
    found = build_report([], *broker.read())
    assert found["jobs"] == found["topics"] == []
    assert found["broker"].startswith(f"no Kafka broker answers at 127.0.0.1:{port}")


def test_the_live_table_ends_with_ctrl_c(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"127.0.0.1:{closed.getsockname()[1]}"
    given = ["--set", f"home={tmp_path}", "--set", f"kafka.bootstrap_servers={nobody}"]
    command = [sys.executable, "-m", "jobs.cli", *given, "status", "--every", "0.2"]
    screen, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": "200", "TERM": "xterm"}
    child = subprocess.Popen(command, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    try:
        assert b"none runs here" in read_until(screen, b"none runs here")
        child.send_signal(signal.SIGINT)
        assert b"Traceback" not in read_until(screen, b"never said")
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.wait()
        os.close(screen)


def read_until(screen, words):
    """Read a terminal until it says the words, is closed, or says nothing for a minute."""
    said = b""
    while words not in said and select.select([screen], [], [], 60)[0]:
        try:
            said += os.read(screen, 65536)
        except OSError:  # closed by the other side
            break
    return said
