"""The table of postings: the newest version of each posting on the topic, open or closed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.topics import POSTINGS
from streaming.kafka.batch_decoder import decode
from streaming.kafka.dead_letters import is_deletion, key_error, write_dead_letters
from streaming.lake import tables
from streaming.lake.merge import row_columns, upsert_postings
from streaming.metrics.accumulators import LabelledCounter
from streaming.privacy.pseudonyms import pseudonyms_of
from streaming.settings import Settings

JOB = "index_postings"


def decode_postings(messages: DataFrame) -> DataFrame:
    """Decode messages. A null value is not an error: it withdraws the posting of its key.

    Call it once on a stream and not on each batch, so that Spark plans it once.
    """
    error = F.when(~is_deletion(), F.coalesce("error", key_error(F.col("record.posting_id"))))
    return decode(messages, POSTINGS).withColumn("error", error)


def index_batch(decoded: DataFrame, settings: Settings, dead_letters: LabelledCounter) -> None:
    """Index one batch of `decode_postings`; what cannot be decoded goes to dead letters."""
    decoded = decoded.persist()
    try:
        valid = decoded.where(F.col("error").isNull())
        if not valid.isEmpty():
            # a message without a record withdraws the posting of its key
            posting_id, is_open = F.col("key").cast("string"), F.col("record").isNotNull()
            columns = row_columns(tables.POSTINGS, posting_id=posting_id, open=is_open)
            upsert_postings(valid.select(*columns), settings)
        pseudonyms = pseudonyms_of(settings.privacy)
        write_dead_letters(decoded, JOB, settings.kafka, dead_letters, pseudonyms)
    finally:
        decoded.unpersist()
