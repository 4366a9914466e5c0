"""Maintenance of the Delta tables: compaction of small files, and removal of replaced ones.

Writers need not stop. Compaction changes no data, and a writer whose merge has read compacted files
repeats its merge with the same result (`retry_on_conflict`). A replaced file stays readable for
`storage.retention_hours`, for readers of older versions.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import Row, SparkSession

from streaming.lake import tables
from streaming.lake.merge import retry_on_conflict
from streaming.settings import Settings

MIN_FILES = 8
"""A table of fewer files is not compacted: each new version of Δ postings renews all lists."""
DEFAULT_RETENTION_HOURS = 168.0
"""Delta refuses a shorter retention unless its check is off."""
RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"
LISTING_TASKS = "spark.sql.sources.parallelPartitionDiscovery.parallelism"


@dataclass(frozen=True, kw_only=True)
class MaintenanceResult:
    """The effect of maintenance on one table."""

    table: str
    files_before: int
    files: int
    bytes: int
    compacted: bool


def maintain_tables(spark: SparkSession, settings: Settings) -> list[MaintenanceResult]:
    """Compact and vacuum every table that exists."""
    hours = settings.storage.retention_hours
    return [
        maintain_table(spark, settings, table, hours)
        for table in tables.TABLES
        if DeltaTable.isDeltaTable(spark, table.path(settings))
    ]


def maintain_table(
    spark: SparkSession, settings: Settings, table: tables.Table, retention_hours: float
) -> MaintenanceResult:
    """Compact and vacuum one table.

    Args:
        spark: session.
        settings: give the place of the lake.
        table: an existing table.
        retention_hours: how long replaced files stay. A retention shorter than a write or a read
            removes files that are in use.
    """
    delta = DeltaTable.forPath(spark, table.path(settings))
    before = _detail(delta)
    compacted = before["numFiles"] >= MIN_FILES
    if compacted:
        retry_on_conflict(partial(_compact, delta))
    conf = {
        RETENTION_CHECK: str(retention_hours >= DEFAULT_RETENTION_HOURS).lower(),
        # By default Delta lists files in ten thousand tasks, for which writers would wait.
        LISTING_TASKS: str(spark.sparkContext.defaultParallelism),
    }
    with _configured(spark, conf):
        delta.vacuum(retention_hours)
    after = _detail(delta)
    return MaintenanceResult(
        table=table.name,
        files_before=before["numFiles"],
        files=after["numFiles"],
        bytes=after["sizeInBytes"],
        compacted=compacted,
    )


def _compact(delta: DeltaTable) -> None:
    delta.optimize().executeCompaction()


def _detail(delta: DeltaTable) -> Row:
    return delta.detail().select("numFiles", "sizeInBytes").collect()[0]


@contextmanager
def _configured(spark: SparkSession, conf: Mapping[str, str]) -> Iterator[None]:
    """Change the session's configuration for the length of the block."""
    before: dict[str, str | None] = {name: spark.conf.get(name, None) for name in conf}
    for name, value in conf.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, previous in before.items():
            if previous is None:
                spark.conf.unset(name)
            else:
                spark.conf.set(name, previous)
