"""Dead letters: messages that could not be decoded, with the reason and where they came from.

Key: source topic/partition/offset, so that a repeated write is the same letter. Value: the original
bytes. Headers: reason, text, topic, partition, offset, job, and the original key if there was one.
With pseudonyms, value, text and original key are sealed (`privacy.sealing`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Protocol

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.json_parser import DecodeError
from streaming.contract.records import ANONYMOUS, MAX_ID_LENGTH
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import DEAD_LETTERS
from streaming.kafka.batch_decoder import ERROR_TYPE
from streaming.kafka.spark_io import MESSAGE_SCHEMA, OutgoingMessage, to_arrow, write_batch
from streaming.metrics.accumulators import LabelledCounter
from streaming.privacy.pseudonyms import Pseudonyms
from streaming.privacy.sealing import seal
from streaming.settings import KafkaSettings

HEADERS = ("reason", "text", "topic", "partition", "offset", "job")
SEALED_HEADERS = ("text", "key")


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


class UnreadableMessage(Protocol):
    """What a dead letter keeps of a message."""

    @property
    def topic(self) -> str:
        """Its topic, without the prefix."""
        ...

    @property
    def partition(self) -> int:
        """Its partition."""
        ...

    @property
    def offset(self) -> int:
        """Its offset."""
        ...

    @property
    def key(self) -> bytes | None:
        """Its own key."""
        ...

    @property
    def value(self) -> bytes | None:
        """Its bytes."""
        ...


def dead_letter(
    message: UnreadableMessage, error: DecodeError, job: str, pseudonyms: Pseudonyms | None = None
) -> OutgoingMessage:
    """Return the dead letter of one message, as `to_dead_letters` makes them of many.

    With pseudonyms, the value, the original key and the text are sealed: all may hold personal
    data.
    """
    place = f"{message.topic}/{message.partition}/{message.offset}"
    values = (error.reason.value, error.text, *place.split("/"), job)
    parts = {name: value.encode() for name, value in zip(HEADERS, values, strict=True)}
    value = message.value
    if message.key is not None:
        parts["key"] = message.key
    if pseudonyms is not None:
        value = None if value is None else seal(pseudonyms, value, place)
        parts |= {
            name: seal(pseudonyms, parts[name], f"{place} {name}")
            for name in SEALED_HEADERS
            if name in parts
        }
    headers = [{"key": name, "value": content} for name, content in parts.items()]
    return DEAD_LETTERS.name, place, value, headers


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


def to_dead_letters(
    decoded: DataFrame, job: str, pseudonyms: Pseudonyms | None = None
) -> DataFrame:
    """Turn messages with an `error` into messages for the Kafka sink (topic without prefix)."""
    undecodable = decoded.where(F.col("error").isNotNull())
    if pseudonyms is not None:
        sealed = partial(_sealed_letters, job=job, pseudonyms=pseudonyms)
        columns = ("topic", "partition", "offset", "key", "value", "error")
        return undecodable.select(*columns).mapInArrow(sealed, MESSAGE_SCHEMA)
    return undecodable.select(
        F.lit(DEAD_LETTERS.name).alias("topic"),
        dead_letter_key().alias("key"),
        "value",
        header_column(job).alias("headers"),
    )


def _sealed_letters(
    batches: Iterable[pa.RecordBatch], job: str, pseudonyms: Pseudonyms
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield to_arrow(
            dead_letter(Row(**row), DecodeError(**_error(row["error"])), job, pseudonyms)
            for row in batch.to_pylist()
        )


def _error(error: Mapping[str, str]) -> dict[str, Any]:
    return {"reason": RejectionReason(error["reason"]), "text": error["text"]}


def write_dead_letters(
    decoded: DataFrame,
    job: str,
    kafka: KafkaSettings,
    counter: LabelledCounter,
    pseudonyms: Pseudonyms | None = None,
) -> None:
    """Write the dead letters of a batch and count them by topic and reason.

    Args:
        decoded: messages with `error`. They are read twice, so the caller persists them.
        job: that could not decode them.
        kafka: where the topic is.
        counter: of the metric dead_letters_total.
        pseudonyms: seal the letters; None leaves them as they are.
    """
    undecodable = decoded.where(F.col("error").isNotNull())
    counts = undecodable.groupBy("topic", "error.reason").count().collect()
    if counts:
        write_batch(to_dead_letters(decoded, job, pseudonyms), kafka)
        counter.add(Counter({(job, row["topic"], row["reason"]): row["count"] for row in counts}))
