"""Who gets the cores of a session first: pools of queries, and workers of low priority."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from streaming.spark.internals.tuned.python_daemon import IDLE, LOW, PRIORITY, SCORES
from streaming.spark.internals.worker_environment import worker_environment

__all__ = ["IDLE", "LOW"]

HOT_POOL = "hot"
"""Of the queries between a click and its recommendation: served before all others."""
LAKE_POOL = "lake"
"""Of the queries that write tables."""
_POOL = """  <pool name="{name}">
    <schedulingMode>FAIR</schedulingMode>
    <weight>1</weight>
    <minShare>{share}</minShare>
  </pool>
"""
POOLS = (
    '<?xml version="1.0"?>\n<allocations>\n'
    + _POOL.format(name=HOT_POOL, share=1000)  # more cores than there are: it comes first
    + _POOL.format(name=LAKE_POOL, share=0)
    + "</allocations>\n"
)
"""Spark's file of pools (`spark.scheduler.allocation.file`)."""


@contextmanager
def scheduling_pool(spark: SparkSession, name: str) -> Iterator[None]:
    """Run the queries that are started inside the block in a pool."""
    context = spark.sparkContext
    before = context.getLocalProperty("spark.scheduler.pool")
    context.setLocalProperty("spark.scheduler.pool", name)
    try:
        yield
    finally:
        context.setLocalProperty("spark.scheduler.pool", before)  # type: ignore[arg-type]


@contextmanager
def lake_workers(spark: SparkSession, priority: str = LOW) -> Iterator[None]:
    """Run the Python of what this thread plans inside the block in workers of their own.

    These workers load no models and run at low priority, so that those that score stay warm and
    come first. (With `python_daemon` off they are merely separate.) The priority is `LOW` or `IDLE`
    (`python_daemon.lower_priority`).
    """
    with worker_environment(spark.sparkContext, {PRIORITY: priority}, removed=(SCORES,)):
        yield


def lake_tasks(spark: SparkSession) -> int:
    """Return how many tasks may write a table of history at a time beside the hot path."""
    return _lake_tasks(spark.sparkContext.defaultParallelism)


def with_lake_tasks(master: str) -> dict[str, str]:
    """Return the configuration by which a local master runs more tasks than it names.

    How many parts work is cut into stays the same. A cluster's master stays as it is, and so does
    `local[*]`: Spark itself finds out how many processors a container may use.
    """
    local = re.fullmatch(r"local(?:\[(\d+)\])?", master)
    if not local:
        return {"spark.master": master}
    tasks = int(local[1] or 1)
    return {
        "spark.master": f"local[{tasks + _lake_tasks(tasks)}]",
        "spark.default.parallelism": str(tasks),
    }


def _lake_tasks(tasks: int) -> int:
    return max(1, tasks // 2)
