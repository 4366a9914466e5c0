"""Export of a dataset folder from the lake, for `training.data.dataset`."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.records import EventKind, Posting, Stated
from streaming.contract.spark_types import spark_type
from streaming.errors import InputError, one_line
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


TABLES: Mapping[str, lake.Table] = MappingProxyType(
    {"events": lake.EVENTS, "postings": lake.POSTINGS, "profiles": lake.PROFILES}
)


def version_key(table: str) -> str:
    """Return the name of a table's version in version.json."""
    return f"{table}_version"


def export_dataset(
    spark: SparkSession,
    settings: Settings,
    folder: Path,
    versions: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Write a dataset folder from the tables, each read at one version.

    The folder must be on storage that the training processes see. `versions` are those of an
    earlier export, by `version_key`. Default: the newest.

    Returns:
        The data version: table versions and counts, also written as version.json.

    Raises:
        InputError: there are no events or no postings, or a version is no longer kept.
    """
    chosen = {
        version_key(name): lake.version(spark, settings, table) for name, table in TABLES.items()
    }
    chosen |= versions or {}
    read = {
        name: lake.read(spark, settings, table, chosen[version_key(name)])
        for name, table in TABLES.items()
    }
    parts = {
        "events": training_events(read["events"]),
        "postings": read["postings"].select(*spark_type(Posting).names, "open"),
        "stated": newest_stated(read["profiles"]),
    }
    for name, rows in parts.items():
        try:
            rows.write.mode("overwrite").parquet(str(folder / f"{name}.parquet"))
        except (PySparkException, Py4JJavaError) as error:
            if versions is None:
                raise
            raise _gone(chosen, error) from error
    counts = {name: spark.read.parquet(str(folder / f"{name}.parquet")).count() for name in parts}
    if not counts["events"] or not counts["postings"]:
        raise InputError(
            f"nothing to train on: {counts['events']} events, {counts['postings']} postings in "
            f"{settings.lake}; import some and let `careerstream up` archive them"
        )
    version: dict[str, Any] = {**chosen, "counts": counts}
    (folder / "version.json").write_text(json.dumps(version), encoding="utf-8")
    return version


def _gone(versions: Mapping[str, int], error: Exception) -> InputError:
    wanted = ", ".join(f"{name} {number}" for name, number in versions.items())
    return InputError(
        f"the lake no longer holds {wanted}: {one_line(error)}; vacuum removed their files"
        " (lake.retention_days): train on the newest version"
    )


def training_events(events: DataFrame) -> DataFrame:
    """Select the distinct events that a profile can hold: no impressions, none taken back."""
    clicks = events.where(F.col("kind") != EventKind.IMPRESSION.value)
    if "withdrawn" in events.columns:  # a table of an older release has none
        is_withdrawn = F.coalesce("withdrawn", F.lit(False))  # noqa: FBT003 - SQL's false
        key = ["candidate_id", "event_id", "event_time"]
        clicks = clicks.where(~is_withdrawn).join(clicks.where(is_withdrawn), key, "left_anti")
    return clicks.select(*EVENT_COLUMNS)


def newest_stated(profiles: DataFrame) -> DataFrame:
    """Select the stated part of each newest profile: candidate_id and `records.Stated`."""
    newest = profiles.groupBy("candidate_id").agg(F.max_by("stated", "version").alias("stated"))
    known = profiles.schema["stated"].dataType.names  # type: ignore[attr-defined]
    fields = (
        F.col("stated")[name].alias(name) for name in spark_type(Stated).names if name in known
    )
    return newest.where(F.col("stated").isNotNull()).select("candidate_id", *fields)
