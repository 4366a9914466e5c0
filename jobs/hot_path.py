"""The jobs update_profiles and recommend as one query, without the topic between them.

A profile is scored by the batch that made it. Batches, state and checkpoint are those of
`update_profiles`, so that either job goes on where the other stopped. Profiles that reach the topic
in another way are not scored here; `careerstream recommend --all` does that.

Run: spark-submit jobs/hot_path.py --config careerstream.toml
"""

from pyspark.sql import SparkSession

from jobs.recommend import start_scoring, starting_recommender
from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, start_query
from jobs.update_profiles import fold_stream
from streaming.contract.access.principals import HOT_PATH
from streaming.kafka.spark_io import require_rights, write_stream
from streaming.profiles.profile_operator import JOB
from streaming.serving.batch_versions import WorkerBatchVersionLog
from streaming.serving.recommender import Recommender
from streaming.serving.scoring import InlineScorer, add_recommendations
from streaming.settings import Settings
from streaming.spark.scheduling import HOT_POOL, scheduling_pool


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Start folding, and scoring what was folded.

    Raises:
        BrokerError: no broker answers, or it refuses what the job does.
        ModelError: there is no champion.
    """
    require_rights(settings.kafka, HOT_PATH)
    with starting_recommender(spark, settings, JOB) as recommender:
        if recommender.worker_version_log is None:
            messages = fold_stream(spark, settings)
            return start_scoring(messages, add_recommendations, recommender, settings)
        return _start_inline(spark, settings, recommender, recommender.worker_version_log)


def _start_inline(
    spark: SparkSession,
    settings: Settings,
    recommender: Recommender,
    version_log: WorkerBatchVersionLog,
) -> RunningJob:
    """Score in the tasks that fold. They record the versions, so no batch stops at the driver."""
    scorer = InlineScorer(
        version_log.task_bundle, settings.recommend.list_size, recommender.counters
    )
    with scheduling_pool(spark, HOT_POOL):
        writer = write_stream(fold_stream(spark, settings, scorer), settings.kafka)
        query = start_query(writer, JOB, settings)
        recommender.start()
    return RunningJob((query,), (recommender.stop,))


if __name__ == "__main__":
    run_job("hot_path", start, scores=True)
