"""Job: [profiles] + Δ postings Δ courses Δ profiles Δ occupations Δ skills → [plans].

Run: spark-submit jobs/plan.py --config careerstream.toml
"""

from pyspark.sql import SparkSession

from jobs.planning.planner import JOB, Planner
from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, each_batch, start_query
from streaming.contract.access.principals import PLAN
from streaming.contract.topics import PROFILES
from streaming.kafka.spark_io import read_stream, require_rights
from streaming.settings import Settings
from streaming.spark.scheduling import LAKE_POOL, lake_workers, scheduling_pool


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Start planning for the profiles that arrive on their topic.

    Raises:
        BrokerError: no broker answers, or it refuses what the job does.
        SettingsError: there is no taxonomy, or an empty one.
    """
    require_rights(settings.kafka, PLAN)
    messages = read_stream(spark, settings.kafka, PROFILES)
    with scheduling_pool(spark, LAKE_POOL), lake_workers(spark):
        planner = Planner(spark, settings)
        writer = each_batch(messages, planner.handle, JOB)
        query = start_query(writer, JOB, settings, settings.plan.interval_seconds)
    planner.start()
    return RunningJob((query,), (planner.stop,))


if __name__ == "__main__":
    run_job(JOB, start)
