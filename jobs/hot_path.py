"""The jobs update_profiles and recommend as one query, without the topic between them.

A profile is scored by the batch that made it. Batches, state and checkpoint are those of
`update_profiles`, so that either job goes on where the other stopped. Profiles that reach the topic
in another way are not scored here; `careerstream recommend --all` does that.

Run: spark-submit jobs/hot_path.py --config careerstream.toml
"""

from pyspark.sql import DataFrame, SparkSession

from jobs.recommend import Recommender, recommending, starting
from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import Running, start_query
from jobs.update_profiles import fold_stream
from streaming.contract.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PROFILES, RECOMMENDATIONS
from streaming.kafka.spark_io import require_topics, write_batch, write_stream
from streaming.profiles.profile_operator import JOB
from streaming.serving.batch_versions import WorkerBatchVersionLog
from streaming.serving.bundles import Bundle
from streaming.serving.scoring import InlineScorer, add_recommendations
from streaming.settings import Settings
from streaming.spark.scheduling import HOT_POOL, scheduling_pool


def start(spark: SparkSession, settings: Settings) -> Running:
    """Start folding, and scoring what was folded."""
    require_topics(settings.kafka, EVENTS, CANDIDATES, PROFILES, RECOMMENDATIONS, DEAD_LETTERS)
    with starting(Recommender(spark, settings, JOB)) as recommender:
        if recommender.worker_pins is None:
            messages = fold_stream(spark, settings)
            return recommending(messages, _publish, recommender, settings)
        return _start_straight(spark, settings, recommender, recommender.worker_pins)


def _publish(
    batch: DataFrame, bundle: Bundle, recommender: Recommender, settings: Settings
) -> None:
    """Score a batch of profiles with the versions it is pinned to; write profiles and lists."""
    size = settings.recommend.size
    write_batch(add_recommendations(batch, bundle, size, recommender.counters), settings.kafka)


def _start_straight(
    spark: SparkSession,
    settings: Settings,
    recommender: Recommender,
    version_log: WorkerBatchVersionLog,
) -> Running:
    """Score where profiles are folded: the tasks pin, and no batch stops at the driver."""
    answering = InlineScorer(version_log.task_bundle, settings.recommend.size, recommender.counters)
    with scheduling_pool(spark, HOT_POOL):
        writer = write_stream(fold_stream(spark, settings, answering), settings.kafka)
        query = start_query(writer, JOB, settings)
        recommender.follow()
    return Running((query,), (recommender.stop,))


if __name__ == "__main__":
    run_job("hot_path", start, scores=True)
