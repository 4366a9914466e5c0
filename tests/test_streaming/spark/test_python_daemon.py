"""Workers that score are forked with a model's libraries loaded, and no others."""

import gc
import os
import socket
import subprocess
import sys

import pyarrow as pa
import pytest

from streaming.spark.internals.tuned.python_daemon import (
    NICENESS,
    SCORES,
    InfrequentCollector,
    without_traceback,
)

LOADED = (
    "import sys; from streaming.spark.internals.tuned.python_daemon import preload; preload();"
    " print('torch' in sys.modules, 'pyarrow.parquet' in sys.modules)"
)


@pytest.mark.parametrize(("scores", "torch"), [("", "False"), ("1", "True")])
def test_models_are_loaded_where_workers_score(scores, torch):
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        env={**os.environ, SCORES: scores},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [torch, "True"]


def test_garbage_is_searched_for_no_more_often_than_told():
    whole = []

    def told(phase, info):
        if phase == "start" and info["generation"] == 2:
            whole.append(info)

    gc.callbacks.append(told)
    try:
        seldom, always = InfrequentCollector(seconds=3600), InfrequentCollector(seconds=0)
        whole.clear()
        seldom.collect()
        assert not whole
        always.collect()
        always.collect()
        assert len(whole) == 2
    finally:
        gc.callbacks.remove(told)


def test_a_worker_whose_next_task_will_not_come_without_traceback():
    tasks = []

    def worker(sock, authenticated):
        tasks.append((sock.recv(9), authenticated))
        return 0

    spark, mine = socket.socketpair()
    with mine:
        with spark:
            spark.send(b"task")
            assert without_traceback(worker)(mine, authenticated=True) == 0
        assert without_traceback(worker)(mine, authenticated=True) != 0
    assert tasks == [(b"task", True)]


def test_a_worker_whose_connection_is_cut_without_traceback_too():
    spark, mine = socket.socketpair()
    with mine:
        with spark:
            mine.send(b"which nobody reads: a reset")
        assert without_traceback(pytest.fail)(mine, authenticated=True) != 0


@pytest.mark.spark
def test_workers_search_for_garbage_seldom(spark):
    def told(batches):
        import pyspark.daemon  # noqa: PLC0415 - as the worker has it

        for _ in batches:
            yield pa.RecordBatch.from_pydict({"name": [type(pyspark.daemon.gc).__name__]})

    [row] = spark.range(1).mapInArrow(told, "name string").collect()
    assert row["name"] == "InfrequentCollector"


@pytest.mark.spark
def test_no_worker_searches_libraries_for_garbage(spark):
    def told(batches):
        for _ in batches:
            yield pa.RecordBatch.from_pydict({"count": [gc.get_freeze_count()]})

    [row] = spark.range(1).mapInArrow(told, "count long").collect()
    assert row["count"] > 100_000


@pytest.mark.spark
def test_the_workers_of_a_session_that_scores_have_them(spark):
    def told(batches):
        for _ in batches:
            yield pa.RecordBatch.from_pydict({"torch": ["torch" in sys.modules]})

    assert [row["torch"] for row in spark.range(1).mapInArrow(told, "torch boolean").collect()] == [
        True
    ]


@pytest.mark.parametrize(
    ("before", "served"),
    [("", (os.SCHED_IDLE, 0)), ("del os.SCHED_IDLE;", (os.SCHED_OTHER, NICENESS))],
)
def test_idle_workers_give_way_as_far_as_the_system_lets_it(before, served):
    words = "import os; from streaming.spark.internals.tuned.python_daemon import *;"
    words += f"{before} lower_priority(IDLE);"
    done = subprocess.run(
        [sys.executable, "-c", f"{words} print(os.sched_getscheduler(0), os.nice(0))"],
        capture_output=True,
        text=True,
        check=True,
    )
    scheduler, nicer = served
    assert done.stdout.split() == [str(scheduler), str(os.nice(0) + nicer)]
