"""Makes a lost checkpoint of update_profiles anew, with the lake as its initial state.

The query reads its topics from their beginning, as it would without the lake. A record that both
hold is a duplicate or too old and changes nothing; a record that retention removed is in the state.
So nobody needs to know up to which offset the lake has come, as long as that is further than
retention.
"""

from pyspark.sql import DataFrame, SparkSession

from jobs.runtime.streaming_query import RunningJob, start_query
from jobs.update_profiles import profile_operator
from streaming.contract.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PROFILES
from streaming.errors import InputError
from streaming.kafka.spark_io import read_stream, require_topics, write_stream
from streaming.privacy.pseudonyms import pseudonyms_of
from streaming.profiles.profile_operator import JOB, update_profiles
from streaming.profiles.rebuild import rebuild
from streaming.profiles.state_shards import shards
from streaming.settings import Settings
from streaming.spark.internals.hadoop_files import HadoopFiles


def make_checkpoint(spark: SparkSession, settings: Settings) -> None:
    """Make the checkpoint of update_profiles, which must not run, and work off its topics.

    Raises:
        InputError: there is a checkpoint, no lake, or no message that it could begin with.
        BrokerError: no broker, or no topics.
        CareerstreamError: the query failed; what it has made of the checkpoint must be removed.
    """
    checkpoint = f"{settings.checkpoints}/{JOB}"
    if HadoopFiles(spark).exists(checkpoint):
        raise InputError(
            f"there is a checkpoint {checkpoint}, with which update_profiles goes on; remove it "
            "first if it is of no use"
        )
    require_topics(settings.kafka, EVENTS, CANDIDATES, PROFILES, DEAD_LETTERS)
    messages = read_stream(spark, settings.kafka, EVENTS, CANDIDATES)
    writer = write_stream(_profiles(spark, settings, messages), settings.kafka)
    query = start_query(writer.trigger(availableNow=True), JOB, settings)
    running = RunningJob((query,))
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
    checkpoint = f"{settings.checkpoints}/{JOB}"
    state = shards(spark, checkpoint, pseudonyms_of(settings.privacy))
    rebuilt = rebuild(spark, settings, with_fences=True)
    return update_profiles(messages, state, profile_operator(spark, settings), rebuilt)
