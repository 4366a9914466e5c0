"""The lake: Delta tables of what stood on the topics, written idempotently.

One writer per table. Every write is an insert-only merge or a merge guarded by the Kafka offset, so
that repeating a batch changes nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from delta.exceptions import (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentWriteException,
)
from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.types import (
    BooleanType,
    IntegerType,
    LongType,
    StructField,
    StructType,
    TimestampType,
)

from streaming.contract.records import Event, Posting, Profile, Recommendation, Versioned
from streaming.contract.schemas import spark_type
from streaming.errors import InputError, one_line
from streaming.settings import Settings

MESSAGE_COLUMNS = (
    StructField("partition", IntegerType()),
    StructField("offset", LongType()),
    StructField("produced_at", TimestampType()),
)
"""The Kafka message that a row was made of: where it stood and its timestamp."""
CONFLICTS = (
    ConcurrentAppendException,
    ConcurrentDeleteDeleteException,
    ConcurrentDeleteReadException,
    ConcurrentWriteException,
)
"""What another commit can make of a write; Delta gives them no parent of their own."""
MOST_CONFLICTS = 5
"""So often a write is repeated because of another commit; maintenance makes one in hours."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A Delta table: its name, the record of its rows, and what makes a row one of its kind."""

    name: str
    record: type[Versioned]
    keys: tuple[str, ...]
    grows: str | None = None
    """A column that rows of one key agree in, and that is about as new as the row: where to look
    for a row without reading the whole table."""
    extra: tuple[StructField, ...]
    """Columns beside the record's: where the message stood and when it was produced."""

    @property
    def looked_up_by(self) -> tuple[str, ...]:
        """The columns that rows are looked for by."""
        return tuple(dict.fromkeys((*self.keys, *((self.grows,) if self.grows else ()))))

    def schema(self) -> StructType:
        """The table's columns; all nullable, so that a later one can be added."""
        return StructType([*spark_type(self.record).fields, *self.extra])

    def path(self, settings: Settings) -> str:
        """Where it stands."""
        return f"{settings.lake}/{self.name}"


EVENTS = Table(
    name="events",
    record=Event,
    keys=("candidate_id", "event_id", "event_time"),
    grows="event_time",
    extra=MESSAGE_COLUMNS,
)
PROFILES = Table(
    name="profiles",
    record=Profile,
    keys=("candidate_id", "version"),
    grows="version",
    extra=MESSAGE_COLUMNS,
)
DECISIONS = Table(
    name="decisions",
    record=Recommendation,
    keys=("recommendation_id",),
    grows="as_of",
    extra=MESSAGE_COLUMNS,
)
POSTINGS = Table(
    name="postings",
    record=Posting,
    keys=("posting_id",),
    extra=(StructField("open", BooleanType()), *MESSAGE_COLUMNS),
)
TABLES = (EVENTS, PROFILES, DECISIONS, POSTINGS)


def create(spark: SparkSession, settings: Settings, *tables: Table) -> None:
    """Create the tables that do not exist yet, empty."""
    for table in tables:
        (
            DeltaTable.createIfNotExists(spark)
            .location(table.path(settings))
            .addColumns(table.schema())
            # Of every column that it is not told to leave out, Delta looks for the least and the
            # greatest value as it writes, which took most of the task that writes.
            .property("delta.dataSkippingStatsColumns", ",".join(table.looked_up_by))
            .execute()
        )


def read(spark: SparkSession, settings: Settings, table: Table, version: int) -> DataFrame:
    """Read a table as it was at a version."""
    reader = spark.read.format("delta").option("versionAsOf", version)
    return reader.load(table.path(settings))


def version(spark: SparkSession, settings: Settings, table: Table) -> int:
    """Return the table's newest version, from its log alone: a few milliseconds.

    Raises:
        InputError: there is no such table.
    """
    jvm: Any = spark._jvm  # noqa: SLF001 - Delta's own Python offers history(), a Spark job
    session = spark._jsparkSession  # noqa: SLF001
    path, none = table.path(settings), jvm.scala.Option.empty()
    log = jvm.org.apache.spark.sql.delta.DeltaLog.forTable(session, path)
    newest = int(log.update(False, none, none).version())  # noqa: FBT003 - not a stale one
    if newest < 0:
        raise InputError(f"there is no table {path}; `careerstream up` makes and fills it")
    return newest


