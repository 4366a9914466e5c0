"""From the topics to the lake: every distinct event, profile version and decision, once."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.topics import EVENTS, PROFILES, RECOMMENDATIONS, Topic
from streaming.kafka.batch_decoder import decode
from streaming.kafka.dead_letters import bury, wrong_key
from streaming.lake import tables
from streaming.metrics.accumulators import Tally
from streaming.settings import Settings

JOB = "archive"
DESTINATIONS: tuple[tuple[Topic, tables.Table], ...] = (
    (EVENTS, tables.EVENTS),
    (PROFILES, tables.PROFILES),
    (RECOMMENDATIONS, tables.DECISIONS),
)


def judged_values(messages: DataFrame, topic: Topic) -> DataFrame:
    """Decode the messages of a topic and hold their keys against their values.

    Of a stream, once before the batches: the plan is the same for each.
    """
    error = F.coalesce("error", wrong_key(F.col("record.candidate_id")))
    return decode(messages, topic).withColumn("error", error)


def archive_batch(
    judged: DataFrame, settings: Settings, topic: Topic, table: tables.Table, tally: Tally
) -> None:
    """Insert one batch of `judged_values` into the topic's table.

    What cannot be read goes to dead letters; of events that is update_profiles' part already.
    """
    judged = judged.persist()
    try:
        rows = archive_rows(judged.where(F.col("error").isNull()), table)
        tables.insert_new(rows, settings, table)
        if topic is not EVENTS:
            bury(judged, JOB, settings.kafka, tally)
    finally:
        judged.unpersist()


def archive_rows(readable: DataFrame, table: tables.Table) -> DataFrame:
    """Shape readable messages as rows of a table."""
    place = {
        "produced_at": F.col("timestamp"),
        "partition": F.col("partition"),
        "offset": F.col("offset"),
    }
    return readable.select(
        *(place.get(name, F.col(f"record.{name}")).alias(name) for name in table.schema().names)
    )
