"""Courses: what they need and give. Rows of Δ courses; the fields follow schema.org/Course."""

from enum import StrEnum

from pydantic import Field

from streaming.contract.records import Id, Record, Versioned


class SkillLevel(StrEnum):
    """How well a skill is known, ascending; absent: unknown."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    EXPERT = "expert"


class CourseSkill(Record):
    """A skill that a course needs or gives."""

    skill: str = Field(min_length=1, description="its name, in the provider's words")
    level: SkillLevel | None = Field(default=None, description="at which level; absent: unknown")


class Course(Versioned):
    """Something that can be learned; the fields follow schema.org/Course."""

    course_id: Id = Field(description="the course's id")
    title: str = Field(description="its name")
    description: str | None = Field(default=None, description="its text, without markup")
    needs: list[CourseSkill] = Field(
        default=[], description="coursePrerequisites and competencyRequired"
    )
    gives: list[CourseSkill] = Field(
        default=[], description="teaches, about and educationalCredentialAwarded"
    )
    level: SkillLevel | None = Field(
        default=None, description="educationalLevel; of given skills that have none themselves"
    )
    provider: str | None = Field(default=None, description="who offers it")
    url: str | None = Field(default=None, description="where it can be read")
    language: str | None = Field(default=None, description="language it is held in, ISO 639-1")
    duration_hours: float | None = Field(default=None, ge=0, description="hours it takes")
    source: str | None = Field(default=None, description="where it came from")
