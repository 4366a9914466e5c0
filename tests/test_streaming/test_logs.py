import io
import logging
from datetime import UTC, datetime

import orjson

from streaming.logs import JsonFormatter, batch_context
from streaming.timestamps import parse_timestamp


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
