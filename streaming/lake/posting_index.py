"""From the topic postings to the table of postings: latest version of each, open or closed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.topics import POSTINGS
from streaming.kafka.batch_decoder import decode
from streaming.kafka.dead_letters import bury, deletion, wrong_key
from streaming.lake import tables
from streaming.metrics.accumulators import Tally
from streaming.settings import Settings

JOB = "index_postings"


def judged_postings(messages: DataFrame) -> DataFrame:
    """Decode messages; a null value, which withdraws the posting that its key names, is no error.

    Of a stream, once before the batches: the plan is the same for each.
    """
    error = F.when(~deletion(), F.coalesce("error", wrong_key(F.col("record.posting_id"))))
    return decode(messages, POSTINGS).withColumn("error", error)


def index_batch(judged: DataFrame, settings: Settings, tally: Tally) -> None:
    """Index one batch of `judged_postings`; what cannot be read goes to dead letters."""
    judged = judged.persist()
    try:
        good = judged.where(F.col("error").isNull())
        if not good.isEmpty():
            tables.upsert_postings(posting_rows(good), settings)
        bury(judged, JOB, settings.kafka, tally)
    finally:
        judged.unpersist()


def posting_rows(good: DataFrame) -> DataFrame:
    """Shape readable messages as rows of the table; a message without a record withdraws."""
    place = {
        "posting_id": F.col("key").cast("string"),
        "open": F.col("record").isNotNull(),
        "produced_at": F.col("timestamp"),
        "partition": F.col("partition"),
        "offset": F.col("offset"),
    }
    return good.select(
        *(
            place.get(name, F.col(f"record.{name}")).alias(name)
            for name in tables.POSTINGS.schema().names
        )
    )
