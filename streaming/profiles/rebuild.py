"""Profiles rebuilt from the lake: the fold over Δ events, with the stated parts of Δ profiles.

A rebuilt profile equals the streamed one, version and offsets included, as of the last record in
the lake. It has no `triggered_by`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.records import EventKind
from streaming.contract.topics import CANDIDATES, EVENTS, PROFILES
from streaming.kafka.spark_io import write_batch
from streaming.kafka.topic_reader import read_messages
from streaming.lake import tables
from streaming.lake.erasures import read_fences
from streaming.profiles.fences import KEY as FENCE_KEY
from streaming.profiles.fences import Fence, fold_behind
from streaming.profiles.fold import Document, Received, fold
from streaming.profiles.fold_inputs import received_event, received_stated_part, without_trigger
from streaming.settings import KafkaSettings, Settings
from streaming.spark.internals.hadoop_files import HadoopFiles
from streaming.timestamps import SPARK_FORMAT, format_timestamp

JOB = "rebuild-profiles"
REBUILT = "candidate_id string, version long, profile string"
ASKED = "candidate_id string, last_event long, last_version long"
"""Versions of profiles that are asked for, one of each candidate: the offset of the last event that
it may hold, and the version."""
_FENCES = "candidate_id string, fence string"
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


def rebuild(
    spark: SparkSession,
    settings: Settings,
    *,
    with_fences: bool = False,
    asked: DataFrame | None = None,
) -> DataFrame:
    """Fold the lake into profiles.

    Work grows with the events in the lake; memory with those of one candidate. The fences of Δ
    erasures are obeyed. `with_fences` adds them to the profiles, as the state keeps them, also for
    candidates of whom nothing else is left; their version is 0. With `asked`, few rows of `ASKED`,
    these versions are made, and not the newest of everybody.

    Returns:
        `REBUILT`: one row for each candidate, the profile as JSON.

    Raises:
        InputError: there is no Δ events or Δ profiles.
    """
    records = _events(spark, settings, asked).unionByName(
        _stated(spark, settings, asked), allowMissingColumns=True
    )
    fences = _asked_of(spark.createDataFrame(fence_rows(spark, settings), _FENCES), asked)
    records = records.unionByName(
        fences.withColumn("offset", F.lit(-1).cast("long")), allowMissingColumns=True
    )
    ordered = records.repartition("candidate_id").sortWithinPartitions("candidate_id", "offset")
    return ordered.mapInArrow(partial(_fold_sorted, with_fences=with_fences), REBUILT)


def fence_rows(spark: SparkSession, settings: Settings) -> list[tuple[str, str]]:
    """Return the candidates who were erased, each with the fence on both sources as JSON."""
    by_topic = {
        topic.name: {one.candidate_id: one for one in read_fences(spark, settings, topic)}
        for topic in (EVENTS, CANDIDATES)
    }
    stated = by_topic[CANDIDATES.name]
    return [
        (
            candidate_id,
            orjson.dumps(
                Fence(
                    events=fence.offset,
                    at=format_timestamp(fence.at),
                    candidates=stated[candidate_id].offset if candidate_id in stated else None,
                )
            ).decode(),
        )
        for candidate_id, fence in by_topic[EVENTS.name].items()
    ]


def initial_fences(spark: SparkSession, settings: Settings, checkpoint: str) -> DataFrame | None:
    """Return fences as the first state of a query without a checkpoint, as rows of `REBUILT`.

    Without them a query that reads its topics again would publish what was erased, until it comes
    to the fence. None: nobody was erased, or the checkpoint has a batch.
    """
    if any(name.isdigit() for name in HadoopFiles(spark).list(f"{checkpoint}/commits")):
        return None
    rows = [
        (candidate_id, 0, f'{{"{FENCE_KEY}":{fence}}}')
        for candidate_id, fence in fence_rows(spark, settings)
    ]
    return spark.createDataFrame(rows, REBUILT) if rows else None


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


def events_to_fold(rows: DataFrame) -> DataFrame:
    """Select what the fold takes of rows of Δ events; `received_event` reads a row."""
    return rows.where(F.col("kind") != EventKind.IMPRESSION.value).select(
        *("candidate_id", "offset", "event_id", "posting_id", "kind", "duration_seconds"),
        *(name for name in ("withdrawn",) if name in rows.columns),
        F.date_format("event_time", SPARK_FORMAT).alias("event_time"),
    )


def _events(spark: SparkSession, settings: Settings, asked: DataFrame | None) -> DataFrame:
    at = tables.version(spark, settings, tables.EVENTS)
    rows = tables.read(spark, settings, tables.EVENTS, at)
    return events_to_fold(_asked_of(rows, asked, F.col("offset") <= F.col("last_event")))


def _asked_of(rows: DataFrame, asked: DataFrame | None, within: Column | None = None) -> DataFrame:
    """Leave out the rows of others, and those that are not within what is asked."""
    if asked is None:
        return rows
    joined = rows.join(F.broadcast(asked), "candidate_id", how="inner")
    return (joined if within is None else joined.where(within)).select(*rows.columns)


def _stated(spark: SparkSession, settings: Settings, asked: DataFrame | None) -> DataFrame:
    """Return the stated part of each candidate's newest profile, or of the one that is asked."""
    at = tables.version(spark, settings, tables.PROFILES)
    rows = tables.read(spark, settings, tables.PROFILES, at).where(F.col("stated").isNotNull())
    rows = _asked_of(rows, asked, F.col("version") <= F.col("last_version"))
    newest = rows.groupBy("candidate_id").agg(
        F.max_by(F.struct("stated", "offsets"), "version").alias("newest")
    )
    return newest.select(
        "candidate_id",
        F.col("newest.offsets.candidates").alias("offset"),
        F.to_json("newest.stated", {"timestampFormat": SPARK_FORMAT}).alias("stated"),
    )


def _fold_sorted(
    batches: Iterable[pa.RecordBatch], *, with_fences: bool
) -> Iterator[pa.RecordBatch]:
    """Fold rows that come candidate by candidate, in the order of their offsets."""
    rows = (row for batch in batches for row in batch.to_pylist())
    folded: list[dict[str, Any]] = []
    for candidate_id, records in groupby(rows, key=itemgetter("candidate_id")):
        document = _fold_records(candidate_id, list(records), with_fences=with_fences)
        if document is not None:
            version, text = document.get("version", 0), orjson.dumps(document).decode()
            folded.append({"candidate_id": candidate_id, "version": version, "profile": text})
        if len(folded) >= _RECORD_BATCH:
            yield pa.RecordBatch.from_pylist(folded)
            folded = []
    if folded:
        yield pa.RecordBatch.from_pylist(folded)


def _fold_records(
    candidate_id: str, records: list[dict[str, Any]], *, with_fences: bool
) -> Document | None:
    """Fold the records of a candidate, the fence before all others where there is one."""
    fence = records[0]["fence"]
    received = [_received(row) for row in records if row["fence"] is None]
    if fence is None:
        profile = fold(None, received, candidate_id).profile
        return None if profile is None else without_trigger(profile)
    behind = fold_behind(None, received, candidate_id, Fence(**orjson.loads(fence)))
    document = behind.document() if with_fences else behind.profile
    return None if document is None else without_trigger(document)


def _received(row: dict[str, Any]) -> Received:
    if row["stated"] is not None:
        return received_stated_part(orjson.loads(row["stated"]), row["offset"])
    return received_event(row, row["offset"])
