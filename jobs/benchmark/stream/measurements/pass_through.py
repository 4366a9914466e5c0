"""The floor: a job that copies events to another topic with the source and sink of every job.

Run: spark-submit jobs/benchmark/stream/measurements/pass_through.py --config careerstream.toml
"""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.benchmark.stream.harness.measurement_sandbox import COPIES
from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, start_query
from streaming.contract.topics import EVENTS
from streaming.kafka.spark_io import read_stream, require_topics, write_stream
from streaming.settings import Settings
from streaming.spark.scheduling import HOT_POOL, scheduling_pool

JOB = "pass_through"


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Start copying events."""
    require_topics(settings.kafka, EVENTS, COPIES)
    messages = read_stream(spark, settings.kafka, EVENTS)
    copies = messages.select(F.lit(COPIES.name).alias("topic"), "key", "value")
    writer = write_stream(copies, settings.kafka)
    with scheduling_pool(spark, HOT_POOL):
        return RunningJob((start_query(writer, JOB, settings),))


if __name__ == "__main__":
    run_job(JOB, start)
