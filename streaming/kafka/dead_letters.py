"""Dead letters: messages that could not be decoded, with the reason and where they came from.

Key: source topic/partition/offset, so that a repeated write is the same letter. Value: the original
bytes. Headers: reason, text, topic, partition, offset, job, and the original key if there was one.
"""

from collections import Counter
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.records import ANONYMOUS, MAX_ID_LENGTH
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import DEAD_LETTERS
from streaming.kafka.batch_decoder import ERROR_TYPE
from streaming.kafka.spark_io import write_batch
from streaming.metrics.accumulators import LabelledCounter
from streaming.settings import KafkaSettings

HEADERS = ("reason", "text", "topic", "partition", "offset", "job")


def dead_letter_key() -> Column:
    """Return a message's source as topic/partition/offset."""
    return F.concat_ws("/", "topic", "partition", "offset")


def header_column(job: str) -> Column:
    """Return the headers of messages whose `error` is set."""
    values = {
        "reason": F.col("error.reason"),
        "text": F.col("error.text"),
        "topic": F.col("topic"),
        "partition": F.col("partition").cast("string"),
        "offset": F.col("offset").cast("string"),
        "job": F.lit(job),
    }
    headers = F.array(
        *(
            F.struct(F.lit(name).alias("key"), value.cast("binary").alias("value"))
            for name, value in values.items()
        )
    )
    original = F.struct(F.lit("key").alias("key"), F.col("key").alias("value"))
    return F.when(F.col("key").isNull(), headers).otherwise(F.array_append(headers, original))


def header_list(
    source: str, reason: RejectionReason, text: str, *, job: str, key: bytes | None
) -> list[dict[str, Any]]:
    """Return the headers of one message, as `header_column` makes them of many.

    Args:
        source: topic/partition/offset.
        reason: why it cannot be decoded.
        text: the same in words.
        job: that could not decode it.
        key: its own key, if it has one.
    """
    values = (reason.value, text, *source.split("/"), job)
    headers: list[dict[str, Any]] = [
        {"key": name, "value": value.encode()} for name, value in zip(HEADERS, values, strict=True)
    ]
    return headers if key is None else [*headers, {"key": "key", "value": key}]


def key_error(expected: Column) -> Column:
    """Return an error where a message's key differs from the id in its value, else null.

    Order, compaction and the versions of profiles all depend on the key.
    """
    text = F.format_string("the key must be the value's own id '%s'", expected)
    error = F.struct(F.lit(RejectionReason.WRONG_KEY.value).alias("reason"), text.alias("text"))
    wrong = expected.isNotNull() & ~F.col("key").cast("string").eqNullSafe(expected)
    return F.when(wrong, error.cast(ERROR_TYPE))


def is_deletion() -> Column:
    """Return whether a message's null value deletes what its key names; never null.

    A message whose key cannot be an id keeps its error.
    """
    key = F.col("key").cast("string")
    is_id = F.is_valid_utf8(key) & F.char_length(key).between(1, MAX_ID_LENGTH)
    is_null = F.col("error.reason") == RejectionReason.NULL_VALUE.value
    return F.coalesce(is_null & is_id & (key != ANONYMOUS), F.lit(False))  # noqa: FBT003 - a literal column


def to_dead_letters(decoded: DataFrame, job: str) -> DataFrame:
    """Turn messages with an `error` into messages for the Kafka sink (topic without prefix)."""
    return decoded.where(F.col("error").isNotNull()).select(
        F.lit(DEAD_LETTERS.name).alias("topic"),
        dead_letter_key().alias("key"),
        "value",
        header_column(job).alias("headers"),
    )


def write_dead_letters(
    decoded: DataFrame, job: str, kafka: KafkaSettings, counter: LabelledCounter
) -> None:
    """Write the dead letters of a batch and count them by topic and reason.

    Args:
        decoded: messages with `error`. They are read twice, so the caller persists them.
        job: that could not decode them.
        kafka: where the topic is.
        counter: of the metric dead_letters_total.
    """
    undecodable = decoded.where(F.col("error").isNotNull())
    counts = undecodable.groupBy("topic", "error.reason").count().collect()
    if counts:
        write_batch(to_dead_letters(decoded, job), kafka)
        counter.add(Counter({(job, row["topic"], row["reason"]): row["count"] for row in counts}))
