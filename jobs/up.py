"""All streaming jobs in one session: what a laptop runs as `careerstream up`.

Run: spark-submit jobs/up.py --config careerstream.toml
"""

from functools import partial

from pyspark.sql import SparkSession

from jobs import archive, hot_path, index_postings
from jobs.lifecycle import Running, start_all
from jobs.main import run_job
from streaming.settings import Settings

STREAMING_JOBS = (index_postings, hot_path, archive)


def start(spark: SparkSession, settings: Settings) -> Running:
    """Start every streaming job; if one cannot start, none stays."""
    return start_all([partial(job.start, spark, settings) for job in STREAMING_JOBS], settings)


if __name__ == "__main__":
    run_job("up", start)
