"""Profiles rebuilt from the lake: the fold over Δ events, with the stated parts of Δ profiles.

A rebuilt profile equals the streamed one, version and offsets included, as of the last record in
the lake. It has no `triggered_by`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.records import EventKind
from streaming.contract.topics import PROFILES
from streaming.kafka.spark_io import write_batch
from streaming.kafka.topic_reader import read_messages
from streaming.lake import tables
from streaming.profiles.fold import Document, Received, fold
from streaming.profiles.fold_inputs import received_event, received_stated_part, without_trigger
from streaming.settings import KafkaSettings, Settings
from streaming.timestamps import SPARK_FORMAT

JOB = "rebuild-profiles"
REBUILT = "candidate_id string, version long, profile string"
_RECORD_BATCH = 256
"""Profiles handed back to Spark at once."""


@dataclass(frozen=True)
class Streamed:
    """The newest version of a profile on its topic."""

    version: int
    digest: bytes


@dataclass
class Comparison:
    """Rebuilt profiles compared with the streamed ones; candidate ids."""

    equal: int = 0
    behind: list[str] = field(default_factory=list)
    """The topic has a newer version than the lake."""
    ahead: list[str] = field(default_factory=list)
    """The topic has an older version, or none."""
    different: list[str] = field(default_factory=list)
    """The same version with another content."""
    unknown: list[str] = field(default_factory=list)
    """On the topic, and not in the lake."""


def rebuild(spark: SparkSession, settings: Settings) -> DataFrame:
    """Fold the lake into profiles.

    Work grows with the events in the lake; memory with those of one candidate.

    Returns:
        `REBUILT`: one row for each candidate, the profile as JSON.

    Raises:
        InputError: there is no Δ events or Δ profiles.
    """
    records = _events(spark, settings).unionByName(
        _stated(spark, settings), allowMissingColumns=True
    )
    ordered = records.repartition("candidate_id").sortWithinPartitions("candidate_id", "offset")
    return ordered.mapInArrow(_fold_sorted, REBUILT)


def read_streamed(kafka: KafkaSettings) -> dict[str, Streamed]:
    """Read the newest version of every profile on the topic."""
    newest: dict[str, Streamed] = {}
    for record in read_messages(kafka, PROFILES):
        candidate_id = (record.key or b"").decode()
        if record.value is None:
            newest.pop(candidate_id, None)
            continue
        profile = orjson.loads(record.value)
        if candidate_id not in newest or newest[candidate_id].version < profile["version"]:
            newest[candidate_id] = Streamed(profile["version"], digest(profile))
    return newest


def compare(
    rebuilt: Iterable[Row | Mapping[str, Any]], streamed: Mapping[str, Streamed]
) -> Comparison:
    """Compare rows of `REBUILT` with the profiles of `read_streamed`."""
    comparison, unknown = Comparison(), set(streamed)
    for row in rebuilt:
        candidate_id, version = row["candidate_id"], row["version"]
        unknown.discard(candidate_id)
        newest = streamed.get(candidate_id, Streamed(0, b""))
        if newest.version > version:
            comparison.behind.append(candidate_id)
        elif newest.version < version:
            comparison.ahead.append(candidate_id)
        elif newest.digest == digest(orjson.loads(row["profile"])):
            comparison.equal += 1
        else:
            comparison.different.append(candidate_id)
    comparison.unknown += sorted(unknown)
    return comparison


def publish(
    spark: SparkSession, settings: Settings, rebuilt: DataFrame, candidate_ids: list[str]
) -> None:
    """Write the rebuilt profiles of some candidates to their topic."""
    ids = spark.createDataFrame([(name,) for name in candidate_ids], "candidate_id string")
    chosen = rebuilt.join(F.broadcast(ids), "candidate_id", how="inner")
    values = chosen.select(
        F.lit(PROFILES.name).alias("topic"),
        F.col("candidate_id").alias("key"),
        F.col("profile").cast("binary").alias("value"),
        F.lit(None).cast("array<struct<key: string, value: binary>>").alias("headers"),
    )
    write_batch(values, settings.kafka)


def digest(profile: Document) -> bytes:
    """Hash a profile's content, whatever the order of its fields."""
    content = orjson.dumps(without_trigger(profile), option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(content, digest_size=16).digest()


def _events(spark: SparkSession, settings: Settings) -> DataFrame:
    at = tables.version(spark, settings, tables.EVENTS)
    rows = tables.read(spark, settings, tables.EVENTS, at)
    return rows.where(F.col("kind") != EventKind.IMPRESSION.value).select(
        *("candidate_id", "offset", "event_id", "posting_id", "kind", "duration_seconds"),
        F.date_format("event_time", SPARK_FORMAT).alias("event_time"),
    )


def _stated(spark: SparkSession, settings: Settings) -> DataFrame:
    """Return the stated part of each candidate's newest profile."""
    at = tables.version(spark, settings, tables.PROFILES)
    rows = tables.read(spark, settings, tables.PROFILES, at).where(F.col("stated").isNotNull())
    newest = rows.groupBy("candidate_id").agg(
        F.max_by(F.struct("stated", "offsets"), "version").alias("newest")
    )
    time = F.date_format("newest.stated.updated_at", SPARK_FORMAT)
    return newest.select(
        "candidate_id",
        F.col("newest.offsets.candidates").alias("offset"),
        F.to_json(F.col("newest.stated").withField("updated_at", time)).alias("stated"),
    )


def _fold_sorted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Fold rows that come candidate by candidate, in the order of their offsets."""
    rows = (row for batch in batches for row in batch.to_pylist())
    folded: list[dict[str, Any]] = []
    for candidate_id, records in groupby(rows, key=itemgetter("candidate_id")):
        profile = fold(None, map(_received, records), candidate_id).profile
        if profile is not None:
            text = orjson.dumps(without_trigger(profile)).decode()
            row = {"candidate_id": candidate_id, "version": profile["version"], "profile": text}
            folded.append(row)
        if len(folded) >= _RECORD_BATCH:
            yield pa.RecordBatch.from_pylist(folded)
            folded = []
    if folded:
        yield pa.RecordBatch.from_pylist(folded)


def _received(row: dict[str, Any]) -> Received:
    if row["stated"] is not None:
        return received_stated_part(orjson.loads(row["stated"]), row["offset"])
    return received_event(row, row["offset"])
