"""Job: [candidates] [events] → [profiles]; the hot path.

Run: spark-submit jobs/update_profiles.py --config careerstream.toml
"""

from pyspark.sql import DataFrame, SparkSession

from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, start_query
from streaming.contract.access.principals import UPDATE_PROFILES
from streaming.contract.topics import CANDIDATES, EVENTS
from streaming.kafka.spark_io import read_stream, require_rights, write_stream
from streaming.metrics import definitions
from streaming.metrics.accumulators import labelled_counter
from streaming.privacy.pseudonyms import pseudonyms_of
from streaming.profiles.moved_state import moved_state
from streaming.profiles.profile_operator import (
    JOB,
    ProfileOperator,
    ProfileScorer,
    update_profiles,
)
from streaming.profiles.rebuild import initial_fences
from streaming.profiles.state_shards import shards
from streaming.settings import Settings
from streaming.spark.scheduling import HOT_POOL, scheduling_pool
from streaming.spark.session import start_workers
from streaming.spark.tuning import usable


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Start folding events and stated parts into profiles."""
    start_workers(spark)
    require_rights(settings.kafka, UPDATE_PROFILES)
    writer = write_stream(fold_stream(spark, settings), settings.kafka)
    with scheduling_pool(spark, HOT_POOL):
        return RunningJob((start_query(writer, JOB, settings),))


def fold_stream(
    spark: SparkSession, settings: Settings, scorer: ProfileScorer | None = None
) -> DataFrame:
    """Return the stream of profiles, of what the scorer makes of them, and of dead letters."""
    checkpoint = f"{settings.checkpoints}/{JOB}"
    moved = moved_state(spark, checkpoint)
    initial = moved[0] if moved else initial_fences(spark, settings, checkpoint)
    start = moved[1] if moved else "earliest"
    messages = read_stream(spark, settings.kafka, EVENTS, CANDIDATES, start=start)
    operator = profile_operator(spark, settings, scorer)
    state = shards(spark, checkpoint, pseudonyms_of(settings.privacy))
    return update_profiles(messages, state, operator, initial)


def profile_operator(
    spark: SparkSession, settings: Settings, scorer: ProfileScorer | None = None
) -> ProfileOperator:
    """Return the operator that folds, as the settings tune it, with its counters."""
    return ProfileOperator(
        labelled_counter(spark, definitions.FOLDED),
        labelled_counter(spark, definitions.DEAD_LETTERS),
        usable(settings.spark.tuned),
        scorer,
        pseudonyms=pseudonyms_of(settings.privacy),
    )


if __name__ == "__main__":
    run_job(JOB, start)
