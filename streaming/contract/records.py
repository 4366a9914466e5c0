"""The records: what the values of each topic are.

These models are the only place where a field is declared. The Spark types (`spark_types`), the
decoder's checks (`field_rules`), the JSON Schemas and the AsyncAPI document (`documents`) are
derived from them.

Unknown fields are ignored, and null stands for an absent field. A missing required field or a wrong
type makes a dead letter. Times are RFC 3339; careerstream writes them in UTC with six decimals
(`streaming.timestamps`).
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)

from streaming.timestamps import format_timestamp

SCHEMA_VERSION = 1
"""Increased only if old consumers cannot read the new values; a new optional field keeps it."""

MIN_INT, MAX_INT = -(2**63), 2**63 - 1
MAX_FLOAT = sys.float_info.max
"""The limits of whole and of other numbers, which have 64 bits."""

ANONYMOUS = "*"
"""The key of the list for anonymous visitors."""


@dataclass(frozen=True)
class Reserved:
    """Annotates a text that must not be a certain one; pydantic calls the methods."""

    text: str
    meaning: str
    """What the text stands for instead."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return AfterValidator(self._checked).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        return {**handler(schema), "not": {"const": self.text}}

    def _checked(self, value: str) -> str:
        if value == self.text:
            raise ValueError(f"'{self.text}' stands for {self.meaning}")
        return value


MAX_ID_LENGTH = 200
Id = Annotated[str, Field(min_length=1, max_length=MAX_ID_LENGTH)]
PersonId = Annotated[Id, Reserved(ANONYMOUS, "anonymous visitors")]


class EventKind(StrEnum):
    """What a candidate can do with a posting."""

    IMPRESSION = "impression"
    VIEW = "view"
    SAVE = "save"
    APPLY = "apply"
    DISMISS = "dismiss"
    HIRE = "hire"


class ProfileEventKind(StrEnum):
    """The kinds of events that a profile holds: all but impressions."""

    VIEW = EventKind.VIEW.value
    SAVE = EventKind.SAVE.value
    APPLY = EventKind.APPLY.value
    DISMISS = EventKind.DISMISS.value
    HIRE = EventKind.HIRE.value


class SalaryUnit(StrEnum):
    """The period a salary is paid for (schema.org unitText)."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


class EmploymentType(StrEnum):
    """Kinds of contracts (schema.org employmentType) that a wish can name."""

    FULL_TIME = "FULL_TIME"
    PART_TIME = "PART_TIME"
    CONTRACTOR = "CONTRACTOR"
    TEMPORARY = "TEMPORARY"
    INTERN = "INTERN"


class WorkMode(StrEnum):
    """Where work is done, as far as the employer minds."""

    REMOTE = "remote"
    HYBRID = "hybrid"
    ON_SITE = "on_site"


class SaidField(StrEnum):
    """Lists of the stated part that a conversation adds to and takes from."""

    SKILLS = "skills"
    WISHES = "wishes"
    PLACES = "places"
    BLOCKED_EMPLOYERS = "blocked_employers"
    MUST = "must"


class MustField(StrEnum):
    """What a hard wish is about."""

    OCCUPATION = "occupation"
    SKILL = "skill"
    PLACE = "place"
    WORK_MODE = "work_mode"
    SALARY = "salary"
    CONTRACT = "contract"
    INDUSTRY = "industry"


class ReasonKind(StrEnum):
    """What a reason is based on."""

    EVENT = "event"
    STATED = "stated"
    POPULAR = "popular"
    FRESH = "fresh"


class Record(BaseModel):
    """A value or a part of one. It is immutable and ignores unknown fields."""

    # JSON has neither infinity nor NaN.
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Versioned(Record):
    """A value of a topic."""

    schema_version: int = Field(default=SCHEMA_VERSION, description="version of this contract")


class Event(Versioned):
    """One thing a candidate did with a posting."""

    event_id: Id = Field(description="the producer's own id; on import a stable hash of the row")
    candidate_id: PersonId = Field(description="who did it")
    posting_id: Id = Field(description="to which posting")
    kind: EventKind = Field(description="what was done")
    event_time: datetime = Field(description="when it was done, by the producer's clock")
    duration_seconds: float | None = Field(
        default=None, description="how long a view lasted, seconds"
    )
    recommendation_id: str | None = Field(
        default=None, description="the recommendation it came from"
    )
    rank: int | None = Field(
        default=None, description="the posting's place in that recommendation, from 1"
    )
    source: str | None = Field(
        default=None, description="where it came from; 'simulator' marks simulated events"
    )
    withdrawn: bool | None = Field(
        default=None,
        description="true takes the event of the same id and time back, whichever is read first; "
        "a dismissal or application that is taken back takes earlier ones of that posting with it",
    )


class Place(Record):
    """Where a posting's work is done (schema.org PostalAddress)."""

    locality: str | None = Field(default=None, description="town or city")
    region: str | None = Field(default=None, description="state, province or district")
    country: str | None = Field(default=None, description="country, name or ISO code")


