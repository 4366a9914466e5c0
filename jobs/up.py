"""All streaming jobs in one session: what a laptop runs as `careerstream up`.

Run: spark-submit jobs/up.py --config careerstream.toml
"""

from collections.abc import Callable
from functools import partial

from pyspark.sql import SparkSession

from jobs import archive, converse, hot_path, index_postings, match, plan
from jobs.parity import parity
from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, start_all
from jobs.writing import rewrite
from streaming.contract.access.principals import UP
from streaming.kafka.spark_io import require_rights
from streaming.settings import Settings
from training.registry.registration import ensure_champion


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Make the baseline champion if there is no champion, then start every streaming job.

    If one job cannot start, the others are stopped.
    """
    require_rights(settings.kafka, UP)
    ensure_champion(settings)
    starts: list[Callable[[SparkSession, Settings], RunningJob]] = [
        index_postings.start,
        hot_path.start,
        partial(archive.start, shares_session=True),
    ]
    if settings.match.with_up == "yes":
        starts.append(match.start)
    if settings.plan.with_up == "yes":
        starts.append(plan.start)
    if settings.converse.with_up == "yes":
        starts.append(converse.start)
    if settings.rewrite.with_up == "yes":
        starts.append(rewrite.start)
    if settings.parity.with_up == "yes":
        starts.append(parity.start)
    return start_all([partial(start, spark, settings) for start in starts], settings)


if __name__ == "__main__":
    run_job("up", start, scores=True, archives=True)
