"""A lost checkpoint of update_profiles, made anew: the lake is its first state.

The query reads its topics from their beginning, as it would without the lake. What they still hold
and the lake has already is a duplicate or too old, so it changes nothing; what retention removed is
in the state. So nobody needs to know up to which offset the lake has come, as long as it has come
further than retention.
"""

from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.streaming.stateful_processor import TimerValues

from jobs.runtime.streaming_query import Running, start_query
from streaming.contract.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PROFILES
from streaming.errors import InputError
from streaming.kafka.spark_io import read_stream, require_topics, write_stream
from streaming.metrics import definitions
from streaming.metrics.accumulators import tally
from streaming.profiles.processor import JOB, ProfileProcessor, in_ascii, update_profiles
from streaming.profiles.rebuild import rebuild
from streaming.profiles.state_shards import shards
from streaming.settings import Settings


class FromLake(ProfileProcessor):
    """Begins with the profiles of the lake."""

    def handleInitialState(  # noqa: N802 - Spark's name
        self,
        key: Any,
        initialState: Any,  # noqa: N803 - Spark's name; a row
        timerValues: TimerValues,  # noqa: N803
    ) -> None:
        """Take one profile as it is."""
        del key, timerValues
        self._profiles.put({initialState.candidate_id: in_ascii(initialState.profile)})


def make_checkpoint(spark: SparkSession, settings: Settings) -> None:
    """Make the checkpoint of update_profiles, which must not run, and work off its topics.

    Raises:
        InputError: there is a checkpoint, no lake, or no message that it could begin with.
        BrokerError: no broker, or no topics.
        CareerstreamError: the query failed; what it has made of the checkpoint must be removed.
    """
    checkpoint = f"{settings.checkpoints}/{JOB}"
    if _exists(spark, checkpoint):
        raise InputError(
            f"there is a checkpoint {checkpoint}, with which update_profiles goes on; remove it "
            "first if it is of no use"
        )
    require_topics(settings.kafka, EVENTS, CANDIDATES, PROFILES, DEAD_LETTERS)
    messages = read_stream(spark, settings.kafka, EVENTS, CANDIDATES)
    writer = write_stream(_profiles(spark, settings, messages), settings.kafka)
    query = start_query(writer.trigger(availableNow=True), JOB, settings)
    running = Running((query,))
    try:
        while not query.awaitTermination(1):
            running.check()
        running.check()
    finally:
        query.stop()
    if query.lastProgress is None:
        raise InputError(
            "no message stands on events or candidates, and Spark begins with one; start "
            "update_profiles when there is one, or send one and do this again"
        )


def _profiles(spark: SparkSession, settings: Settings, messages: DataFrame) -> DataFrame:
    state = shards(spark, f"{settings.checkpoints}/{JOB}")
    shard = state.column(F.col("candidate_id").cast("binary"))
    held = rebuild(spark, settings).select(shard, "candidate_id", "profile")
    folded, letters = tally(spark, definitions.FOLDED), tally(spark, definitions.DEAD_LETTERS)
    return update_profiles(messages, state, FromLake(folded, letters), held.groupBy("shard"))


def _exists(spark: SparkSession, folder: str) -> bool:
    jvm: Any = spark._jvm  # noqa: SLF001 - the only way to Hadoop's file systems
    path = jvm.org.apache.hadoop.fs.Path(folder)
    conf = spark._jsparkSession.sparkContext().hadoopConfiguration()  # noqa: SLF001
    return bool(path.getFileSystem(conf).exists(path))