class Salary(Record):
    """What a posting pays (schema.org MonetaryAmount)."""

    currency: str | None = Field(default=None, description="ISO 4217 code")
    minimum: float | None = Field(default=None, description="lower end, currency units per `unit`")
    maximum: float | None = Field(default=None, description="upper end, currency units per `unit`")
    unit: SalaryUnit | None = Field(default=None, description="the period it is paid for")


class Posting(Versioned):
    """An advertised position; the fields follow schema.org/JobPosting."""

    posting_id: Id = Field(description="the posting's id; also the Kafka key")
    title: str = Field(description="its title")
    description: str | None = Field(default=None, description="its text, without markup")
    employer: str | None = Field(default=None, description="who hires (hiringOrganization)")
    industry: str | None = Field(default=None, description="the employer's industry")
    occupation: str | None = Field(default=None, description="occupationalCategory")
    skills: list[str] = Field(default=[], description="skills asked for")
    employment_type: str | None = Field(default=None, description="FULL_TIME, PART_TIME, ...")
    education: str | None = Field(default=None, description="educationRequirements")
    experience: str | None = Field(default=None, description="experienceRequirements")
    place: Place | None = Field(default=None, description="where the work is done")
    salary: Salary | None = Field(default=None, description="what it pays")
    language: str | None = Field(default=None, description="language of the text, ISO 639-1")
    date_posted: datetime | None = Field(
        default=None, description="open from then on; absent: always was"
    )
    valid_through: datetime | None = Field(
        default=None, description="expired after that; absent: never"
    )
    url: str | None = Field(default=None, description="where it can be read")
    source: str | None = Field(
        default=None, description="where it came from; 'simulator' marks simulated postings"
    )


class Experience(Record):
    """A position that somebody holds or has held (schema.org OrganizationRole)."""

    title: str | None = Field(default=None, description="what it was called")
    employer: str | None = Field(default=None, description="where")
    place: Place | None = Field(default=None, description="where the work was done")
    start_date: datetime | None = Field(default=None, description="from when")
    end_date: datetime | None = Field(default=None, description="until when; absent: still")


class Must(Record):
    """A hard wish: a posting that does not say that it meets it is left out."""

    field: MustField = Field(description="what it is about")
    value: str = Field(
        description="a name in words; a work mode or an employment type; of pay the least amount "
        "with currency and period where they are known, such as '20000 CNY MONTH'"
    )
    excluded: bool | None = Field(
        default=None, description="true: a posting that says so is left out, and all others stay"
    )


class Saying(Record):
    """Something that was said in a conversation, and what it does to the stated part."""

    turn_id: str = Field(description="the turn of the topic conversations that says it")
    said_at: datetime = Field(description="when")
    field: SaidField = Field(description="the list it is about")
    value: str | None = Field(default=None, description="the entry of that list")
    must: Must | None = Field(default=None, description="the entry where the list is `must`")
    removes: bool | None = Field(
        default=None, description="true: the entry leaves the list; absent: it joins it"
    )
    withdrawn: bool | None = Field(
        default=None, description="true: it was taken back and counts no more"
    )


class SavedLists(Record):
    """Lists as the site saved them."""

    updated_at: datetime | None = Field(
        default=None, description="when they were saved; absent: nothing was saved"
    )
    skills: list[str] = Field(default=[], description="as in the stated part")
    wishes: list[str] = Field(default=[], description="as in the stated part")
    places: list[str] = Field(default=[], description="as in the stated part")
    blocked_employers: list[str] = Field(default=[], description="as in the stated part")
    must: list[Must] = Field(default=[], description="as in the stated part")


