"""The floor: events copied to another topic, by the options that every job uses, and nothing else.

Run: spark-submit jobs/benchmark/stream/pass_through.py --config careerstream.toml
"""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.benchmark.stream.place import COPIES
from jobs.lifecycle import Running, start_query
from jobs.main import run_job
from streaming.kafka import read_stream, require_topics, write_stream
from streaming.session import HOT_POOL, scheduling_pool
from streaming.settings import Settings
from streaming.topics import EVENTS

JOB = "pass_through"


def start(spark: SparkSession, settings: Settings) -> Running:
    """Start copying events."""
    require_topics(settings.kafka, EVENTS, COPIES)
    messages = read_stream(spark, settings.kafka, EVENTS)
    copies = messages.select(F.lit(COPIES.name).alias("topic"), "key", "value")
    writer = write_stream(copies, settings.kafka)
    with scheduling_pool(spark, HOT_POOL):
        return Running((start_query(writer, JOB, settings),))


if __name__ == "__main__":
    run_job(JOB, start)
