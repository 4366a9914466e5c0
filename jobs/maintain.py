"""The job beside the flow: the same tables in fewer files, without what nobody reads any more.

Run: spark-submit jobs/maintain.py --config careerstream.toml

Writers are never held up: compaction changes no data, and a writer whose merge has read files that
were compacted meanwhile repeats it (`lake.settle`), to the same effect. Files stay readable for
`storage.retention_hours` after they were replaced, for whoever reads an older version.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import Row, SparkSession

from jobs.runtime.entrypoint import run_once
from streaming.lake import tables
from streaming.settings import Settings

JOB = "maintain"
FEWEST_FILES = 8
"""A table of fewer files stays as it is: a new version of Δ postings has lists made anew."""
DEFAULT_HOURS = 168.0
"""Delta's own shortest retention, below which it wants to be told that this is meant."""
RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"
LISTING_TASKS = "spark.sql.sources.parallelPartitionDiscovery.parallelism"


@dataclass(frozen=True, kw_only=True)
class Maintained:
    """What became of one table."""

    table: str
    files_before: int
    files: int
    bytes: int
    compacted: bool


def run(spark: SparkSession, settings: Settings) -> list[Maintained]:
    """Compact and vacuum every table that exists."""
    hours = settings.storage.retention_hours
    return [
        maintain(spark, settings, table, hours)
        for table in tables.TABLES
        if DeltaTable.isDeltaTable(spark, table.path(settings))
    ]


def maintain(
    spark: SparkSession, settings: Settings, table: tables.Table, hours: float
) -> Maintained:
    """Compact and vacuum one table.

    Args:
        spark: session.
        settings: say where it is.
        table: which.
        hours: how long replaced files stay; shorter than a write or a reading takes, it would
            remove what is being written or read.
    """
    delta = DeltaTable.forPath(spark, table.path(settings))
    before = _detail(delta)
    compacted = before["numFiles"] >= FEWEST_FILES
    if compacted:
        tables.settle(partial(_compact, delta))
    conf = {
        RETENTION_CHECK: str(hours >= DEFAULT_HOURS).lower(),
        # Delta lists files in so many tasks, by default ten thousand, which keep writers waiting.
        LISTING_TASKS: str(spark.sparkContext.defaultParallelism),
    }
    with _set(spark, conf):
        delta.vacuum(hours)
    after = _detail(delta)
    return Maintained(
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
def _set(spark: SparkSession, conf: Mapping[str, str]) -> Iterator[None]:
    """Change the session's configuration for the length of the block."""
    before: dict[str, str | None] = {name: spark.conf.get(name, None) for name in conf}
    for name, value in conf.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, earlier in before.items():
            if earlier is None:
                spark.conf.unset(name)
            else:
                spark.conf.set(name, earlier)


if __name__ == "__main__":
    run_once(JOB, run)
