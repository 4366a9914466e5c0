"""Spark's Kafka source and sink, by topic."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

import pyarrow as pa
from kafka.errors import TopicAuthorizationFailedError, UnknownTopicOrPartitionError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.streaming.readwriter import DataStreamWriter

from streaming.contract.access.principals import Operation, Principal
from streaming.contract.topics import TOPICS, Topic
from streaming.errors import BrokerError
from streaming.kafka.clients import admin, broker_errors, spark_sink_options, spark_source_options
from streaming.kafka.refusals import refused
from streaming.settings import KafkaSettings

MESSAGE_SCHEMA = (
    "topic string, key string, value binary, headers array<struct<key: string, value: binary>>"
)
"""The columns of Spark's Kafka sink; `topic` is without the prefix."""
_HEADER = pa.struct([pa.field("key", pa.string()), pa.field("value", pa.binary())])
ARROW_MESSAGE_SCHEMA = pa.schema(
    [
        pa.field("topic", pa.string()),
        pa.field("key", pa.string()),
        pa.field("value", pa.binary()),
        pa.field("headers", pa.list_(_HEADER)),
    ]
)
"""`MESSAGE_SCHEMA` in Arrow's types."""
OutgoingMessage = tuple[str, str, bytes | None, Any]
"""Topic without the prefix, key, value and headers."""


def read_stream(
    spark: SparkSession, kafka: KafkaSettings, *topics: Topic, start: str = "earliest"
) -> DataFrame:
    """Follow topics from their beginning; the column `topic` is without the prefix.

    `start` is Spark's option `startingOffsets`: where a query without a checkpoint begins.

    A batch has as many tasks as can run at once, because a task of a few messages spends most of
    its time on starting.

    Guarantee: each message once per checkpoint. Data that retention removed before it was read
    fails the query, so that loss is never silent.
    """
    largest = max(topic.relative_size for topic in topics)
    max_offsets = max(1, kafka.max_offsets_per_trigger // largest)
    messages = (
        spark.readStream.format("kafka")
        .options(**spark_source_options(kafka))
        .option("maxOffsetsPerTrigger", max_offsets)
        .option("subscribe", _subscription(kafka, topics))
        .option("startingOffsets", start)
    )
    return _without_prefix(messages.load(), kafka).coalesce(spark.sparkContext.defaultParallelism)


def read_batch(spark: SparkSession, kafka: KafkaSettings, *topics: Topic) -> DataFrame:
    """Read all messages of topics up to now; the column `topic` is without the prefix."""
    return _without_prefix(
        spark.read.format("kafka")
        .options(**spark_source_options(kafka))
        .option("subscribe", _subscription(kafka, topics))
        .option("startingOffsets", "earliest")
        .option("endingOffsets", "latest")
        .load(),
        kafka,
    )


def write_stream(messages: DataFrame, kafka: KafkaSettings) -> DataStreamWriter:
    """Write messages (`MESSAGE_SCHEMA`); at least once, with the same bytes each time."""
    return (
        _with_prefix(messages, kafka)
        .writeStream.format("kafka")
        .options(**spark_sink_options(kafka))
        .option("includeHeaders", "true")
        .outputMode("update")
    )


def write_batch(messages: DataFrame, kafka: KafkaSettings) -> None:
    """Write messages (`MESSAGE_SCHEMA`) now; at least once."""
    (
        _with_prefix(messages, kafka)
        .write.format("kafka")
        .options(**spark_sink_options(kafka))
        .option("includeHeaders", "true")
        .save()
    )


def to_arrow(messages: Iterable[OutgoingMessage]) -> pa.RecordBatch:
    """Return messages as a record batch of `ARROW_MESSAGE_SCHEMA`."""
    schema = ARROW_MESSAGE_SCHEMA
    columns = list(zip(*messages, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, f.type) for column, f in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def require_rights(kafka: KafkaSettings, principal: Principal) -> None:
    """Check that a broker answers, has a job's topics and lets this user do what the job does.

    Without that, a query would retry for minutes, or fail in the middle of a batch.

    Raises:
        BrokerError: no broker, a topic is missing, or a right is.
    """
    wanted = [t for t in TOPICS if any(principal.may(each, t) for each in Operation)]
    names = {kafka.topic_prefix + topic.name: topic for topic in wanted}
    with closing(admin(kafka)) as client, broker_errors(kafka):
        states = {state["name"]: state for state in client.describe_topics(list(names))}
    if missing := [
        n for n in names if states[n]["error_code"] == UnknownTopicOrPartitionError.errno
    ]:
        raise BrokerError(_no_topics(kafka, missing))
    for operation in (Operation.READ, Operation.WRITE):
        refusals = [
            name
            for name, topic in names.items()
            if principal.may(operation, topic) and not _allows(states[name], operation)
        ]
        if refusals:
            raise BrokerError(refused(kafka, operation.value, refusals))


def _allows(state: Mapping[str, Any], operation: Operation) -> bool:
    """Return whether a broker's answer about a topic allows an operation; old ones do not say."""
    if state["error_code"] == TopicAuthorizationFailedError.errno:
        return False
    allowed = state["authorized_operations"]
    return allowed is None or operation.value.upper() in allowed


def require_topics(kafka: KafkaSettings, *topics: Topic) -> None:
    """Check that a broker answers and has these topics. A query would retry for minutes.

    Raises:
        BrokerError: no broker, or a topic is missing.
    """
    client = admin(kafka)
    try:
        with broker_errors(kafka):
            present = set(client.list_topics())
    finally:
        client.close()
    missing = [name for t in topics if (name := kafka.topic_prefix + t.name) not in present]
    if missing:
        raise BrokerError(_no_topics(kafka, missing))


def _no_topics(kafka: KafkaSettings, names: Iterable[str]) -> str:
    return (
        f"Kafka at {kafka.bootstrap_servers} has no topic {', '.join(names)}; "
        "`careerstream topics create` makes them"
    )


def _subscription(kafka: KafkaSettings, topics: tuple[Topic, ...]) -> str:
    return ",".join(kafka.topic_prefix + topic.name for topic in topics)


def _without_prefix(messages: DataFrame, kafka: KafkaSettings) -> DataFrame:
    if not kafka.topic_prefix:  # Spark plans each column anew for each batch
        return messages
    name = F.col("topic").substr(F.lit(len(kafka.topic_prefix) + 1), F.length("topic"))
    return messages.withColumn("topic", name)


def _with_prefix(messages: DataFrame, kafka: KafkaSettings) -> DataFrame:
    if not kafka.topic_prefix:
        return messages
    return messages.withColumn("topic", F.concat(F.lit(kafka.topic_prefix), F.col("topic")))
