"""A job in a process of its own: it gives way, does its work, and neither outlives the other."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from infra.simulator import Market, MarketConfig, write
from jobs import up
from jobs.apart import start_apart
from jobs.replay import import_events, import_postings
from jobs.watching import run_folder
from streaming import archiving, lake
from streaming.errors import CareerstreamError, InputError
from streaming.preloading import NICENESS
from streaming.topics import EVENTS, PROFILES, RECOMMENDATIONS

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

MARKET = MarketConfig(candidates=10, postings=40, events_per_candidate=6, days=10, seed=5)
MOST_SECONDS = 180.0


@pytest.fixture
def town(make_settings, tmp_path):
    """Settings of a small market that stands on its topics."""
    settings = make_settings()
    write(Market(MARKET), tmp_path)
    import_postings(settings, tmp_path / "postings.jsonl")
    import_events(settings, tmp_path / "events.jsonl")
    return settings


def until(holds, running):
    deadline = time.monotonic() + MOST_SECONDS
    while not holds():
        running.check()
        assert time.monotonic() < deadline
        time.sleep(0.5)


def told(settings):
    """What the job has written of itself, None before that."""
    file = run_folder(settings) / f"{archiving.JOB}.json"
    return json.loads(file.read_bytes()) if file.exists() else None


def stored(spark, settings, table):
    try:
        at = lake.version(spark, settings, table)
        return lake.read(spark, settings, table, at).count()
    except InputError:  # not made yet
        return 0


def alive(pid):
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_history_is_written_apart_and_ends_with_the_rest(town, spark, values):
    running = up.start(spark, town, history_apart=True)
    try:
        assert {query.name for query in running.queries} == {"index_postings", "update_profiles"}
        running.drain()
        wanted = {
            lake.EVENTS: EVENTS,
            lake.PROFILES: PROFILES,
            lake.DECISIONS: RECOMMENDATIONS,
        }
        until(
            lambda: all(
                stored(spark, town, table) == len(values(town, topic)) > 0
                for table, topic in wanted.items()
            ),
            running,
        )
        until(lambda: told(town) and told(town)["healthy"], running)
        pid = told(town)["pid"]
        assert os.getpriority(os.PRIO_PROCESS, pid) == NICENESS
        assert os.getsid(pid) == os.getsid(0)
    finally:
        running.stop(60.0)
    assert not alive(pid)
    assert told(town) is None


def test_that_it_was_killed_is_one_line_with_its_log(make_settings):
    settings = make_settings()
    running = start_apart(archiving.JOB, settings)
    try:
        until(lambda: told(settings), running)
        pid = told(settings)["pid"]
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(CareerstreamError, match="the job archive has ended with -9") as raised:
            until(lambda: False, running)
    finally:
        running.stop(60.0)
    assert "\n" not in str(raised.value)
    assert str(settings.home / "logs" / "archive.log") in str(raised.value)


def test_why_it_cannot_start_is_told(make_settings):
    settings = make_settings()
    checkpoints = settings.home / "checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / "archive_profiles").write_text("in the way")
    running = start_apart(archiving.JOB, settings)
    try:
        with pytest.raises(CareerstreamError, match="query archive_profiles cannot start"):
            until(lambda: False, running)
    finally:
        running.stop(60.0)
