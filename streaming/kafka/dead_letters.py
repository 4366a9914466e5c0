"""Dead letters: what could not be read, kept with the reason and the way back.

Key: source topic/partition/offset, so that a repeated write is the same letter. Value: the original
bytes. Headers: reason, text, topic, partition, offset, job, and the original key where there was
one.
"""

from collections import Counter
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.field_checks import Fault
from streaming.contract.records import EVERYONE, MAX_ID_LENGTH
from streaming.contract.topics import DEAD_LETTERS
from streaming.kafka.batch_decoder import ERROR_TYPE
from streaming.kafka.spark_io import write_batch
from streaming.metrics.accumulators import Tally
from streaming.settings import KafkaSettings

HEADERS = ("reason", "text", "topic", "partition", "offset", "job")


def dead_letter_key() -> Column:
    """Where a message stood: topic/partition/offset."""
    return F.concat_ws("/", "topic", "partition", "offset")


def dead_letter_headers(job: str) -> Column:
    """The headers of a message whose `error` is set."""
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


def headers_of(
    place: str, fault: Fault, text: str, *, job: str, key: bytes | None
) -> list[dict[str, Any]]:
    """The headers of one message, as `dead_letter_headers` makes them of many.

    Args:
        place: topic/partition/offset.
        fault: why it cannot be read.
        text: the same in words.
        job: that could not read it.
        key: its own key, where it has one.
    """
    values = (fault.value, text, *place.split("/"), job)
    headers: list[dict[str, Any]] = [
        {"key": name, "value": value.encode()} for name, value in zip(HEADERS, values, strict=True)
    ]
    return headers if key is None else [*headers, {"key": "key", "value": key}]


def wrong_key(expected: Column) -> Column:
    """An error where a message's key is not the id its value names.

    Ordering, compaction and the versions of profiles all rest on the key.
    """
    text = F.format_string("the key must be the value's own id '%s'", expected)
    error = F.struct(F.lit(Fault.WRONG_KEY.value).alias("reason"), text.alias("text"))
    wrong = expected.isNotNull() & ~F.col("key").cast("string").eqNullSafe(expected)
    return F.when(wrong, error.cast(ERROR_TYPE))


def deletion() -> Column:
    """Whether a message's null value deletes what its key names, never null.

    A key that can be no id names nothing: such a message keeps its error.
    """
    key = F.col("key").cast("string")
    is_id = F.is_valid_utf8(key) & F.char_length(key).between(1, MAX_ID_LENGTH)
    is_null = F.col("error.reason") == Fault.NULL_VALUE.value
    return F.coalesce(is_null & is_id & (key != EVERYONE), F.lit(False))  # noqa: FBT003 - a literal column


def dead_letters(undecodable: DataFrame, job: str) -> DataFrame:
    """Turn messages with an `error` into messages for the Kafka sink (topic without prefix)."""
    return undecodable.where(F.col("error").isNotNull()).select(
        F.lit(DEAD_LETTERS.name).alias("topic"),
        dead_letter_key().alias("key"),
        "value",
        dead_letter_headers(job).alias("headers"),
    )


def bury(judged: DataFrame, job: str, kafka: KafkaSettings, tally: Tally) -> None:
    """Write the dead letters of a batch and count them by reason.

    Args:
        judged: messages with `error`; read twice, so better kept.
        job: that could not read them.
        kafka: where the topic is.
        tally: of the metric dead_letters_total.
    """
    bad = judged.where(F.col("error").isNotNull())
    found = bad.groupBy("topic", "error.reason").count().collect()
    if found:
        write_batch(dead_letters(judged, job), kafka)
        tally.add(Counter({(job, row["topic"], row["reason"]): row["count"] for row in found}))
