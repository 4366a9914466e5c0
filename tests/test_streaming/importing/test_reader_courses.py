"""Courses are read from JSON-LD, JSON lines and CSV; what is none is rejected with its reason."""

import json

import pytest

from streaming.contract.learning.course import Course, CourseSkill, SkillLevel
from streaming.errors import InputError
from streaming.importing import (
    ReadOptions,
    RejectedRow,
    RejectionReason,
    Row,
    SourceFile,
    read_rows,
)
from streaming.importing.parsers.durations import parse_hours

B, I, E = SkillLevel  # noqa: E741 - the levels, in order
FULL = {
    "@context": "https://schema.org",
    "@type": "Course",
    "name": "Data&nbsp;engineering",
    "description": "<p>Pipelines.</p>",
    "identifier": "DE-1",
    "provider": {"@type": "Organization", "name": "Example School"},
    "url": "https://example.org/de-1",
    "inLanguage": "en-GB",
    "educationalLevel": "Intermediate",
    "timeRequired": "PT30H",
    "coursePrerequisites": [
        "Python (intermediate), SQL",
        {"@type": "Course", "name": "Linux 1", "teaches": ["Linux"]},
        {"@type": "Course", "name": "Statistics"},
    ],
    "competencyRequired": {"@type": "DefinedTerm", "name": "Git", "educationalLevel": "beginner"},
    "teaches": ["Spark (advanced)", {"@type": "DefinedTerm", "name": "Kafka"}],
    "about": {"@type": "Thing", "name": "kafka"},
    "educationalCredentialAwarded": "Certified Data Engineer",
}


def read(tmp_path, *lines, **options):
    file = tmp_path / "courses.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return list(read_rows(Course, SourceFile(file), ReadOptions(**options)))


def skills(*pairs):
    return [CourseSkill(skill=skill, level=level) for skill, level in pairs]


def test_a_full_course(tmp_path):
    [row] = read(tmp_path, FULL)

    assert row.key == "DE-1"
    assert row.record == Course(
        course_id="DE-1",
        title="Data engineering",
        description="Pipelines.",
        needs=skills(
            ("Python", I), ("SQL", None), ("Linux", None), ("Statistics", None), ("Git", B)
        ),
        gives=skills(("Spark", E), ("kafka", None), ("Certified Data Engineer", None)),
        level=I,
        provider="Example School",
        url="https://example.org/de-1",
        language="en",
        duration_hours=30,
    )


def test_courses_of_a_graph_refer_to_each_other(tmp_path):
    rows = read(
        tmp_path,
        {
            "@graph": [
                {"@id": "https://example.org/a", "@type": "Course", "name": "A", "teaches": "Java"},
                {
                    "@id": "https://example.org/b",
                    "@type": "Course",
                    "name": "B",
                    "coursePrerequisites": {"@id": "https://example.org/a"},
                    "hasCourseInstance": {"courseWorkload": "2 weeks"},
                },
            ]
        },
    )

    assert [row.key for row in rows] == ["https://example.org/a", "https://example.org/b"]
    assert rows[1].record.needs == skills(("Java", None))
    assert rows[1].record.duration_hours == 80


@pytest.mark.parametrize(
    ("line", "reason", "text"),
    [
        ({"@type": "Person", "name": "x"}, RejectionReason.NOT_A_COURSE, "@type: Person"),
        ({"@type": "Course"}, RejectionReason.MISSING_FIELD, "field name is missing"),
        ({"course_id": "1"}, RejectionReason.MISSING_FIELD, "field title is missing"),
        ({"course_id": "1", "title": "T", "needs": "x"}, RejectionReason.WRONG_TYPE, "needs"),
        (
            {"course_id": "1", "title": "T", "needs": [{"skill": "x", "level": "some"}]},
            RejectionReason.WRONG_VALUE,
            "needs.0.level",
        ),
        (
            {"course_id": "1", "title": "T", "duration_hours": "soon"},
            RejectionReason.WRONG_VALUE,
            "'soon' is no duration",
        ),
        (
            {"course_id": "1", "title": "T", "duration_hours": -1},
            RejectionReason.WRONG_VALUE,
            "duration_hours",
        ),
    ],
)
def test_what_is_no_course_is_rejected(tmp_path, line, reason, text):
    [rejected, taken] = read(tmp_path, line, {"course_id": "2", "title": "T", "schema_version": 1})

    assert isinstance(rejected, RejectedRow)
    assert rejected.reason == reason
    assert text in rejected.text
    assert isinstance(taken, Row)


def test_own_lines_may_give_texts(tmp_path):
    own = {
        "course_id": "1",
        "title": "T",
        "level": "Beginner to advanced",
        "duration_hours": "3 days",
        "gives": [{"skill": "x", "level": "expert"}],
    }
    [row] = read(tmp_path, own)

    assert (row.record.level, row.record.duration_hours) == (E, 24)
    assert row.record.gives == skills(("x", E))


def test_a_table_with_a_mapping(tmp_path):
    file = tmp_path / "courses.csv"
    file.write_text(
        "Id,Name,Before,After,Hours\n1,Excel,,Excel (basic); Office,12\n2,VBA,Excel,VBA,x\n"
    )
    flags = ("course_id=Id", "title=Name", "needs=Before", "gives=After", "duration_hours=Hours")
    good, bad = read_rows(Course, SourceFile(file), ReadOptions(mapping=flags))

    assert good.record.gives == skills(("Excel", B), ("Office", None))
    assert (good.record.needs, good.record.duration_hours) == ([], 12)
    assert bad.text.startswith("field duration_hours (column Hours): 'x' is no duration")
    with pytest.raises(InputError, match="a course has no field skills"):
        list(read_rows(Course, SourceFile(file), ReadOptions(mapping=("skills=After",))))


@pytest.mark.parametrize(
    ("text", "hours"),
    [("PT1H30M", 1.5), ("P2W", 80), ("P1D", 8), ("90 min", 1.5), ("3 weeks", 120), ("7.5", 7.5)],
)
def test_durations(text, hours):
    assert parse_hours(text) == hours


@pytest.mark.parametrize("text", ["", "P", "PT", "soon", "3 fortnights", "1.2.3 h"])
def test_no_durations(text):
    with pytest.raises(ValueError, match="is no"):
        parse_hours(text)
