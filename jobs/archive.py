"""Job: [events] [profiles] [recommendations] → Δ events, Δ profiles, Δ decisions.

Run: spark-submit jobs/archive.py --config careerstream.toml
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from pyspark.sql import DataFrame, SparkSession

from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import Running, each_batch, start_all, start_query
from streaming.contract.topics import DEAD_LETTERS, Topic
from streaming.kafka.spark_io import read_stream, require_topics
from streaming.lake import tables
from streaming.lake.archive_rows import DESTINATIONS, JOB, archive_batch, judged_values
from streaming.metrics import definitions as metrics
from streaming.metrics.accumulators import Tally, tally
from streaming.settings import Settings
from streaming.spark.scheduling import (
    IDLE,
    LAKE_POOL,
    LOW,
    lake_tasks,
    lake_workers,
    scheduling_pool,
)

MOST_WAITING = 60.0
"""Seconds after which a table is written although another one is."""


def start(spark: SparkSession, settings: Settings, *, beside: bool = False) -> Running:
    """Start one archiving query for each topic.

    Args:
        spark: session of the job.
        settings: of the job.
        beside: whether the hot path runs in this session too. A task is never interrupted: so that
            clicks need not wait for those of three merges, one table is then written at a time, by
            as many tasks as the session has for that (`scheduling.lake_tasks`).
    """
    require_topics(settings.kafka, *(topic for topic, _ in DESTINATIONS), DEAD_LETTERS)
    tables.create(spark, settings, *(table for _, table in DESTINATIONS))
    letters = tally(spark, metrics.DEAD_LETTERS)
    turn = threading.Semaphore() if beside else None
    start_one = partial(_start, spark, settings, letters, turn)
    with scheduling_pool(spark, LAKE_POOL):
        starts = [partial(start_one, topic, table) for topic, table in DESTINATIONS]
        return start_all(starts, settings)


def _start(  # noqa: PLR0917 - only ever called in this module
    spark: SparkSession,
    settings: Settings,
    letters: Tally,
    turn: threading.Semaphore | None,
    topic: Topic,
    table: tables.Table,
) -> Running:
    insert = partial(archive_batch, settings=settings, topic=topic, table=table, tally=letters)
    tasks = spark.sparkContext.defaultParallelism if turn is None else lake_tasks(spark)

    def handle(batch: DataFrame, batch_id: int) -> None:
        del batch_id  # the merge inserts only what is not there
        batch.sparkSession.conf.set("spark.sql.shuffle.partitions", tasks)
        with _in_turn(turn):
            insert(batch)

    messages = read_stream(spark, settings.kafka, topic).coalesce(tasks)
    # Tables of history may wait as long as clicks keep every core busy.
    with lake_workers(spark, LOW if turn is None else IDLE):
        values = judged_values(messages, topic)
    name = f"{JOB}_{topic.name}"
    writer = each_batch(values, handle, name)
    return Running((start_query(writer, name, settings, settings.jobs.lake_interval_seconds),))


@contextmanager
def _in_turn(turn: threading.Semaphore | None) -> Iterator[None]:
    """Wait for one's turn; not for ever, so that nobody seems to be stuck."""
    mine = turn is not None and turn.acquire(timeout=MOST_WAITING)
    try:
        yield
    finally:
        if turn is not None and mine:
            turn.release()


if __name__ == "__main__":
    run_job(JOB, start)
