"""Job: [profiles] + catalogue + champion → Δ reaches → [matches], the candidates for each posting.

Run: spark-submit jobs/match.py --config careerstream.toml
"""

from pyspark.sql import SparkSession

from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, each_batch, start_query
from streaming.contract.access.principals import MATCH
from streaming.contract.topics import PROFILES
from streaming.kafka.spark_io import read_stream, require_rights
from streaming.market.matcher import JOB, Matcher
from streaming.settings import Settings
from streaming.spark.scheduling import LAKE_POOL, lake_workers, scheduling_pool
from training.registry.model_registry import champion


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Start matching the profiles that arrive on their topic.

    Raises:
        BrokerError: no broker answers, or it refuses what the job does.
        ModelError: there is no champion.
        SettingsError: the key of the candidates' ids cannot be read.
    """
    require_rights(settings.kafka, MATCH)
    champion(settings)  # fails early, and with the command that makes one
    messages = read_stream(spark, settings.kafka, PROFILES)
    with scheduling_pool(spark, LAKE_POOL), lake_workers(spark):
        matcher = Matcher(spark, settings)
        writer = each_batch(messages, matcher.handle, JOB)
        query = start_query(writer, JOB, settings, settings.match.interval_seconds)
    matcher.start()
    return RunningJob((query,), (matcher.stop,))


if __name__ == "__main__":
    run_job(JOB, start, scores=True)
