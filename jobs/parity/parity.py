"""Job: [profiles] Δ profiles Δ events Δ decisions Δ postings → metrics: is what is served recorded?

A clock starts a round every `parity.interval_seconds`; a longer round delays the next. Each draws
at most `parity.sample` profiles, lists and training examples (`rounds`, `sampling`). The clock is a
query, so its checkpoint keeps the number of the round, and SIGTERM waits for a round's end.

Run: spark-submit jobs/parity/parity.py --config careerstream.toml
"""

from pyspark.sql import DataFrame, SparkSession

from jobs.parity.rounds import JOB, begin_metrics, log, publish, publish_nothing, run_round
from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, each_batch, start_query
from streaming.contract.access.principals import PARITY
from streaming.errors import InputError
from streaming.kafka.spark_io import require_rights
from streaming.settings import Settings
from streaming.spark.scheduling import LAKE_POOL, lake_workers, scheduling_pool


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Start the rounds.

    Raises:
        BrokerError: no broker answers, or it refuses what the job does.
    """
    require_rights(settings.kafka, PARITY)
    begin_metrics()

    def handle(ticks: DataFrame, number: int) -> None:
        del ticks  # they only say that time has passed
        with lake_workers(spark):
            try:
                outcomes = run_round(spark, settings, number)
            except InputError as error:  # the lake has no tables yet
                publish_nothing()
                log.warning("nothing was compared: %s", error)
                return
        publish(outcomes)

    with scheduling_pool(spark, LAKE_POOL):
        writer = each_batch(spark.readStream.format("rate").load(), handle, JOB)
        query = start_query(writer, JOB, settings, settings.parity.interval_seconds)
    return RunningJob((query,))


if __name__ == "__main__":
    run_job(JOB, start)
