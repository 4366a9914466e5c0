"""The tables of history: every distinct event, profile version and decision of the topics, once."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.erasures import TopicFence
from streaming.contract.topics import (
    EVENTS,
    PROFILES,
    RECOMMENDATIONS,
    SHADOW_RECOMMENDATIONS,
    Topic,
)
from streaming.kafka.batch_decoder import decode
from streaming.kafka.dead_letters import is_deletion, key_error, write_dead_letters
from streaming.lake import tables
from streaming.lake.erasures import (
    beyond_fences,
    delete_behind,
    fences_in,
    read_fences,
    record_fences,
)
from streaming.lake.merge import insert_new, row_columns
from streaming.metrics.accumulators import LabelledCounter
from streaming.privacy.pseudonyms import Pseudonyms, pseudonyms_of
from streaming.settings import Settings

JOB = "archive"
DESTINATIONS: tuple[tuple[Topic, tables.Table], ...] = (
    (EVENTS, tables.EVENTS),
    (PROFILES, tables.PROFILES),
    (RECOMMENDATIONS, tables.DECISIONS),
    (SHADOW_RECOMMENDATIONS, tables.SHADOWS),
)


def decode_values(
    messages: DataFrame, topic: Topic, pseudonyms: Pseudonyms | None = None
) -> DataFrame:
    """Decode the messages of a topic and compare their keys with the ids in their values.

    With pseudonyms, these stand in keys and records. Call it once on a stream and not on each
    batch, so that Spark plans it once.
    """
    error = F.coalesce("error", key_error(F.col("record.candidate_id")))
    return decode(messages, topic, pseudonyms).withColumn("error", error)


def archive_batch(
    decoded: DataFrame,
    settings: Settings,
    topic: Topic,
    table: tables.Table,
    dead_letters: LabelledCounter,
) -> None:
    """Insert one batch of `decode_values` into the topic's table.

    What cannot be decoded goes to dead letters, except for events, which update_profiles reports. A
    null value erases what is lower under its key, in the batch and in the table.
    """
    decoded = decoded.persist()
    try:
        fences = _obey_fences(decoded, settings, topic, table)
        rows = decoded.where(F.col("error").isNull()).select(*_row_columns(topic, table))
        insert_new(beyond_fences(rows, fences), settings, table)
        if topic is not EVENTS:
            faults = decoded.where(~is_deletion())
            pseudonyms = pseudonyms_of(settings.privacy)
            write_dead_letters(faults, JOB, settings.kafka, dead_letters, pseudonyms)
    finally:
        decoded.unpersist()


def _row_columns(topic: Topic, table: tables.Table) -> list[Column]:
    if topic is not EVENTS:
        return row_columns(table)
    # It is a key of the table: false means what absence means.
    return row_columns(table, withdrawn=F.when(F.col("record.withdrawn"), F.lit(True)))  # noqa: FBT003 - SQL's true


def _obey_fences(
    decoded: DataFrame, settings: Settings, topic: Topic, table: tables.Table
) -> list[TopicFence]:
    """Record the fences of a batch, and delete what they erase; return all fences of the topic."""
    spark = decoded.sparkSession
    if new := fences_in(decoded, topic):
        record_fences(spark, settings, new)
        delete_behind(spark, settings, table, new)
    return read_fences(spark, settings, topic)