class Stated(Record):
    """The stated part: what candidates state about themselves."""

    updated_at: datetime = Field(description="when it was stated; the newest one counts")
    skills: list[str] = Field(default=[], description="skills, in the candidate's words")
    background: str | None = Field(default=None, description="education and experience")
    wishes: list[str] = Field(default=[], description="titles, fields or words wished for")
    goal: str | None = Field(
        default=None, description="the occupation that a plan is to lead to; lists ignore it"
    )
    places: list[str] = Field(default=[], description="where they would like to work")
    experience: list[Experience] = Field(default=[], description="positions held, in any order")
    language: str | None = Field(
        default=None, description="language reasons are written in, ISO 639-1"
    )
    blocked_employers: list[str] = Field(
        default=[], description="employers never to be recommended"
    )
    contactable: bool | None = Field(
        default=None, description="whether employers may see them in matches; absent: no"
    )
    must: list[Must] = Field(default=[], description="hard wishes, all of which are rules of lists")
    said: list[Saying] = Field(
        default=[],
        description="the newest 200 things said in conversations, oldest first; the lists hold "
        "their effect, and a site that saves the stated part without them does not undo them",
    )
    saved: SavedLists | None = Field(
        default=None, description="the lists without what was said; only where something was said"
    )
    source: str | None = Field(
        default=None, description="where it came from; 'simulator' marks simulated candidates"
    )


class Candidate(Stated, Versioned):
    """The value of the topic `candidates`: a stated part and whose it is."""

    candidate_id: PersonId = Field(description="whose stated part this is; also the Kafka key")


class TriggeredBy(Record):
    """The record that caused a change, for measuring latency."""

    event_id: str | None = Field(default=None, description="the event; absent for a stated part")
    produced_at: datetime = Field(description="the Kafka timestamp of that record")


class Offsets(Record):
    """The highest source offset per topic among the records in a profile."""

    events: int | None = Field(default=None, description="of the topic events")
    candidates: int | None = Field(default=None, description="of the topic candidates")


class ProfileEvent(Record):
    """An event in a profile."""

    event_id: str = Field(description="the event's id")
    posting_id: str = Field(description="the posting")
    kind: ProfileEventKind = Field(description="what was done")
    event_time: datetime = Field(description="when")
    duration_seconds: float | None = Field(default=None, description="seconds a view lasted")
    offset: int = Field(description="its first offset in the topic events")


class WithdrawnEvent(Record):
    """An event that was taken back."""

    event_id: str = Field(description="the event's id")
    posting_id: str = Field(description="the posting")
    kind: ProfileEventKind = Field(description="what was done")
    event_time: datetime = Field(description="when it was done")
    offset: int = Field(description="offset of the withdrawal in the topic events")


class MarkedPosting(Record):
    """A posting that the candidate applied to or dismissed."""

    posting_id: str = Field(description="the posting")
    event_time: datetime = Field(description="when, at the latest")
    offset: int = Field(description="first offset of that event in the topic events")


class Profile(Versioned):
    """The stated part and the recent events of a candidate, folded (`streaming.profiles.fold`)."""

    candidate_id: Id = Field(description="whose profile; also the Kafka key")
    version: int = Field(description="grows with each change; ignore older ones")
    offsets: Offsets = Field(description="what the version is computed from")
    as_of: datetime = Field(description="the newest time in the profile")
    stated: Stated | None = Field(default=None, description="the newest stated part")
    events: list[ProfileEvent] = Field(
        description="the newest 50 events other than impressions, oldest first"
    )
    applied: list[MarkedPosting] = Field(
        description="the newest 500 applied to (or hired for), oldest first"
    )
    dismissed: list[MarkedPosting] = Field(description="the newest 500 dismissed, oldest first")
    withdrawn: list[WithdrawnEvent] = Field(
        default=[], description="the newest 500 events that were taken back, oldest first"
    )
    triggered_by: TriggeredBy | None = Field(
        default=None, description="the oldest record that this version was made for"
    )


class Reason(Record):
    """Why a posting is in a recommendation."""

    kind: ReasonKind = Field(description="what the reason is based on")
    text: str = Field(description="the reason in words for people")
    posting_id: str | None = Field(default=None, description="the earlier posting it is based on")
    words: list[str] = Field(default=[], description="the words or skills it is based on")


class Item(Record):
    """One item of a recommendation."""

    rank: int = Field(description="from 1")
    posting_id: str = Field(description="the posting")
    score: float = Field(description="the model's score; higher is better, one list only")
    valid_through: datetime | None = Field(
        default=None, description="do not show it after that; absent: never expires"
    )
    reasons: list[Reason] = Field(description="at least one")
    source: str | None = Field(default=None, description="what the model retrieved it by")
    probability: float | None = Field(
        default=None, ge=0, le=1, description="that the candidate's next turn is to it, calibrated"
    )


