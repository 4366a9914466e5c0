"""All streaming jobs at once: what a laptop runs as `careerstream up`.

Run: spark-submit jobs/up.py --config careerstream.toml
"""

from functools import partial

from pyspark.sql import SparkSession

from jobs import archive, hot_path, index_postings
from jobs.apart import start_apart
from jobs.lifecycle import Running, start_all
from jobs.main import run_job
from streaming import archiving
from streaming.settings import Settings


def start(spark: SparkSession, settings: Settings, *, history_apart: bool = False) -> Running:
    """Start every streaming job; if one cannot start, none stays.

    Args:
        spark: session of the jobs.
        settings: of the jobs.
        history_apart: whether a process of its own, which gives way to this one, writes the tables
            of history, in the time that clicks leave.
    """
    if history_apart:
        write_history = partial(start_apart, archiving.JOB, settings)
    else:
        write_history = partial(archive.start, spark, settings, beside=True)
    hot = [partial(job.start, spark, settings) for job in (index_postings, hot_path)]
    return start_all([*hot, write_history], settings)


if __name__ == "__main__":
    run_job("up", start, scores=True, archives=True)
