"""Job: [candidates] [events] → [profiles]; the hot path.

Run: spark-submit jobs/update_profiles.py --config careerstream.toml
"""

from pyspark.sql import DataFrame, SparkSession

from jobs.lifecycle import Running, start_query
from jobs.main import run_job
from streaming.kafka import read_stream, require_topics, write_stream
from streaming.metrics import table
from streaming.metrics.tally import tally
from streaming.profiles import JOB, Answers, ProfileProcessor, update_profiles
from streaming.session import HOT_POOL, scheduling_pool, wake
from streaming.settings import Settings
from streaming.shards import shards
from streaming.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PROFILES


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
    folded, letters = tally(spark, table.FOLDED), tally(spark, table.DEAD_LETTERS)
    state = shards(spark, f"{settings.checkpoints}/{JOB}")
    return update_profiles(messages, state, ProfileProcessor(folded, letters, answers))


if __name__ == "__main__":
    run_job(JOB, start)