class RolloutArm(StrEnum):
    """Which model made a list of a rollout."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    SHADOW = "shadow"


class RolloutAssignment(Record):
    """Which model of a rollout made a list."""

    rollout_id: str = Field(description="of the rollout that was on")
    arm: RolloutArm = Field(description="shadow: the challenger's list that nobody sees")
    propensity: float = Field(
        ge=0, le=1, description="the probability that this candidate got a list of this arm"
    )


class ShuffleAssignment(Record):
    """Whether the first ten items of a list stand in a random order."""

    shuffled: bool = Field(
        description="true: in a random order, which the list's id decides; every order was equally "
        "likely. false: in the model's"
    )
    propensity: float = Field(
        ge=0, le=1, description="the probability with which the list was to be shuffled"
    )


class Recommendation(Versioned):
    """A ranked list of postings for one profile version, by one model, over one catalogue."""

    recommendation_id: str = Field(
        description="hash of candidate, profile, model and catalogue versions, rollout, and "
        "propensity of a shuffle"
    )
    candidate_id: Id = Field(description="for whom; '*' for anonymous visitors")
    personal: bool = Field(description="false for the popular list under '*'")
    profile_version: int = Field(description="of the profile; under '*' it grows with as_of")
    model_name: str = Field(description="registered model")
    model_version: str = Field(description="its version")
    catalogue_version: int = Field(description="version of the table of postings")
    as_of: datetime = Field(description="the time at which postings are open or expired")
    items: list[Item] = Field(
        description="best first, unless `shuffle` says otherwise; empty when nothing fits"
    )
    triggered_by: TriggeredBy | None = Field(
        default=None, description="copied from the profile, to measure latency"
    )
    rollout: RolloutAssignment | None = Field(
        default=None, description="the rollout that the candidate is in, if one is on"
    )
    shuffle: ShuffleAssignment | None = Field(
        default=None, description="only while a share of the lists is shuffled"
    )


class MatchedCandidate(Record):
    """A candidate in a posting's matches."""

    rank: int = Field(description="from 1")
    candidate: str = Field(
        description="an id that stands for them beside this posting alone; their own id once they "
        "have applied to it"
    )
    disclosed: bool = Field(description="whether it is their own id")
    score: float = Field(description="probability · requirement · activity; higher is better")
    activity: float = Field(
        ge=0,
        description="how much they did lately: the number of their events, halved with each "
        "half-life (match.activity_half_life_days) up to the match's as_of",
    )
    probability: float = Field(ge=0, le=1, description="that their next turn is to the posting")
    requirement: float = Field(
        ge=0, le=1, description="how much of what the posting asks for they have"
    )
    met: list[str] = Field(default=[], description="skills that it asks for and they have")
    missing: list[str] = Field(default=[], description="skills that it asks for beyond these")
    reasons: list[Reason] = Field(description="why they are here; at least one")
    profile_version: int = Field(description="of the profile")
    as_of: datetime = Field(description="of the profile")


class Match(Versioned):
    """Ranked candidates for one posting, by one model over one catalogue."""

    match_id: str = Field(description="hash of the posting, its candidates and the versions")
    posting_id: str = Field(description="for which posting; also the Kafka key")
    model_name: str = Field(description="registered model")
    model_version: str = Field(description="its version")
    catalogue_version: int = Field(description="version of the table of postings")
    as_of: datetime = Field(description="the newest of the profiles'")
    candidates: list[MatchedCandidate] = Field(description="best first; empty: nobody fits")


def to_json(record: Record) -> bytes:
    """Return a record as a topic's value; equal records are equal bytes.

    Fields keep their declared order, absent ones are left out, and times are canonical
    (`streaming.timestamps`). A time without a zone is UTC.

    Raises:
        ValueError: a time is outside the years 1 to 9999 in UTC, or a number beyond 64 bits.
    """
    values = record.model_dump(exclude_none=True)
    try:
        return orjson.dumps(values, default=_time_text, option=orjson.OPT_PASSTHROUGH_DATETIME)
    except orjson.JSONEncodeError as error:
        raise ValueError(f"it cannot be written as JSON: {error}") from error


def _time_text(value: Any) -> str:
    moment: datetime = value
    return format_timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
