"""Job: [postings] → [rewrites], postings in plain words with checked facts.

Run: spark-submit jobs/writing/rewrite.py --config careerstream.toml
"""

from pyspark.sql import SparkSession

from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, each_batch, start_query
from jobs.writing.rewriter import JOB, Rewriter
from streaming.contract.access.principals import REWRITE
from streaming.contract.topics import POSTINGS
from streaming.kafka.spark_io import read_stream, require_rights
from streaming.settings import Settings
from streaming.spark.scheduling import LAKE_POOL, scheduling_pool

MOST_POSTINGS = 200
"""Of a batch: few, because a language model takes seconds for each."""


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Start rewriting the postings that arrive on their topic.

    Raises:
        BrokerError: no broker answers, or it refuses what the job does.
        SettingsError: language.model is neither a URL nor a model on this machine.
    """
    require_rights(settings.kafka, REWRITE)
    most = min(settings.kafka.max_offsets_per_trigger, MOST_POSTINGS * POSTINGS.relative_size)
    few = settings.kafka.model_copy(update={"max_offsets_per_trigger": most})
    messages = read_stream(spark, few, POSTINGS)
    with scheduling_pool(spark, LAKE_POOL):
        rewriter = Rewriter(spark, settings)
        writer = each_batch(messages, rewriter.handle, JOB)
        query = start_query(writer, JOB, settings, settings.rewrite.interval_seconds)
    rewriter.start()
    return RunningJob((query,), (rewriter.stop,))


if __name__ == "__main__":
    run_job(JOB, start)
