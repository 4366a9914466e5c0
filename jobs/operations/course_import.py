"""A file of courses → Δ courses.

Guarantee: each row is written once, or to a file of rejected rows with its reason. Importing a file
twice changes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from streaming.contract.course import Course
from streaming.importing import ReadOptions, RejectedRow, Row, SourceFile, read_rows
from streaming.importing.reject_file import RejectFile
from streaming.lake.course_table import write_courses
from streaming.lake.tables import COURSES
from streaming.settings import Settings


@dataclass(frozen=True, kw_only=True)
class CourseFile:
    """What was read: read = written + repeated + rejected."""

    courses: Sequence[Course]
    """The last row of each id."""
    read_as: str
    read: int
    repeated: int
    rejected: dict[str, int]
    """By reason code."""
    rejects: Path | None


def read_course_file(settings: Settings, file: Path, options: ReadOptions) -> CourseFile:
    """Read a file of courses, and write the rows that are none to HOME/rejected.

    Raises:
        InputError: the file as a whole cannot be read.
    """
    source = SourceFile(file, options.encoding)
    courses: dict[str, Course] = {}
    counts, rejected = Counter[str](), Counter[str]()
    with RejectFile(settings, file, COURSES.name) as rejects:
        for result in read_rows(Course, source, options):
            counts["read"] += 1
            if isinstance(result, Row) and isinstance(result.record, Course):
                counts["repeated"] += result.key in courses
                courses[result.key] = result.record
            elif isinstance(result, RejectedRow):
                rejected[str(result.reason)] += 1
                rejects.write(result)
        path = rejects.path
    return CourseFile(
        courses=list(courses.values()),
        read_as=source.read_as,
        read=counts["read"],
        repeated=counts["repeated"],
        rejected=dict(rejected),
        rejects=path,
    )


def import_courses(spark: SparkSession, settings: Settings, read: CourseFile) -> int:
    """Write courses that were read.

    Returns:
        The version of Δ courses that holds them.
    """
    return write_courses(spark, settings, read.courses)
