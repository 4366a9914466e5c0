"""Job: [profiles] + catalogue + champion → [recommendations].

Run: spark-submit jobs/recommend.py --config careerstream.toml
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyspark.sql import DataFrame, SparkSession

from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, each_batch, start_query
from streaming.contract.access.principals import RECOMMEND
from streaming.contract.topics import PROFILES
from streaming.kafka.spark_io import read_stream, require_rights, write_batch
from streaming.metrics.scoring_counters import ScoringCounters
from streaming.serving.bundles import Bundle
from streaming.serving.recommender import Recommender
from streaming.serving.scoring import recommend
from streaming.settings import Settings
from streaming.spark.scheduling import HOT_POOL, scheduling_pool
from training.registry.model_registry import champion

JOB = "recommend"
Score = Callable[[DataFrame, Bundle, int, ScoringCounters], DataFrame]
"""Turns a batch into messages for Kafka: `scoring.recommend` or `scoring.add_recommendations`."""


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Start recommending for the profiles that arrive on their topic.

    Raises:
        BrokerError: no broker answers, or it refuses what the job does.
        ModelError: there is no champion.
    """
    require_rights(settings.kafka, RECOMMEND)
    with starting_recommender(spark, settings, JOB) as recommender:
        profiles = read_stream(spark, settings.kafka, PROFILES)
        return start_scoring(profiles, recommend, recommender, settings)


@contextmanager
def starting_recommender(
    spark: SparkSession, settings: Settings, query: str
) -> Iterator[Recommender]:
    """Create the recommender of a query that the block starts; stop it if the block fails."""
    champion(settings)  # fails early, and with the command that makes one
    recommender = Recommender(spark, settings, query)
    try:
        yield recommender
    except BaseException:
        recommender.stop()
        raise


def start_scoring(
    messages: DataFrame, score: Score, recommender: Recommender, settings: Settings
) -> RunningJob:
    """Start a query that records the versions of each batch on the driver, then scores it."""

    def handle(batch: DataFrame, batch_id: int) -> None:
        with recommender.batch_bundle(batch_id) as bundle:
            scored = score(batch, bundle, settings.recommend.list_size, recommender.counters)
            write_batch(scored, settings.kafka)
        recommender.on_published()

    with scheduling_pool(messages.sparkSession, HOT_POOL):
        writer = each_batch(messages, handle, recommender.query)
        query = start_query(writer, recommender.query, settings)
        recommender.start()
    return RunningJob((query,), (recommender.stop,))


if __name__ == "__main__":
    run_job(JOB, start, scores=True)
