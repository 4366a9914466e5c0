"""Courses in the lake: each once, replaced by id, unchanged by the same file."""

import json

import pytest

from jobs.operations.table_import import read_table_file
from streaming.contract.learning.course import Course, CourseSkill, SkillLevel
from streaming.importing import ReadOptions
from streaming.lake.course_table import read_courses, write_courses
from streaming.settings import Settings

pytestmark = pytest.mark.spark


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home")


def test_courses_come_back_and_are_replaced_by_id(spark, settings):
    assert read_courses(spark, settings) == []
    skill = CourseSkill(skill="x", level=SkillLevel.EXPERT)
    one = Course(course_id="1", title="T", needs=[skill], gives=[skill], duration_hours=3.5)
    other = Course(course_id="2", title="U")

    first = write_courses(spark, settings, [other, one])
    assert write_courses(spark, settings, [one]) == first  # nothing changed
    assert read_courses(spark, settings) == [one, other]
    newer = one.model_copy(update={"title": "V"})
    assert write_courses(spark, settings, [newer]) > first
    assert read_courses(spark, settings) == [newer, other]


def test_a_file_is_imported_and_its_bad_rows_are_kept(spark, settings, tmp_path):
    file = tmp_path / "courses.jsonl"
    rows = [{"course_id": "1", "title": title} for title in ("T", "U")]
    file.write_text("\n".join([*map(json.dumps, rows), "no course"]))
    read = read_table_file(settings, file, Course, ReadOptions())
    write_courses(spark, settings, read.records)

    assert (read.read, read.repeated, read.rejected) == (3, 1, {"not-json": 1})
    assert json.loads(read.rejects.read_text())["raw"] == "no course"
    assert [course.title for course in read_courses(spark, settings)] == ["U"]