def insert_new(rows: DataFrame, settings: Settings, table: Table) -> None:
    """Insert the rows whose keys the table does not hold; of equal ones the first by offset.

    Args:
        rows: the table's columns; read twice, so better kept.
        settings: say where the table is.
        table: one that grows by some column.
    """
    extent = _extent(rows, table)
    if extent is None:
        return
    same = [F.col(f"held.{key}") == F.col(f"new.{key}") for key in table.keys]
    # Delta skips the files that hold nothing within; the batch would be compared with all.
    same.append(F.col(f"held.{table.grows}").between(extent.low, extent.high))
    files = int(str(rows.sparkSession.conf.get("spark.sql.shuffle.partitions")))
    new = rows.coalesce(files) if extent.distinct else _first(rows, table)
    settle(
        DeltaTable.forPath(rows.sparkSession, table.path(settings))
        .alias("held")
        .merge(new.alias("new"), reduce(Column.__and__, same))
        .whenNotMatchedInsertAll()
        .execute
    )


def _first(rows: DataFrame, table: Table) -> DataFrame:
    """Keep of rows with equal keys the first by offset."""
    row = F.min_by(F.struct("*"), F.struct("partition", "offset"))
    columns = (F.col("row")[name].alias(name) for name in table.schema().names)
    return rows.groupBy(*table.keys).agg(row.alias("row")).select(*columns)


@dataclass(frozen=True)
class _Extent:
    """What must be known of some rows before they are compared with a table's."""

    low: Column
    """The least value of the column that the table grows by, as a literal."""
    high: Column
    """The greatest."""
    distinct: bool
    """Whether no two rows have the same keys; then, as mostly, none need to be brought together."""


def _extent(rows: DataFrame, table: Table) -> _Extent | None:
    """Look through the rows; None where there are none.

    The ends pass through text, in the session's UTC: Python's times know neither the year 1 in
    every zone nor which of two hours is meant when clocks are put back.
    """
    if table.grows is None:
        raise ValueError(f"table {table.name} grows by no column")
    ends = [end(table.grows).cast("string") for end in (F.min, F.max)]
    counts = (F.count(F.lit(1)), F.count_distinct(*map(F.col, table.keys)))
    found = rows.agg(*ends, *counts).first()
    if found is None or found[0] is None:
        return None
    form = "{}L" if isinstance(rows.schema[table.grows].dataType, LongType) else "TIMESTAMP'{}'"
    low, high = (F.expr(form.format(end)) for end in found[:2])
    return _Extent(low, high, distinct=found[2] == found[3])


def upsert_postings(rows: DataFrame, settings: Settings) -> None:
    """Bring the table of postings to the newest version of each; older ones change nothing.

    Args:
        rows: the columns of `POSTINGS`; a withdrawn posting has only its id, `open` false and where
            the message stood.
        settings: say where the table is.
    """
    told = F.when(F.col("open"), F.col("offset"))
    newest = (
        rows.groupBy("posting_id")
        .agg(
            # A posting told and withdrawn in one batch keeps what was told.
            F.coalesce(F.max_by(F.struct("*"), told), F.first(F.struct("*"))).alias("row"),
            F.max_by(F.struct("open", "partition", "offset", "produced_at"), "offset").alias(
                "last"
            ),
            F.max("open").alias("told"),
        )
        .select(
            *(F.col("row")[name].alias(name) for name in spark_type(Posting).names),
            "last.*",
            "told",
        )
    )
    columns: dict[str, str | Column] = {name: f"new.{name}" for name in POSTINGS.schema().names}
    place = {name: columns[name] for name in ("open", "partition", "offset", "produced_at")}
    settle(
        DeltaTable.forPath(rows.sparkSession, POSTINGS.path(settings))
        .alias("held")
        .merge(newest.alias("new"), "held.posting_id = new.posting_id")
        .whenMatchedUpdate("new.offset > held.offset AND NOT new.told", place)
        .whenMatchedUpdate("new.offset > held.offset", columns)
        .whenNotMatchedInsert("new.told", columns)
        .execute
    )


def settle(write: Callable[[], object]) -> None:
    """Do a write that may be repeated; again when another commit has come in between.

    The only other writer of a table is `maintain`, which replaces files by larger ones of the same
    rows. Delta fails a merge that has read such a file.

    Args:
        write: without effect when it is repeated.

    Raises:
        PySparkException: one of `CONFLICTS`, again and again.
    """
    for _ in range(MOST_CONFLICTS):
        try:
            write()
        except CONFLICTS as conflict:
            log.info("writing again: %s", one_line(conflict))
        else:
            return
    write()
