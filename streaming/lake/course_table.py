"""Δ courses: what can be learned, each course once."""

from collections.abc import Iterable

from delta.tables import DeltaTable
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.learning.course import Course
from streaming.lake import tables
from streaming.settings import Settings
from streaming.spark.internals.delta_versions import current_version


def write_courses(spark: SparkSession, settings: Settings, courses: Iterable[Course]) -> int:
    """Insert or replace courses by their ids; of equal ids the last one counts.

    Returns:
        The table's version. Without a change no version is made.
    """
    tables.create(spark, settings, tables.COURSES)
    known = {course.course_id: course for course in read_courses(spark, settings)}
    new = {course.course_id: course for course in courses}
    changed = [course for course_id, course in new.items() if known.get(course_id) != course]
    if changed:
        rows = [course.model_dump() for course in changed]
        (
            DeltaTable.forPath(spark, tables.COURSES.path(settings))
            .alias("old")
            .merge(
                spark.createDataFrame(rows, tables.COURSES.schema()).alias("new"),
                F.col("old.course_id") == F.col("new.course_id"),
            )
            .whenMatchedUpdateAll()
            .whenNotMatchedInsertAll()
            .execute()
        )
    return tables.version(spark, settings, tables.COURSES)


def read_courses(spark: SparkSession, settings: Settings) -> list[Course]:
    """Return all courses by id; none where the table does not exist."""
    if current_version(spark, tables.COURSES.path(settings)) is None:
        return []
    version = tables.version(spark, settings, tables.COURSES)
    rows = tables.read(spark, settings, tables.COURSES, version).orderBy("course_id").collect()
    return [Course.model_validate(row.asDict(recursive=True)) for row in rows]
