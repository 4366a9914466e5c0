"""Job: the topics of what was done and made → Δ events, profiles, decisions, shadows, erasures.

It also looks at the rollout that is on, because its tables say what people did.

Run: spark-submit jobs/archive.py --config careerstream.toml
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from pyspark.sql import DataFrame, SparkSession

from jobs.rollouts.watcher import RolloutWatcher
from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, each_batch, start_all, start_query
from streaming.contract.access.principals import ARCHIVE
from streaming.contract.topics import Topic
from streaming.kafka.spark_io import read_stream, require_rights
from streaming.lake import tables
from streaming.lake.archive_rows import DESTINATIONS, JOB, archive_batch, decode_values
from streaming.metrics import definitions as metrics
from streaming.metrics.accumulators import LabelledCounter, labelled_counter
from streaming.privacy.pseudonyms import pseudonyms_of
from streaming.settings import Settings
from streaming.spark.scheduling import (
    IDLE,
    LAKE_POOL,
    LOW,
    lake_tasks,
    lake_workers,
    scheduling_pool,
)

MAX_WAIT_SECONDS = 60.0
"""A table is written after this time even if another one is being written."""


def start(spark: SparkSession, settings: Settings, *, shares_session: bool = False) -> RunningJob:
    """Start one archiving query for each topic.

    `shares_session` says whether the hot path runs in the same session. Spark never interrupts a
    task. So that clicks need not wait for the tasks of three merges, one table is written at a
    time, by as many tasks as the session has for that (`scheduling.lake_tasks`).
    """
    require_rights(settings.kafka, ARCHIVE)
    tables.create(spark, settings, *(table for _, table in DESTINATIONS), tables.ERASURES)
    dead_letters = labelled_counter(spark, metrics.DEAD_LETTERS)
    turn = threading.Semaphore() if shares_session else None
    start_topic = partial(_start, spark, settings, dead_letters, turn)
    with scheduling_pool(spark, LAKE_POOL):
        starts = [partial(start_topic, topic, table) for topic, table in DESTINATIONS]
        running = start_all(starts, settings)
    watcher = RolloutWatcher(spark, settings)
    watcher.start()
    return running + RunningJob((), (watcher.stop,))


def _start(  # noqa: PLR0917 - only ever called in this module
    spark: SparkSession,
    settings: Settings,
    dead_letters: LabelledCounter,
    turn: threading.Semaphore | None,
    topic: Topic,
    table: tables.Table,
) -> RunningJob:
    insert = partial(
        archive_batch, settings=settings, topic=topic, table=table, dead_letters=dead_letters
    )
    tasks = spark.sparkContext.defaultParallelism if turn is None else lake_tasks(spark)

    def handle(batch: DataFrame, batch_id: int) -> None:
        del batch_id  # the merge inserts new rows only
        batch.sparkSession.conf.set("spark.sql.shuffle.partitions", tasks)
        with _exclusive(turn):
            insert(batch)

    messages = read_stream(spark, settings.kafka, topic).coalesce(tasks)
    # These tables may wait while clicks keep every core busy.
    with lake_workers(spark, LOW if turn is None else IDLE):
        values = decode_values(messages, topic, pseudonyms_of(settings.privacy))
    name = f"{JOB}_{topic.name}"
    writer = each_batch(values, handle, name)
    return RunningJob((start_query(writer, name, settings, settings.jobs.lake_interval_seconds),))


@contextmanager
def _exclusive(turn: threading.Semaphore | None) -> Iterator[None]:
    """Hold the semaphore during the block; go on without it if it takes too long to get."""
    acquired = turn is not None and turn.acquire(timeout=MAX_WAIT_SECONDS)
    try:
        yield
    finally:
        if turn is not None and acquired:
            turn.release()


if __name__ == "__main__":
    run_job(JOB, start)
