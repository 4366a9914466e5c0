"""All streaming jobs in one session: what a laptop runs as `careerstream up`.

Run: spark-submit jobs/up.py --config careerstream.toml
"""

from functools import partial

from pyspark.sql import SparkSession

from jobs import archive, hot_path, index_postings
from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import Running, start_all
from streaming.settings import Settings


def start(spark: SparkSession, settings: Settings) -> Running:
    """Start every streaming job; if one cannot start, none stays."""
    starts = (index_postings.start, hot_path.start, partial(archive.start, beside=True))
    return start_all([partial(start, spark, settings) for start in starts], settings)


if __name__ == "__main__":
    run_job("up", start, scores=True, archives=True)
