"""Job: [candidates] [events] → [profiles]; the hot path.

Run: spark-submit jobs/update_profiles.py --config careerstream.toml
"""

from pyspark.sql import DataFrame, SparkSession

from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import Running, start_query
from streaming.contract.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PROFILES
from streaming.kafka.spark_io import read_stream, require_topics, write_stream
from streaming.metrics import definitions
from streaming.metrics.accumulators import tally
from streaming.profiles.processor import JOB, Answers, ProfileProcessor, update_profiles
from streaming.profiles.state_shards import shards
from streaming.settings import Settings
from streaming.spark.session import HOT_POOL, scheduling_pool, wake


def start(spark: SparkSession, settings: Settings) -> Running:
    """Start folding events and stated parts into profiles."""
    wake(spark)
    require_topics(settings.kafka, EVENTS, CANDIDATES, PROFILES, DEAD_LETTERS)
    writer = write_stream(folding(spark, settings), settings.kafka)
    with scheduling_pool(spark, HOT_POOL):
        return Running((start_query(writer, JOB, settings),))


def folding(spark: SparkSession, settings: Settings, answers: Answers | None = None) -> DataFrame:
    """Return the stream of profiles, what answers them, and dead letters, counted."""
    messages = read_stream(spark, settings.kafka, EVENTS, CANDIDATES)
    folded, letters = tally(spark, definitions.FOLDED), tally(spark, definitions.DEAD_LETTERS)
    state = shards(spark, f"{settings.checkpoints}/{JOB}")
    return update_profiles(messages, state, ProfileProcessor(folded, letters, answers))


if __name__ == "__main__":
    run_job(JOB, start)
