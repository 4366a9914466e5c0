"""Job: [postings] → Δ postings, the latest version of each, open or closed.

Run: spark-submit jobs/index_postings.py --config careerstream.toml
"""

from pyspark.sql import DataFrame, SparkSession

from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, each_batch, start_query
from streaming.contract.access.principals import INDEX_POSTINGS
from streaming.contract.topics import POSTINGS
from streaming.kafka.spark_io import read_stream, require_rights
from streaming.lake import tables
from streaming.lake.posting_index import JOB, decode_postings, index_batch
from streaming.metrics import definitions
from streaming.metrics.accumulators import labelled_counter
from streaming.settings import Settings
from streaming.spark.scheduling import LAKE_POOL, lake_workers, scheduling_pool


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Start indexing postings."""
    require_rights(settings.kafka, INDEX_POSTINGS)
    tables.create(spark, settings, tables.POSTINGS)
    dead_letters = labelled_counter(spark, definitions.DEAD_LETTERS)

    def handle(batch: DataFrame, batch_id: int) -> None:
        del batch_id  # the merge is guarded by offsets
        index_batch(batch, settings, dead_letters)

    interval = settings.jobs.catalogue_interval_seconds
    messages = read_stream(spark, settings.kafka, POSTINGS)
    with lake_workers(spark):
        postings = decode_postings(messages)
    writer = each_batch(postings, handle, JOB)
    with scheduling_pool(spark, LAKE_POOL):
        return RunningJob((start_query(writer, JOB, settings, interval),))


if __name__ == "__main__":
    run_job(JOB, start)
