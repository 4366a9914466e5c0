"""Profiles from the lake: the fold over Δ events, with the stated parts of Δ profiles.

A rebuilt profile is the streamed one, version and offsets included, as far as the lake has come.
What it leaves out is `triggered_by`, which says what a version was made for.
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
from streaming.kafka.topic_reader import messages
from streaming.lake import tables
from streaming.profiles.fold import Document, fold
from streaming.profiles.fold_inputs import event_seen, stated_seen, untriggered
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
    mark: bytes


@dataclass
class Comparison:
    """Rebuilt profiles held against the streamed ones; candidate ids."""

    equal: int = 0
    behind: list[str] = field(default_factory=list)
    """The topic has a newer version than the lake knows of."""
    ahead: list[str] = field(default_factory=list)
    """The topic has an older version, or none."""
    different: list[str] = field(default_factory=list)
    """The same version with another content."""
    unknown: list[str] = field(default_factory=list)
    """On the topic, and nothing of them in the lake."""


def rebuild(spark: SparkSession, settings: Settings) -> DataFrame:
    """Fold the lake into profiles.

    Work grows with the events in the lake; memory with those of one candidate.

    Returns:
        `REBUILT`: one row for each candidate, the profile as JSON.

    Raises:
        InputError: there is no Δ events or Δ profiles.
    """
    seen = _events(spark, settings).unionByName(_stated(spark, settings))
    ordered = seen.repartition("candidate_id").sortWithinPartitions("candidate_id", "offset")
    return ordered.mapInArrow(_fold_sorted, REBUILT)


def streamed(kafka: KafkaSettings) -> dict[str, Streamed]:
    """Read the newest version of every profile that stands on its topic."""
    newest: dict[str, Streamed] = {}
    for record in messages(kafka, PROFILES):
        who = (record.key or b"").decode()
        if record.value is None:
            newest.pop(who, None)
            continue
        profile = orjson.loads(record.value)
        if who not in newest or newest[who].version < profile["version"]:
            newest[who] = Streamed(profile["version"], mark(profile))
    return newest


def compare(
    rebuilt: Iterable[Row | Mapping[str, Any]], found: Mapping[str, Streamed]
) -> Comparison:
    """Hold rebuilt profiles against the streamed ones.

    Args:
        rebuilt: rows of `REBUILT`.
        found: from `streamed`.
    """
    comparison, left = Comparison(), set(found)
    for row in rebuilt:
        who, version = row["candidate_id"], row["version"]
        left.discard(who)
        there = found.get(who, Streamed(0, b""))
        if there.version > version:
            comparison.behind.append(who)
        elif there.version < version:
            comparison.ahead.append(who)
        elif there.mark == mark(orjson.loads(row["profile"])):
            comparison.equal += 1
        else:
            comparison.different.append(who)
    comparison.unknown += sorted(left)
    return comparison


def publish(spark: SparkSession, settings: Settings, rebuilt: DataFrame, wanted: list[str]) -> None:
    """Write the rebuilt profiles of some candidates to their topic."""
    ids = spark.createDataFrame([(who,) for who in wanted], "candidate_id string")
    chosen = rebuilt.join(F.broadcast(ids), "candidate_id", how="inner")
    values = chosen.select(
        F.lit(PROFILES.name).alias("topic"),
        F.col("candidate_id").alias("key"),
        F.col("profile").cast("binary").alias("value"),
        F.lit(None).cast("array<struct<key: string, value: binary>>").alias("headers"),
    )
    write_batch(values, settings.kafka)


def mark(profile: Document) -> bytes:
    """Hash what a profile says, whatever the order of its fields."""
    told = orjson.dumps(untriggered(profile), option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(told, digest_size=16).digest()


def _events(spark: SparkSession, settings: Settings) -> DataFrame:
    at = tables.version(spark, settings, tables.EVENTS)
    rows = tables.read(spark, settings, tables.EVENTS, at)
    return rows.where(F.col("kind") != EventKind.IMPRESSION.value).select(
        *("candidate_id", "offset", "event_id", "posting_id", "kind", "duration_seconds"),
        F.date_format("event_time", SPARK_FORMAT).alias("event_time"),
        F.lit(None).cast("string").alias("stated"),
    )


def _stated(spark: SparkSession, settings: Settings) -> DataFrame:
    """The stated part of each candidate's newest profile; an older version's is replaced by it."""
    at = tables.version(spark, settings, tables.PROFILES)
    rows = tables.read(spark, settings, tables.PROFILES, at).where(F.col("stated").isNotNull())
    newest = rows.groupBy("candidate_id").agg(
        F.max_by(F.struct("stated", "offsets"), "version").alias("newest")
    )
    time = F.date_format("newest.stated.updated_at", SPARK_FORMAT)
    absent = {name: F.lit(None).cast("string") for name in ("event_id", "posting_id", "kind")}
    return newest.select(
        "candidate_id",
        F.col("newest.offsets.candidates").alias("offset"),
        F.to_json(F.col("newest.stated").withField("updated_at", time)).alias("stated"),
        *(column.alias(name) for name, column in absent.items()),
        F.lit(None).cast("double").alias("duration_seconds"),
        F.lit(None).cast("string").alias("event_time"),
    )


def _fold_sorted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Fold rows that come candidate by candidate, in the order of their offsets."""
    rows = (row for batch in batches for row in batch.to_pylist())
    made: list[dict[str, Any]] = []
    for who, mine in groupby(rows, key=itemgetter("candidate_id")):
        profile = fold(None, map(_seen, mine), who).profile
        if profile is not None:
            text = orjson.dumps(untriggered(profile)).decode()
            made.append({"candidate_id": who, "version": profile["version"], "profile": text})
        if len(made) >= _RECORD_BATCH:
            yield pa.RecordBatch.from_pylist(made)
            made = []
    if made:
        yield pa.RecordBatch.from_pylist(made)


def _seen(row: dict[str, Any]) -> Any:
    if row["stated"] is not None:
        return stated_seen(orjson.loads(row["stated"]), row["offset"])
    return event_seen(row, row["offset"])
