"""The Delta tables of the lake: their columns, their places, and how they are read."""

from collections.abc import Iterator
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, BooleanType, StructField, StructType

from streaming.contract.audit_groups import GroupMembership
from streaming.contract.erasures import TopicFence
from streaming.contract.learning.course import Course
from streaming.contract.reaches import Reach
from streaming.contract.records import Event, Posting, Profile, Recommendation, Record
from streaming.contract.spark_types import spark_type
from streaming.errors import InputError
from streaming.settings import Settings
from streaming.spark.internals.delta_versions import current_version
from streaming.taxonomy.concept import Concept

MESSAGE_COLUMNS = tuple(
    StructType().add("partition", "integer").add("offset", "long").add("produced_at", "timestamp")
)
"""The Kafka message that a row was made of: its partition, offset and timestamp."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A Delta table. Each table has one writer."""

    name: str
    record: type[Record]
    """The record that a row holds."""
    keys: tuple[str, ...]
    """Columns that identify a row."""
    range_column: str | None = None
    """A column that grows as rows are added and is equal for equal keys. A merge compares a batch
    with the files of the batch's range only, not with the whole table."""
    extra_columns: tuple[StructField, ...] = MESSAGE_COLUMNS
    """Columns beside the record's."""

    @property
    def stats_columns(self) -> tuple[str, ...]:
        """Columns for which Delta keeps each file's least and greatest value."""
        columns = dict.fromkeys(filter(None, (*self.keys, self.range_column)))
        booleans = {one.name for one in self.schema() if isinstance(one.dataType, BooleanType)}
        return tuple(name for name in columns if name not in booleans)  # Delta has none of these

    def schema(self) -> StructType:
        """Return the table's columns. All are nullable, so that columns can be added later."""
        return StructType([*spark_type(self.record).fields, *self.extra_columns])

    def path(self, settings: Settings) -> str:
        """Return the table's path or URI."""
        return f"{settings.lake}/{self.name}"


EVENTS = Table(
    name="events",
    record=Event,
    keys=("candidate_id", "event_id", "event_time", "withdrawn"),
    range_column="event_time",
)
PROFILES = Table(
    name="profiles", record=Profile, keys=("candidate_id", "version"), range_column="version"
)
DECISIONS = Table(
    name="decisions", record=Recommendation, keys=("recommendation_id",), range_column="as_of"
)
SHADOWS = Table(
    name="shadows", record=Recommendation, keys=("recommendation_id",), range_column="as_of"
)
"""Lists of shadow rollouts, which nobody has seen. So those who count decisions need no filter."""
POSTINGS = Table(
    name="postings",
    record=Posting,
    keys=("posting_id",),
    extra_columns=(StructField("open", BooleanType()), *MESSAGE_COLUMNS),
)
OCCUPATIONS = Table(
    name="occupations", record=Concept, keys=("concept_id", "source"), extra_columns=()
)
SKILLS = Table(name="skills", record=Concept, keys=("concept_id", "source"), extra_columns=())
REACHES = Table(
    name="reaches", record=Reach, keys=("candidate_id", "profile_version"), extra_columns=()
)
ERASURES = Table(
    name="erasures", record=TopicFence, keys=("candidate_id", "topic"), extra_columns=()
)
COURSES = Table(name="courses", record=Course, keys=("course_id",), extra_columns=())
GROUPS = Table(
    name="groups", record=GroupMembership, keys=("candidate_id", "attribute"), extra_columns=()
)
"""Audit groups. No model and no job of the stream reads them."""
STREAMED_TABLES = (EVENTS, PROFILES, DECISIONS, SHADOWS, POSTINGS)
"""What the streaming jobs make and write."""
TABLES = (*STREAMED_TABLES, ERASURES, REACHES, OCCUPATIONS, SKILLS, COURSES, GROUPS)


def create(spark: SparkSession, settings: Settings, *tables: Table) -> None:
    """Create the tables that do not exist yet, empty; older ones get the columns that they lack."""
    for table in tables:
        path = table.path(settings)
        if current_version(spark, path) is not None:
            known = spark.read.format("delta").load(path).schema
            for column, kind in missing_columns(table.schema(), known):
                spark.sql(f"ALTER TABLE delta.`{path}` ADD COLUMNS ({column} {kind})")
            continue
        (
            DeltaTable.createIfNotExists(spark)
            .location(table.path(settings))
            .addColumns(table.schema())
            # Statistics of all columns took most of the time of the tasks that write.
            .property("delta.dataSkippingStatsColumns", ",".join(table.stats_columns))
            .execute()
        )


def missing_columns(
    wanted: StructType, known: StructType, within: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield the columns that a table lacks, also those in its objects: a dotted name and a type."""
    for field in wanted.fields:
        name = f"{within}{field.name}"
        if field.name not in known.names:
            yield name, field.dataType.simpleString()
            continue
        own, theirs, inner = field.dataType, known[field.name].dataType, f"{name}."
        while isinstance(own, ArrayType) and isinstance(theirs, ArrayType):
            own, theirs, inner = own.elementType, theirs.elementType, f"{inner}element."
        if isinstance(own, StructType) and isinstance(theirs, StructType):
            yield from missing_columns(own, theirs, inner)


def read(spark: SparkSession, settings: Settings, table: Table, version: int) -> DataFrame:
    """Read a table as it was at a version."""
    reader = spark.read.format("delta").option("versionAsOf", version)
    return reader.load(table.path(settings))


def version(spark: SparkSession, settings: Settings, table: Table) -> int:
    """Return the table's newest version.

    Raises:
        InputError: the table does not exist.
    """
    path = table.path(settings)
    newest = current_version(spark, path)
    if newest is None:
        raise InputError(f"there is no table {path}; `careerstream up` makes and fills it")
    return newest
