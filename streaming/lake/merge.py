"""Merges batches into the tables, idempotently: a repeated batch changes nothing.

Rows of events, profiles and decisions are only ever inserted. Rows of postings are updated where
the Kafka offset is higher.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from delta.exceptions import (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentWriteException,
)
from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.types import LongType

from streaming.contract.records import Posting
from streaming.contract.spark_types import spark_type
from streaming.errors import one_line
from streaming.lake.tables import POSTINGS, Table
from streaming.settings import Settings

CONFLICTS = (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentWriteException,
)
"""Errors of a write that another commit caused; Delta gives them no common parent."""
MAX_RETRIES = 5
"""Of a write; maintenance commits once in hours."""
log = logging.getLogger(__name__)


def row_columns(table: Table, **computed: Column) -> list[Column]:
    """Return the columns that make decoded messages rows of a table.

    `computed` are those that are neither the record's nor the message's.
    """
    message = {"produced_at": F.col("timestamp")}
    message |= {name: F.col(name) for name in ("partition", "offset")}
    return [
        (message | computed).get(name, F.col(f"record.{name}")).alias(name)
        for name in table.schema().names
    ]


def insert_new(rows: DataFrame, settings: Settings, table: Table) -> None:
    """Insert the rows whose keys are not in the table; among equal keys the first by offset.

    The table has a range column. The rows are read twice, so the caller persists them.
    """
    batch = _batch_range(rows, table)
    if batch is None:
        return
    same = [F.col(f"old.{key}").eqNullSafe(F.col(f"new.{key}")) for key in table.keys]
    # Delta skips the files that hold nothing within the range.
    same.append(F.col(f"old.{table.range_column}").between(batch.low, batch.high))
    files = int(str(rows.sparkSession.conf.get("spark.sql.shuffle.partitions")))
    new = rows.coalesce(files) if batch.distinct else _first_by_offset(rows, table)
    retry_on_conflict(
        DeltaTable.forPath(rows.sparkSession, table.path(settings))
        .alias("old")
        .merge(new.alias("new"), reduce(Column.__and__, same))
        .whenNotMatchedInsertAll()
        .execute
    )


def upsert_postings(rows: DataFrame, settings: Settings) -> None:
    """Bring the table of postings to the newest version of each; older ones change nothing.

    A withdrawn posting has only its id, `open` false and the message's columns.
    """
    offset_if_open = F.when(F.col("open"), F.col("offset"))
    state = ("open", "partition", "offset", "produced_at")
    newest = (
        rows.groupBy("posting_id")
        .agg(
            # A posting that is published and withdrawn in one batch keeps its content.
            F.coalesce(F.max_by(F.struct("*"), offset_if_open), F.first(F.struct("*"))).alias(
                "row"
            ),
            F.max_by(F.struct(*state), "offset").alias("last"),
            F.max("open").alias("has_content"),
        )
        .select(
            *(F.col("row")[name].alias(name) for name in spark_type(Posting).names),
            "last.*",
            "has_content",
        )
    )
    columns: dict[str, str | Column] = {name: f"new.{name}" for name in POSTINGS.schema().names}
    retry_on_conflict(
        DeltaTable.forPath(rows.sparkSession, POSTINGS.path(settings))
        .alias("old")
        .merge(newest.alias("new"), "old.posting_id = new.posting_id")
        .whenMatchedUpdate(
            "new.offset > old.offset AND NOT new.has_content",
            {name: columns[name] for name in state},
        )
        .whenMatchedUpdate("new.offset > old.offset", columns)
        .whenNotMatchedInsert("new.has_content", columns)
        .execute
    )


def retry_on_conflict(write: Callable[[], object]) -> None:
    """Execute an idempotent write, and again when another commit has come in between.

    The only other writer of a table is `maintain`, which replaces files by larger ones of the same
    rows. Delta fails a merge that has read such a file.

    Raises:
        PySparkException: one of `CONFLICTS`, after `MAX_RETRIES`.
    """
    for _ in range(MAX_RETRIES):
        try:
            write()
        except CONFLICTS as conflict:
            log.info("writing again: %s", one_line(conflict))
        else:
            return
    write()


@dataclass(frozen=True)
class _BatchRange:
    """The range column's extent in a batch, as literals, and whether all keys are distinct."""

    low: Column
    high: Column
    distinct: bool


def _batch_range(rows: DataFrame, table: Table) -> _BatchRange | None:
    """Return the range of a batch; None for an empty one.

    The bounds are read as text, in the session's UTC, because Python's times know neither the
    year 1 in every zone nor which of two hours is meant when clocks are put back.
    """
    if table.range_column is None:
        raise ValueError(f"table {table.name} has no range column")
    bounds = [bound(table.range_column).cast("string") for bound in (F.min, F.max)]
    # As a struct: Spark leaves out of the distinct ones whatever holds a null.
    counts = (F.count(F.lit(1)), F.count_distinct(F.struct(*table.keys)))
    row = rows.agg(*bounds, *counts).first()
    if row is None or row[0] is None:
        return None
    is_long = isinstance(rows.schema[table.range_column].dataType, LongType)
    literal = "{}L" if is_long else "TIMESTAMP'{}'"
    low, high = (F.expr(literal.format(bound)) for bound in row[:2])
    return _BatchRange(low, high, distinct=row[2] == row[3])


def _first_by_offset(rows: DataFrame, table: Table) -> DataFrame:
    row = F.min_by(F.struct("*"), F.struct("partition", "offset"))
    columns = (F.col("row")[name].alias(name) for name in table.schema().names)
    return rows.groupBy(*table.keys).agg(row.alias("row")).select(*columns)
