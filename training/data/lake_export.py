"""Export of a dataset folder from the lake, for `training.data.dataset`."""

import json
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.records import EventKind, Posting, Stated
from streaming.contract.spark_types import spark_type
from streaming.errors import InputError
from streaming.lake import tables as lake
from streaming.settings import Settings

EVENT_COLUMNS = (
    "candidate_id",
    "posting_id",
    "kind",
    "event_time",
    "duration_seconds",
    "event_id",
)


def export_dataset(spark: SparkSession, settings: Settings, folder: Path) -> dict[str, Any]:
    """Write a dataset folder from the newest versions of the tables, each read at one version.

    The folder must be on storage that the training processes see.

    Returns:
        The data version: table versions and counts, also written as version.json.

    Raises:
        InputError: there are no events or no postings.
    """
    tables = {
        "events": lake.EVENTS,
        "postings": lake.POSTINGS,
        "profiles": lake.PROFILES,
    }
    versions = {name: lake.version(spark, settings, table) for name, table in tables.items()}
    read = {
        name: lake.read(spark, settings, table, versions[name]) for name, table in tables.items()
    }
    parts = {
        "events": training_events(read["events"]),
        "postings": read["postings"].select(*spark_type(Posting).names, "open"),
        "stated": newest_stated(read["profiles"]),
    }
    for name, rows in parts.items():
        rows.write.mode("overwrite").parquet(str(folder / f"{name}.parquet"))
    counts = {name: spark.read.parquet(str(folder / f"{name}.parquet")).count() for name in parts}
    if not counts["events"] or not counts["postings"]:
        raise InputError(
            f"nothing to train on: {counts['events']} events, {counts['postings']} postings in "
            f"{settings.lake}; import some and let `careerstream up` archive them"
        )
    version: dict[str, Any] = {f"{name}_version": number for name, number in versions.items()}
    version |= {"counts": counts}
    (folder / "version.json").write_text(json.dumps(version), encoding="utf-8")
    return version


def training_events(events: DataFrame) -> DataFrame:
    """Select the distinct events that a profile can hold: all but impressions."""
    return events.where(F.col("kind") != EventKind.IMPRESSION.value).select(*EVENT_COLUMNS)


def newest_stated(profiles: DataFrame) -> DataFrame:
    """Select the stated part of each newest profile: candidate_id and `records.Stated`."""
    newest = profiles.groupBy("candidate_id").agg(F.max_by("stated", "version").alias("stated"))
    fields = (F.col("stated")[name].alias(name) for name in spark_type(Stated).names)
    return newest.where(F.col("stated").isNotNull()).select("candidate_id", *fields)
