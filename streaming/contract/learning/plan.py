"""Plans: the way from what a candidate has to the occupation that they wish for."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from streaming.contract.learning.course import CourseSkill
from streaming.contract.records import PersonId, Record, Versioned


class PlanTrouble(StrEnum):
    """Why a plan has no steps that lead to its goal."""

    UNKNOWN_GOAL = "unknown_goal"
    GOAL_WITHOUT_SKILLS = "goal_without_skills"
    REACHED = "reached"
    NO_COURSES = "no_courses"
    NOTHING_LEADS = "nothing_leads"


class PlanOccupation(Record):
    """An occupation of the taxonomy."""

    concept_id: str = Field(description="its id in the taxonomy")
    name: str = Field(description="its name, in the candidate's language")


class PlanSkill(Record):
    """A skill of the goal that the candidate has."""

    skill: str = Field(description="its name")
    stated: bool = Field(description="false: not stated; a position that they held needs it")


class MissingSkill(Record):
    """A skill of the goal that the candidate lacks."""

    skill: str = Field(description="its name")
    postings: int = Field(description="open postings that ask for it")
    covered: bool = Field(description="whether courses lead to it")


class PlanStep(Record):
    """A course to take, or an occupation that is reached."""

    course_id: str | None = Field(default=None, description="the course; absent: an occupation")
    title: str | None = Field(default=None, description="the course's name")
    provider: str | None = Field(default=None, description="who offers it")
    hours: float | None = Field(default=None, description="how long it takes")
    url: str | None = Field(default=None, description="where it can be read")
    occupation: str | None = Field(default=None, description="the occupation's name")
    gives: list[CourseSkill] = Field(
        default=[], description="skills that are new, or are known at a higher level, after it"
    )
    in_reach: int = Field(description="open postings within reach after it")
    more: int = Field(description="postings that came within reach by it")


class PlanVersions(Record):
    """What a plan was made with."""

    postings: int = Field(description="version of Δ postings")
    courses: int | None = Field(default=None, description="version of Δ courses; absent: none yet")
    profiles: int | None = Field(
        default=None, description="version of Δ profiles, whose careers say what people go on to"
    )
    taxonomy: str = Field(description="source of the taxonomy")
    taxonomy_version: str = Field(description="hash of its content")


class Plan(Versioned):
    """The way to an occupation, for one candidate, over the postings of one catalogue."""

    plan_id: str = Field(description="hash of candidate, goal, stated part, versions and as_of")
    candidate_id: PersonId = Field(description="whose plan it is; also the Kafka key")
    goal: str = Field(description="the goal, in words")
    occupation: PlanOccupation | None = Field(
        default=None, description="the occupation that the goal names; absent: it names none"
    )
    trouble: PlanTrouble | None = Field(default=None, description="why no steps lead to the goal")
    text: str | None = Field(default=None, description="the trouble in one line of English")
    nearest: list[str] = Field(
        default=[], description="occupations that the goal may mean, where it names none"
    )
    held: list[str] = Field(default=[], description="occupations of the positions held")
    had: list[PlanSkill] = Field(default=[], description="skills of the goal that are had")
    missing: list[MissingSkill] = Field(
        default=[], description="skills of the goal that are missing, the most asked for first"
    )
    steps: list[PlanStep] = Field(default=[], description="courses and occupations, in order")
    postings: int = Field(default=0, description="open postings that name skills")
    postings_without_skills: int = Field(default=0, description="open postings that name none")
    in_reach: int = Field(default=0, description="postings within reach before the first step")
    courses: int = Field(default=0, description="courses that there are")
    needing_themselves: list[str] = Field(
        default=[], description="courses that need what only they give, and are left out"
    )
    versions: PlanVersions = Field(description="what it was made with")
    as_of: datetime = Field(description="postings open then count")
