"""Job: [events] [profiles] [recommendations] → Δ events, Δ profiles, Δ decisions.

Run: spark-submit jobs/archive.py --config careerstream.toml
"""

import threading
from functools import partial

from pyspark.sql import DataFrame, SparkSession

from jobs.lifecycle import Running, each_batch, scheduling_pool, start_all, start_query
from jobs.main import run_job
from streaming import lake
from streaming.archiving import DESTINATIONS, JOB, archive_batch, judged_values
from streaming.kafka import read_stream, require_topics
from streaming.metrics import table as metrics
from streaming.metrics.tally import Tally, tally
from streaming.session import LAKE_POOL
from streaming.settings import Settings
from streaming.topics import DEAD_LETTERS, Topic


def start(spark: SparkSession, settings: Settings) -> Running:
    """Start one archiving query for each topic."""
    require_topics(settings.kafka, *(topic for topic, _ in DESTINATIONS), DEAD_LETTERS)
    lake.create(spark, settings, *(table for _, table in DESTINATIONS))
    letters, turn = tally(spark, metrics.DEAD_LETTERS), threading.Lock()
    start_one = partial(_start, spark, settings, letters, turn)
    with scheduling_pool(spark, LAKE_POOL):
        starts = [partial(start_one, topic, table) for topic, table in DESTINATIONS]
        return start_all(starts, settings)


def _start(  # noqa: PLR0917 - only ever called in this module
    spark: SparkSession,
    settings: Settings,
    letters: Tally,
    turn: threading.Lock,
    topic: Topic,
    table: lake.Table,
) -> Running:
    insert = partial(archive_batch, settings=settings, topic=topic, table=table, tally=letters)
    cores = max(1, spark.sparkContext.defaultParallelism // 2)

    def handle(batch: DataFrame, batch_id: int) -> None:
        del batch_id  # the merge inserts only what is not there
        # One table at a time, on half of the cores: a task is never interrupted, and a click must
        # not wait until one of each table is done.
        batch.sparkSession.conf.set("spark.sql.shuffle.partitions", cores)
        with turn:
            insert(batch)

    values = judged_values(read_stream(spark, settings.kafka, topic).coalesce(cores), topic)
    name = f"{JOB}_{topic.name}"
    writer = each_batch(values, handle, name)
    return Running((start_query(writer, name, settings, settings.jobs.lake_interval_seconds),))


if __name__ == "__main__":
    run_job(JOB, start)
