"""The tables of history: every distinct event, profile version and decision of the topics, once."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.topics import EVENTS, PROFILES, RECOMMENDATIONS, Topic
from streaming.kafka.batch_decoder import decode
from streaming.kafka.dead_letters import key_error, write_dead_letters
from streaming.lake import tables
from streaming.lake.merge import insert_new, row_columns
from streaming.metrics.accumulators import LabelledCounter
from streaming.settings import Settings

JOB = "archive"
DESTINATIONS: tuple[tuple[Topic, tables.Table], ...] = (
    (EVENTS, tables.EVENTS),
    (PROFILES, tables.PROFILES),
    (RECOMMENDATIONS, tables.DECISIONS),
)


def decode_values(messages: DataFrame, topic: Topic) -> DataFrame:
    """Decode the messages of a topic and compare their keys with the ids in their values.

    Call it once on a stream and not on each batch, so that Spark plans it once.
    """
    error = F.coalesce("error", key_error(F.col("record.candidate_id")))
    return decode(messages, topic).withColumn("error", error)


def archive_batch(
    decoded: DataFrame,
    settings: Settings,
    topic: Topic,
    table: tables.Table,
    dead_letters: LabelledCounter,
) -> None:
    """Insert one batch of `decode_values` into the topic's table.

    What cannot be decoded goes to dead letters, except for events, which update_profiles reports.
    """
    decoded = decoded.persist()
    try:
        rows = decoded.where(F.col("error").isNull()).select(*row_columns(table))
        insert_new(rows, settings, table)
        if topic is not EVENTS:
            write_dead_letters(decoded, JOB, settings.kafka, dead_letters)
    finally:
        decoded.unpersist()
