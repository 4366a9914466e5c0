"""Spark's Kafka source and sink, by topic."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.streaming.readwriter import DataStreamWriter

from streaming.contract.topics import Topic
from streaming.errors import BrokerError
from streaming.kafka.clients import admin, broker_errors, spark_sink_options, spark_source_options
from streaming.settings import KafkaSettings

MESSAGE = (
    "topic string, key string, value binary, headers array<struct<key: string, value: binary>>"
)
"""What Spark's Kafka sink takes; `topic` without the prefix."""
_HEADER = pa.struct([pa.field("key", pa.string()), pa.field("value", pa.binary())])
ARROW_MESSAGE = pa.schema(
    [
        pa.field("topic", pa.string()),
        pa.field("key", pa.string()),
        pa.field("value", pa.binary()),
        pa.field("headers", pa.list_(_HEADER)),
    ]
)
"""`MESSAGE` as Arrow has it."""
Outgoing = tuple[str, str, bytes | None, Any]
"""Topic without the prefix, key, value and headers."""


def read_stream(spark: SparkSession, kafka: KafkaSettings, *topics: Topic) -> DataFrame:
    """Follow topics from their beginning; `topic` comes without the prefix.

    As many tasks as can run at once share a batch, since a task of a few messages is mostly its own
    start.

    Guarantee: each message once per checkpoint. Data that retention removed before it was read
    fails the query, so that loss is never silent.
    """
    most = max(1, kafka.max_offsets_per_trigger // max(topic.size for topic in topics))
    messages = (
        spark.readStream.format("kafka")
        .options(**spark_source_options(kafka))
        .option("maxOffsetsPerTrigger", most)
        .option("subscribe", _subscription(kafka, topics))
        .option("startingOffsets", "earliest")
    )
    return _named(messages.load(), kafka).coalesce(spark.sparkContext.defaultParallelism)


def read_batch(spark: SparkSession, kafka: KafkaSettings, *topics: Topic) -> DataFrame:
    """Read all that stands on topics now; `topic` comes without the prefix."""
    return _named(
        spark.read.format("kafka")
        .options(**spark_source_options(kafka))
        .option("subscribe", _subscription(kafka, topics))
        .option("startingOffsets", "earliest")
        .option("endingOffsets", "latest")
        .load(),
        kafka,
    )


def write_stream(messages: DataFrame, kafka: KafkaSettings) -> DataStreamWriter:
    """Write messages (`topic` without prefix, key, value, headers); at least once, same bytes."""
    return (
        _addressed(messages, kafka)
        .writeStream.format("kafka")
        .options(**spark_sink_options(kafka))
        .option("includeHeaders", "true")
        .outputMode("update")
    )


def write_batch(messages: DataFrame, kafka: KafkaSettings) -> None:
    """Write messages (`topic` without prefix, key, value, headers) now; at least once."""
    (
        _addressed(messages, kafka)
        .write.format("kafka")
        .options(**spark_sink_options(kafka))
        .option("includeHeaders", "true")
        .save()
    )


def arrow_messages(messages: Iterable[Outgoing]) -> pa.RecordBatch:
    """Return messages as a record batch of `ARROW_MESSAGE`."""
    columns = list(zip(*messages, strict=True)) or [()] * len(ARROW_MESSAGE)
    arrays = [pa.array(c, field.type) for c, field in zip(columns, ARROW_MESSAGE, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=ARROW_MESSAGE)


def require_topics(kafka: KafkaSettings, *topics: Topic) -> None:
    """Make sure that a broker answers and has these topics: a query would try for minutes.

    Raises:
        BrokerError: one line that names what is missing.
    """
    client = admin(kafka)
    try:
        with broker_errors(kafka):
            present = set(client.list_topics())
    finally:
        client.close()
    missing = [name for t in topics if (name := kafka.topic_prefix + t.name) not in present]
    if missing:
        raise BrokerError(
            f"Kafka at {kafka.bootstrap_servers} has no topic {', '.join(missing)}; "
            "`careerstream topics create` makes them"
        )


def _subscription(kafka: KafkaSettings, topics: tuple[Topic, ...]) -> str:
    return ",".join(kafka.topic_prefix + topic.name for topic in topics)


def _named(messages: DataFrame, kafka: KafkaSettings) -> DataFrame:
    if not kafka.topic_prefix:  # what is not there need not be planned for each batch
        return messages
    name = F.col("topic").substr(F.lit(len(kafka.topic_prefix) + 1), F.length("topic"))
    return messages.withColumn("topic", name)


def _addressed(messages: DataFrame, kafka: KafkaSettings) -> DataFrame:
    if not kafka.topic_prefix:
        return messages
    return messages.withColumn("topic", F.concat(F.lit(kafka.topic_prefix), F.col("topic")))
