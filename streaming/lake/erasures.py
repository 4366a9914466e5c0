"""Δ erasures: where candidates were erased on each topic, and how the tables obey it.

A null value under a candidate's key is a fence on `events`, `profiles` and `recommendations`: what
is lower under the key is erased. The command `careerstream erase` records the fences that it
sends, and the job archive those that it reads. A row of a table stands for a message, so that a
fence says which rows go, whatever is read again.
"""

from collections.abc import Collection
from functools import reduce

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.erasures import TopicFence
from streaming.contract.topics import Topic
from streaming.kafka.dead_letters import is_deletion
from streaming.lake import tables
from streaming.lake.merge import retry_on_conflict
from streaming.settings import Settings
from streaming.spark.internals.delta_versions import current_version
from streaming.timestamps import SPARK_FORMAT


def read_fences(
    spark: SparkSession, settings: Settings, topic: Topic | None = None
) -> list[TopicFence]:
    """Return the fences on a topic, or on all; none where nobody was ever erased."""
    path = tables.ERASURES.path(settings)
    if not current_version(spark, path):  # version 0 is the table as it was made
        return []
    rows = spark.read.format("delta").load(path)
    if topic is not None:
        rows = rows.where(F.col("topic") == topic.name)
    text = F.to_json(F.struct("*"), {"timestampFormat": SPARK_FORMAT})
    return [
        TopicFence.model_validate_json(row.text)
        for row in rows.select(text.alias("text")).collect()
    ]


def record_fences(spark: SparkSession, settings: Settings, fences: Collection[TopicFence]) -> None:
    """Insert fences, or move them on where they are further; repeated ones change nothing."""
    if not fences:
        return
    tables.create(spark, settings, tables.ERASURES)
    rows = spark.createDataFrame([fence.model_dump() for fence in fences], tables.ERASURES.schema())
    same = [F.col(f"old.{key}") == F.col(f"new.{key}") for key in tables.ERASURES.keys]
    merge = (
        DeltaTable.forPath(spark, tables.ERASURES.path(settings))
        .alias("old")
        .merge(rows.alias("new"), reduce(Column.__and__, same))
        .whenMatchedUpdateAll("new.offset > old.offset")
        .whenNotMatchedInsertAll()
    )
    retry_on_conflict(merge.execute)


def fences_in(decoded: DataFrame, topic: Topic) -> list[TopicFence]:
    """Return the fences in a batch of decoded messages (`batch_decoder.decode`) of a topic."""
    nulls = decoded.where(is_deletion()).select(
        F.col("key").cast("string").alias("candidate_id"),
        "partition",
        "offset",
        F.unix_micros("timestamp").alias("micros"),
    )
    newest = nulls.groupBy("candidate_id").agg(F.max_by(F.struct("*"), "offset").alias("last"))
    return [
        TopicFence(
            candidate_id=row.candidate_id,
            topic=topic.name,
            partition=row.last.partition,
            offset=row.last.offset,
            at=row.last.micros / 1e6,  # seconds since 1970
        )
        for row in newest.collect()
    ]


def beyond_fences(rows: DataFrame, fences: Collection[TopicFence]) -> DataFrame:
    """Leave out the rows, of messages, that fences of their topic erase."""
    if not fences:
        return rows
    pairs = [(fence.candidate_id, fence.offset) for fence in fences]
    behind = rows.sparkSession.createDataFrame(pairs, "candidate_id string, fence long")
    joined = rows.join(F.broadcast(behind), "candidate_id", how="left")
    kept = joined.where(F.col("fence").isNull() | (F.col("offset") > F.col("fence")))
    return kept.select(*rows.columns)


def delete_behind(
    spark: SparkSession, settings: Settings, table: tables.Table, fences: Collection[TopicFence]
) -> None:
    """Delete the rows of a table that fences of its topic erase.

    A repeated deletion changes nothing. What is deleted stays in files that `maintain` removes
    after `storage.retention_hours`.
    """
    pairs = [(fence.candidate_id, fence.offset) for fence in fences]
    behind = spark.createDataFrame(pairs, "candidate_id string, fence long")
    delete_matching(spark, settings, table, behind, F.col("old.offset") < F.col("new.fence"))


def delete_matching(
    spark: SparkSession,
    settings: Settings,
    table: tables.Table,
    erased: DataFrame,
    condition: Column | None = None,
) -> None:
    """Delete the rows of some candidates from a table, where a condition on old and new holds.

    A merge and not a deletion: Delta's log keeps the condition of each, in clear, for a month. That
    of a deletion would name the candidates.
    """
    same = F.col("old.candidate_id") == F.col("new.candidate_id")
    merge = (
        DeltaTable.forPath(spark, table.path(settings))
        .alias("old")
        .merge(F.broadcast(erased).alias("new"), same if condition is None else same & condition)
        .whenMatchedDelete()
    )
    retry_on_conflict(merge.execute)
