"""The records: what the values of each topic are.

`python -m infra.client_source` writes this file from careerstream's contract. Do not edit it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from careerstream_client.wire import (
    Record,
    TopicRecord,
    enum_reader,
    id_reader,
    object_of,
    optional,
    optional_objects,
    optional_text,
    read_flag,
    read_float,
    read_int,
    read_texts,
    read_time,
    required,
    required_objects,
    required_text,
    version_reader,
)

SCHEMA_VERSION = 1
"""The version of the contract, in every value."""

ANONYMOUS = "*"
"""The key of the list for anonymous visitors."""

MAX_VALUE_BYTES = 1_048_576
"""How large a value may be."""


class SalaryUnit(StrEnum):
    """The period a salary is paid for (schema.org unitText)."""

    HOUR = "HOUR"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


class MustField(StrEnum):
    """What a hard wish is about."""

    OCCUPATION = "occupation"
    SKILL = "skill"
    PLACE = "place"
    WORK_MODE = "work_mode"
    SALARY = "salary"
    CONTRACT = "contract"
    INDUSTRY = "industry"


class SaidField(StrEnum):
    """Lists of the stated part that a conversation adds to and takes from."""

    SKILLS = "skills"
    WISHES = "wishes"
    PLACES = "places"
    BLOCKED_EMPLOYERS = "blocked_employers"
    MUST = "must"


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

    VIEW = "view"
    SAVE = "save"
    APPLY = "apply"
    DISMISS = "dismiss"
    HIRE = "hire"


class ReasonKind(StrEnum):
    """What a reason is based on."""

    EVENT = "event"
    STATED = "stated"
    POPULAR = "popular"
    FRESH = "fresh"


class RolloutArm(StrEnum):
    """Which model made a list of a rollout."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    SHADOW = "shadow"


class PlanTrouble(StrEnum):
    """Why a plan has no steps that lead to its goal."""

    UNKNOWN_GOAL = "unknown_goal"
    GOAL_WITHOUT_SKILLS = "goal_without_skills"
    REACHED = "reached"
    NO_COURSES = "no_courses"
    NOTHING_LEADS = "nothing_leads"


class SkillLevel(StrEnum):
    """How well a skill is known, ascending; absent: unknown."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    EXPERT = "expert"


class SectionKind(StrEnum):
    """What a sentence of a posting is about."""

    GLANCE = "glance"
    DUTIES = "duties"
    MUST = "must"
    NICE = "nice"
    OFFER = "offer"
    EMPLOYER = "employer"
    APPLICATION = "application"
    OTHER = "other"


class ModelOutcome(StrEnum):
    """What became of the text of a language model."""

    WRITTEN = "written"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class Speaker(StrEnum):
    """Who says something."""

    CANDIDATE = "candidate"
    CAREERSTREAM = "careerstream"


_VERSION = version_reader(SCHEMA_VERSION)
_ID = id_reader(200)
_PERSON_ID = id_reader(200, reserved=ANONYMOUS, meaning="anonymous visitors")
_SALARYUNIT = enum_reader(SalaryUnit)
_MUSTFIELD = enum_reader(MustField)
_SAIDFIELD = enum_reader(SaidField)
_EVENTKIND = enum_reader(EventKind)
_PROFILEEVENTKIND = enum_reader(ProfileEventKind)
_REASONKIND = enum_reader(ReasonKind)
_ROLLOUTARM = enum_reader(RolloutArm)
_PLANTROUBLE = enum_reader(PlanTrouble)
_SKILLLEVEL = enum_reader(SkillLevel)
_SECTIONKIND = enum_reader(SectionKind)
_MODELOUTCOME = enum_reader(ModelOutcome)
_SPEAKER = enum_reader(Speaker)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Record):
    """Where a posting's work is done (schema.org PostalAddress)."""

    locality: str | None = None
    """town or city"""
    region: str | None = None
    """state, province or district"""
    country: str | None = None
    """country, name or ISO code"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            locality=optional_text(document, "locality"),
            region=optional_text(document, "region"),
            country=optional_text(document, "country"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Salary(Record):
    """What a posting pays (schema.org MonetaryAmount)."""

    currency: str | None = None
    """ISO 4217 code"""
    minimum: float | None = None
    """lower end, currency units per `unit`"""
    maximum: float | None = None
    """upper end, currency units per `unit`"""
    unit: SalaryUnit | None = None
    """the period it is paid for"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            currency=optional_text(document, "currency"),
            minimum=optional(document, "minimum", read_float),
            maximum=optional(document, "maximum", read_float),
            unit=optional(document, "unit", _SALARYUNIT),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting(TopicRecord):
    """An advertised position; the fields follow schema.org/JobPosting."""

    TOPIC: ClassVar[str] = "postings"
    KEY: ClassVar[str] = "posting_id"

    schema_version: int = SCHEMA_VERSION
    """version of this contract"""
    posting_id: str
    """the posting's id; also the Kafka key"""
    title: str
    """its title"""
    description: str | None = None
    """its text, without markup"""
    employer: str | None = None
    """who hires (hiringOrganization)"""
    industry: str | None = None
    """the employer's industry"""
    occupation: str | None = None
    """occupationalCategory"""
    skills: tuple[str, ...] = ()
    """skills asked for"""
    employment_type: str | None = None
    """FULL_TIME, PART_TIME, ..."""
    education: str | None = None
    """educationRequirements"""
    experience: str | None = None
    """experienceRequirements"""
    place: Place | None = None
    """where the work is done"""
    salary: Salary | None = None
    """what it pays"""
    language: str | None = None
    """language of the text, ISO 639-1"""
    date_posted: datetime | None = None
    """open from then on; absent: always was"""
    valid_through: datetime | None = None
    """expired after that; absent: never"""
    url: str | None = None
    """where it can be read"""
    source: str | None = None
    """where it came from; 'simulator' marks simulated postings"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            schema_version=required(document, "schema_version", _VERSION),
            posting_id=required(document, "posting_id", _ID),
            title=required_text(document, "title"),
            description=optional_text(document, "description"),
            employer=optional_text(document, "employer"),
            industry=optional_text(document, "industry"),
            occupation=optional_text(document, "occupation"),
            skills=optional(document, "skills", read_texts) or (),
            employment_type=optional_text(document, "employment_type"),
            education=optional_text(document, "education"),
            experience=optional_text(document, "experience"),
            place=optional(document, "place", Place.from_document),
            salary=optional(document, "salary", Salary.from_document),
            language=optional_text(document, "language"),
            date_posted=optional(document, "date_posted", read_time),
            valid_through=optional(document, "valid_through", read_time),
            url=optional_text(document, "url"),
            source=optional_text(document, "source"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience(Record):
    """A position that somebody holds or has held (schema.org OrganizationRole)."""

    title: str | None = None
    """what it was called"""
    employer: str | None = None
    """where"""
    place: Place | None = None
    """where the work was done"""
    start_date: datetime | None = None
    """from when"""
    end_date: datetime | None = None
    """until when; absent: still"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            title=optional_text(document, "title"),
            employer=optional_text(document, "employer"),
            place=optional(document, "place", Place.from_document),
            start_date=optional(document, "start_date", read_time),
            end_date=optional(document, "end_date", read_time),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Must(Record):
    """A hard wish: a posting that does not say that it meets it is left out."""

    field: MustField
    """what it is about"""
    value: str
    """a name in words; a work mode or an employment type; of pay the least amount with currency and
    period where they are known, such as '20000 CNY MONTH'
    """
    excluded: bool | None = None
    """true: a posting that says so is left out, and all others stay"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            field=required(document, "field", _MUSTFIELD),
            value=required_text(document, "value"),
            excluded=optional(document, "excluded", read_flag),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying(Record):
    """Something that was said in a conversation, and what it does to the stated part."""

    turn_id: str
    """the turn of the topic conversations that says it"""
    said_at: datetime
    """when"""
    field: SaidField
    """the list it is about"""
    value: str | None = None
    """the entry of that list"""
    must: Must | None = None
    """the entry where the list is `must`"""
    removes: bool | None = None
    """true: the entry leaves the list; absent: it joins it"""
    withdrawn: bool | None = None
    """true: it was taken back and counts no more"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            turn_id=required_text(document, "turn_id"),
            said_at=required(document, "said_at", read_time),
            field=required(document, "field", _SAIDFIELD),
            value=optional_text(document, "value"),
            must=optional(document, "must", Must.from_document),
            removes=optional(document, "removes", read_flag),
            withdrawn=optional(document, "withdrawn", read_flag),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedLists(Record):
    """Lists as the site saved them."""

    updated_at: datetime | None = None
    """when they were saved; absent: nothing was saved"""
    skills: tuple[str, ...] = ()
    """as in the stated part"""
    wishes: tuple[str, ...] = ()
    """as in the stated part"""
    places: tuple[str, ...] = ()
    """as in the stated part"""
    blocked_employers: tuple[str, ...] = ()
    """as in the stated part"""
    must: tuple[Must, ...] = ()
    """as in the stated part"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            updated_at=optional(document, "updated_at", read_time),
            skills=optional(document, "skills", read_texts) or (),
            wishes=optional(document, "wishes", read_texts) or (),
            places=optional(document, "places", read_texts) or (),
            blocked_employers=optional(document, "blocked_employers", read_texts) or (),
            must=optional_objects(document, "must", Must.from_document),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate(TopicRecord):
    """The value of the topic `candidates`: a stated part and whose it is."""

    TOPIC: ClassVar[str] = "candidates"
    KEY: ClassVar[str] = "candidate_id"
    TIME: ClassVar[str] = "updated_at"

    schema_version: int = SCHEMA_VERSION
    """version of this contract"""
    updated_at: datetime
    """when it was stated; the newest one counts"""
    skills: tuple[str, ...] = ()
    """skills, in the candidate's words"""
    background: str | None = None
    """education and experience"""
    wishes: tuple[str, ...] = ()
    """titles, fields or words wished for"""
    goal: str | None = None
    """the occupation that a plan is to lead to; lists ignore it"""
    places: tuple[str, ...] = ()
    """where they would like to work"""
    experience: tuple[Experience, ...] = ()
    """positions held, in any order"""
    language: str | None = None
    """language reasons are written in, ISO 639-1"""
    blocked_employers: tuple[str, ...] = ()
    """employers never to be recommended"""
    contactable: bool | None = None
    """whether employers may see them in matches; absent: no"""
    must: tuple[Must, ...] = ()
    """hard wishes, all of which are rules of lists"""
    said: tuple[Saying, ...] = ()
    """the newest 200 things said in conversations, oldest first; the lists hold their effect, and a
    site that saves the stated part without them does not undo them
    """
    saved: SavedLists | None = None
    """the lists without what was said; only where something was said"""
    source: str | None = None
    """where it came from; 'simulator' marks simulated candidates"""
    candidate_id: str
    """whose stated part this is; also the Kafka key"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            schema_version=required(document, "schema_version", _VERSION),
            updated_at=required(document, "updated_at", read_time),
            skills=optional(document, "skills", read_texts) or (),
            background=optional_text(document, "background"),
            wishes=optional(document, "wishes", read_texts) or (),
            goal=optional_text(document, "goal"),
            places=optional(document, "places", read_texts) or (),
            experience=optional_objects(document, "experience", Experience.from_document),
            language=optional_text(document, "language"),
            blocked_employers=optional(document, "blocked_employers", read_texts) or (),
            contactable=optional(document, "contactable", read_flag),
            must=optional_objects(document, "must", Must.from_document),
            said=optional_objects(document, "said", Saying.from_document),
            saved=optional(document, "saved", SavedLists.from_document),
            source=optional_text(document, "source"),
            candidate_id=required(document, "candidate_id", _PERSON_ID),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(TopicRecord):
    """One thing a candidate did with a posting."""

    TOPIC: ClassVar[str] = "events"
    KEY: ClassVar[str] = "candidate_id"
    TIME: ClassVar[str] = "event_time"

    schema_version: int = SCHEMA_VERSION
    """version of this contract"""
    event_id: str
    """the producer's own id; on import a stable hash of the row"""
    candidate_id: str
    """who did it"""
    posting_id: str
    """to which posting"""
    kind: EventKind
    """what was done"""
    event_time: datetime
    """when it was done, by the producer's clock"""
    duration_seconds: float | None = None
    """how long a view lasted, seconds"""
    recommendation_id: str | None = None
    """the recommendation it came from"""
    rank: int | None = None
    """the posting's place in that recommendation, from 1"""
    source: str | None = None
    """where it came from; 'simulator' marks simulated events"""
    withdrawn: bool | None = None
    """true takes the event of the same id and time back, whichever is read first; a dismissal or
    application that is taken back takes earlier ones of that posting with it
    """

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            schema_version=required(document, "schema_version", _VERSION),
            event_id=required(document, "event_id", _ID),
            candidate_id=required(document, "candidate_id", _PERSON_ID),
            posting_id=required(document, "posting_id", _ID),
            kind=required(document, "kind", _EVENTKIND),
            event_time=required(document, "event_time", read_time),
            duration_seconds=optional(document, "duration_seconds", read_float),
            recommendation_id=optional_text(document, "recommendation_id"),
            rank=optional(document, "rank", read_int),
            source=optional_text(document, "source"),
            withdrawn=optional(document, "withdrawn", read_flag),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Offsets(Record):
    """The highest source offset per topic among the records in a profile."""

    events: int | None = None
    """of the topic events"""
    candidates: int | None = None
    """of the topic candidates"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            events=optional(document, "events", read_int),
            candidates=optional(document, "candidates", read_int),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated(Record):
    """The stated part: what candidates state about themselves."""

    updated_at: datetime
    """when it was stated; the newest one counts"""
    skills: tuple[str, ...] = ()
    """skills, in the candidate's words"""
    background: str | None = None
    """education and experience"""
    wishes: tuple[str, ...] = ()
    """titles, fields or words wished for"""
    goal: str | None = None
    """the occupation that a plan is to lead to; lists ignore it"""
    places: tuple[str, ...] = ()
    """where they would like to work"""
    experience: tuple[Experience, ...] = ()
    """positions held, in any order"""
    language: str | None = None
    """language reasons are written in, ISO 639-1"""
    blocked_employers: tuple[str, ...] = ()
    """employers never to be recommended"""
    contactable: bool | None = None
    """whether employers may see them in matches; absent: no"""
    must: tuple[Must, ...] = ()
    """hard wishes, all of which are rules of lists"""
    said: tuple[Saying, ...] = ()
    """the newest 200 things said in conversations, oldest first; the lists hold their effect, and a
    site that saves the stated part without them does not undo them
    """
    saved: SavedLists | None = None
    """the lists without what was said; only where something was said"""
    source: str | None = None
    """where it came from; 'simulator' marks simulated candidates"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            updated_at=required(document, "updated_at", read_time),
            skills=optional(document, "skills", read_texts) or (),
            background=optional_text(document, "background"),
            wishes=optional(document, "wishes", read_texts) or (),
            goal=optional_text(document, "goal"),
            places=optional(document, "places", read_texts) or (),
            experience=optional_objects(document, "experience", Experience.from_document),
            language=optional_text(document, "language"),
            blocked_employers=optional(document, "blocked_employers", read_texts) or (),
            contactable=optional(document, "contactable", read_flag),
            must=optional_objects(document, "must", Must.from_document),
            said=optional_objects(document, "said", Saying.from_document),
            saved=optional(document, "saved", SavedLists.from_document),
            source=optional_text(document, "source"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEvent(Record):
    """An event in a profile."""

    event_id: str
    """the event's id"""
    posting_id: str
    """the posting"""
    kind: ProfileEventKind
    """what was done"""
    event_time: datetime
    """when"""
    duration_seconds: float | None = None
    """seconds a view lasted"""
    offset: int
    """its first offset in the topic events"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            event_id=required_text(document, "event_id"),
            posting_id=required_text(document, "posting_id"),
            kind=required(document, "kind", _PROFILEEVENTKIND),
            event_time=required(document, "event_time", read_time),
            duration_seconds=optional(document, "duration_seconds", read_float),
            offset=required(document, "offset", read_int),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedPosting(Record):
    """A posting that the candidate applied to or dismissed."""

    posting_id: str
    """the posting"""
    event_time: datetime
    """when, at the latest"""
    offset: int
    """first offset of that event in the topic events"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            posting_id=required_text(document, "posting_id"),
            event_time=required(document, "event_time", read_time),
            offset=required(document, "offset", read_int),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnEvent(Record):
    """An event that was taken back."""

    event_id: str
    """the event's id"""
    posting_id: str
    """the posting"""
    kind: ProfileEventKind
    """what was done"""
    event_time: datetime
    """when it was done"""
    offset: int
    """offset of the withdrawal in the topic events"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            event_id=required_text(document, "event_id"),
            posting_id=required_text(document, "posting_id"),
            kind=required(document, "kind", _PROFILEEVENTKIND),
            event_time=required(document, "event_time", read_time),
            offset=required(document, "offset", read_int),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredBy(Record):
    """The record that caused a change, for measuring latency."""

    event_id: str | None = None
    """the event; absent for a stated part"""
    produced_at: datetime
    """the Kafka timestamp of that record"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            event_id=optional_text(document, "event_id"),
            produced_at=required(document, "produced_at", read_time),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(TopicRecord):
    """The stated part and the recent events of a candidate, folded (`streaming.profiles.fold`)."""

    TOPIC: ClassVar[str] = "profiles"
    KEY: ClassVar[str] = "candidate_id"

    schema_version: int = SCHEMA_VERSION
    """version of this contract"""
    candidate_id: str
    """whose profile; also the Kafka key"""
    version: int
    """grows with each change; ignore older ones"""
    offsets: Offsets
    """what the version is computed from"""
    as_of: datetime
    """the newest time in the profile"""
    stated: Stated | None = None
    """the newest stated part"""
    events: tuple[ProfileEvent, ...]
    """the newest 50 events other than impressions, oldest first"""
    applied: tuple[MarkedPosting, ...]
    """the newest 500 applied to (or hired for), oldest first"""
    dismissed: tuple[MarkedPosting, ...]
    """the newest 500 dismissed, oldest first"""
    withdrawn: tuple[WithdrawnEvent, ...] = ()
    """the newest 500 events that were taken back, oldest first"""
    triggered_by: TriggeredBy | None = None
    """the oldest record that this version was made for"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            schema_version=required(document, "schema_version", _VERSION),
            candidate_id=required(document, "candidate_id", _ID),
            version=required(document, "version", read_int),
            offsets=required(document, "offsets", Offsets.from_document),
            as_of=required(document, "as_of", read_time),
            stated=optional(document, "stated", Stated.from_document),
            events=required_objects(document, "events", ProfileEvent.from_document),
            applied=required_objects(document, "applied", MarkedPosting.from_document),
            dismissed=required_objects(document, "dismissed", MarkedPosting.from_document),
            withdrawn=optional_objects(document, "withdrawn", WithdrawnEvent.from_document),
            triggered_by=optional(document, "triggered_by", TriggeredBy.from_document),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason(Record):
    """Why a posting is in a recommendation."""

    kind: ReasonKind
    """what the reason is based on"""
    text: str
    """the reason in words for people"""
    posting_id: str | None = None
    """the earlier posting it is based on"""
    words: tuple[str, ...] = ()
    """the words or skills it is based on"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            kind=required(document, "kind", _REASONKIND),
            text=required_text(document, "text"),
            posting_id=optional_text(document, "posting_id"),
            words=optional(document, "words", read_texts) or (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Record):
    """One item of a recommendation."""

    rank: int
    """from 1"""
    posting_id: str
    """the posting"""
    score: float
    """the model's score; higher is better, one list only"""
    valid_through: datetime | None = None
    """do not show it after that; absent: never expires"""
    reasons: tuple[Reason, ...]
    """at least one"""
    source: str | None = None
    """what the model retrieved it by"""
    probability: float | None = None
    """that the candidate's next turn is to it, calibrated"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            rank=required(document, "rank", read_int),
            posting_id=required_text(document, "posting_id"),
            score=required(document, "score", read_float),
            valid_through=optional(document, "valid_through", read_time),
            reasons=required_objects(document, "reasons", Reason.from_document),
            source=optional_text(document, "source"),
            probability=optional(document, "probability", read_float),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutAssignment(Record):
    """Which model of a rollout made a list."""

    rollout_id: str
    """of the rollout that was on"""
    arm: RolloutArm
    """shadow: the challenger's list that nobody sees"""
    propensity: float
    """the probability that this candidate got a list of this arm"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            rollout_id=required_text(document, "rollout_id"),
            arm=required(document, "arm", _ROLLOUTARM),
            propensity=required(document, "propensity", read_float),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffleAssignment(Record):
    """Whether the first ten items of a list stand in a random order."""

    shuffled: bool
    """true: in a random order, which the list's id decides; every order was equally likely. false:
    in the model's
    """
    propensity: float
    """the probability with which the list was to be shuffled"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            shuffled=required(document, "shuffled", read_flag),
            propensity=required(document, "propensity", read_float),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation(TopicRecord):
    """A ranked list of postings for one profile version, by one model, over one catalogue."""

    TOPIC: ClassVar[str] = "recommendations"
    KEY: ClassVar[str] = "candidate_id"

    schema_version: int = SCHEMA_VERSION
    """version of this contract"""
    recommendation_id: str
    """hash of candidate, profile, model and catalogue versions, rollout, and propensity of a
    shuffle
    """
    candidate_id: str
    """for whom; '*' for anonymous visitors"""
    personal: bool
    """false for the popular list under '*'"""
    profile_version: int
    """of the profile; under '*' it grows with as_of"""
    model_name: str
    """registered model"""
    model_version: str
    """its version"""
    catalogue_version: int
    """version of the table of postings"""
    as_of: datetime
    """the time at which postings are open or expired"""
    items: tuple[Item, ...]
    """best first, unless `shuffle` says otherwise; empty when nothing fits"""
    triggered_by: TriggeredBy | None = None
    """copied from the profile, to measure latency"""
    rollout: RolloutAssignment | None = None
    """the rollout that the candidate is in, if one is on"""
    shuffle: ShuffleAssignment | None = None
    """only while a share of the lists is shuffled"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            schema_version=required(document, "schema_version", _VERSION),
            recommendation_id=required_text(document, "recommendation_id"),
            candidate_id=required(document, "candidate_id", _ID),
            personal=required(document, "personal", read_flag),
            profile_version=required(document, "profile_version", read_int),
            model_name=required_text(document, "model_name"),
            model_version=required_text(document, "model_version"),
            catalogue_version=required(document, "catalogue_version", read_int),
            as_of=required(document, "as_of", read_time),
            items=required_objects(document, "items", Item.from_document),
            triggered_by=optional(document, "triggered_by", TriggeredBy.from_document),
            rollout=optional(document, "rollout", RolloutAssignment.from_document),
            shuffle=optional(document, "shuffle", ShuffleAssignment.from_document),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedCandidate(Record):
    """A candidate in a posting's matches."""

    rank: int
    """from 1"""
    candidate: str
    """an id that stands for them beside this posting alone; their own id once they have applied to
    it
    """
    disclosed: bool
    """whether it is their own id"""
    score: float
    """probability · requirement · activity; higher is better"""
    activity: float
    """how much they did lately: the number of their events, halved with each half-life
    (match.activity_half_life_days) up to the match's as_of
    """
    probability: float
    """that their next turn is to the posting"""
    requirement: float
    """how much of what the posting asks for they have"""
    met: tuple[str, ...] = ()
    """skills that it asks for and they have"""
    missing: tuple[str, ...] = ()
    """skills that it asks for beyond these"""
    reasons: tuple[Reason, ...]
    """why they are here; at least one"""
    profile_version: int
    """of the profile"""
    as_of: datetime
    """of the profile"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            rank=required(document, "rank", read_int),
            candidate=required_text(document, "candidate"),
            disclosed=required(document, "disclosed", read_flag),
            score=required(document, "score", read_float),
            activity=required(document, "activity", read_float),
            probability=required(document, "probability", read_float),
            requirement=required(document, "requirement", read_float),
            met=optional(document, "met", read_texts) or (),
            missing=optional(document, "missing", read_texts) or (),
            reasons=required_objects(document, "reasons", Reason.from_document),
            profile_version=required(document, "profile_version", read_int),
            as_of=required(document, "as_of", read_time),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(TopicRecord):
    """Ranked candidates for one posting, by one model over one catalogue."""

    TOPIC: ClassVar[str] = "matches"
    KEY: ClassVar[str] = "posting_id"

    schema_version: int = SCHEMA_VERSION
    """version of this contract"""
    match_id: str
    """hash of the posting, its candidates and the versions"""
    posting_id: str
    """for which posting; also the Kafka key"""
    model_name: str
    """registered model"""
    model_version: str
    """its version"""
    catalogue_version: int
    """version of the table of postings"""
    as_of: datetime
    """the newest of the profiles'"""
    candidates: tuple[MatchedCandidate, ...]
    """best first; empty: nobody fits"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            schema_version=required(document, "schema_version", _VERSION),
            match_id=required_text(document, "match_id"),
            posting_id=required_text(document, "posting_id"),
            model_name=required_text(document, "model_name"),
            model_version=required_text(document, "model_version"),
            catalogue_version=required(document, "catalogue_version", read_int),
            as_of=required(document, "as_of", read_time),
            candidates=required_objects(document, "candidates", MatchedCandidate.from_document),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOccupation(Record):
    """An occupation of the taxonomy."""

    concept_id: str
    """its id in the taxonomy"""
    name: str
    """its name, in the candidate's language"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            concept_id=required_text(document, "concept_id"),
            name=required_text(document, "name"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSkill(Record):
    """A skill of the goal that the candidate has."""

    skill: str
    """its name"""
    stated: bool
    """false: not stated; a position that they held needs it"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            skill=required_text(document, "skill"),
            stated=required(document, "stated", read_flag),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingSkill(Record):
    """A skill of the goal that the candidate lacks."""

    skill: str
    """its name"""
    postings: int
    """open postings that ask for it"""
    covered: bool
    """whether courses lead to it"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            skill=required_text(document, "skill"),
            postings=required(document, "postings", read_int),
            covered=required(document, "covered", read_flag),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseSkill(Record):
    """A skill that a course needs or gives."""

    skill: str
    """its name, in the provider's words"""
    level: SkillLevel | None = None
    """at which level; absent: unknown"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            skill=required(document, "skill", _ID),
            level=optional(document, "level", _SKILLLEVEL),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep(Record):
    """A course to take, or an occupation that is reached."""

    course_id: str | None = None
    """the course; absent: an occupation"""
    title: str | None = None
    """the course's name"""
    provider: str | None = None
    """who offers it"""
    hours: float | None = None
    """how long it takes"""
    url: str | None = None
    """where it can be read"""
    occupation: str | None = None
    """the occupation's name"""
    gives: tuple[CourseSkill, ...] = ()
    """skills that are new, or are known at a higher level, after it"""
    in_reach: int
    """open postings within reach after it"""
    more: int
    """postings that came within reach by it"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            course_id=optional_text(document, "course_id"),
            title=optional_text(document, "title"),
            provider=optional_text(document, "provider"),
            hours=optional(document, "hours", read_float),
            url=optional_text(document, "url"),
            occupation=optional_text(document, "occupation"),
            gives=optional_objects(document, "gives", CourseSkill.from_document),
            in_reach=required(document, "in_reach", read_int),
            more=required(document, "more", read_int),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVersions(Record):
    """What a plan was made with."""

    postings: int
    """version of Δ postings"""
    courses: int | None = None
    """version of Δ courses; absent: none yet"""
    profiles: int | None = None
    """version of Δ profiles, whose careers say what people go on to"""
    taxonomy: str
    """source of the taxonomy"""
    taxonomy_version: str
    """hash of its content"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            postings=required(document, "postings", read_int),
            courses=optional(document, "courses", read_int),
            profiles=optional(document, "profiles", read_int),
            taxonomy=required_text(document, "taxonomy"),
            taxonomy_version=required_text(document, "taxonomy_version"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(TopicRecord):
    """The way to an occupation, for one candidate, over the postings of one catalogue."""

    TOPIC: ClassVar[str] = "plans"
    KEY: ClassVar[str] = "candidate_id"

    schema_version: int = SCHEMA_VERSION
    """version of this contract"""
    plan_id: str
    """hash of candidate, goal, stated part, versions and as_of"""
    candidate_id: str
    """whose plan it is; also the Kafka key"""
    goal: str
    """the goal, in words"""
    occupation: PlanOccupation | None = None
    """the occupation that the goal names; absent: it names none"""
    trouble: PlanTrouble | None = None
    """why no steps lead to the goal"""
    text: str | None = None
    """the trouble in one line of English"""
    nearest: tuple[str, ...] = ()
    """occupations that the goal may mean, where it names none"""
    held: tuple[str, ...] = ()
    """occupations of the positions held"""
    had: tuple[PlanSkill, ...] = ()
    """skills of the goal that are had"""
    missing: tuple[MissingSkill, ...] = ()
    """skills of the goal that are missing, the most asked for first"""
    steps: tuple[PlanStep, ...] = ()
    """courses and occupations, in order"""
    postings: int | None = None
    """open postings that name skills"""
    postings_without_skills: int | None = None
    """open postings that name none"""
    in_reach: int | None = None
    """postings within reach before the first step"""
    courses: int | None = None
    """courses that there are"""
    needing_themselves: tuple[str, ...] = ()
    """courses that need what only they give, and are left out"""
    versions: PlanVersions
    """what it was made with"""
    as_of: datetime
    """postings open then count"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            schema_version=required(document, "schema_version", _VERSION),
            plan_id=required_text(document, "plan_id"),
            candidate_id=required(document, "candidate_id", _PERSON_ID),
            goal=required_text(document, "goal"),
            occupation=optional(document, "occupation", PlanOccupation.from_document),
            trouble=optional(document, "trouble", _PLANTROUBLE),
            text=optional_text(document, "text"),
            nearest=optional(document, "nearest", read_texts) or (),
            held=optional(document, "held", read_texts) or (),
            had=optional_objects(document, "had", PlanSkill.from_document),
            missing=optional_objects(document, "missing", MissingSkill.from_document),
            steps=optional_objects(document, "steps", PlanStep.from_document),
            postings=optional(document, "postings", read_int),
            postings_without_skills=optional(document, "postings_without_skills", read_int),
            in_reach=optional(document, "in_reach", read_int),
            courses=optional(document, "courses", read_int),
            needing_themselves=optional(document, "needing_themselves", read_texts) or (),
            versions=required(document, "versions", PlanVersions.from_document),
            as_of=required(document, "as_of", read_time),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteSection(Record):
    """A heading, and what stands below it."""

    kind: SectionKind
    """what it is about"""
    heading: str
    """its heading, in the language of the text"""
    lines: tuple[str, ...]
    """points or sentences, in order"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            kind=required(document, "kind", _SECTIONKIND),
            heading=required_text(document, "heading"),
            lines=required(document, "lines", read_texts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRemark(Record):
    """A word of the posting that shuts people out."""

    word: str
    """as the posting has it"""
    reason: str
    """whom it shuts out"""
    replacement: str | None = None
    """what stands instead; absent: it stays, and the employer decides"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            word=required_text(document, "word"),
            reason=required_text(document, "reason"),
            replacement=optional_text(document, "replacement"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMeasures(Record):
    """How easy a text is to read."""

    sentence_length: float
    """mean words a sentence; in Chinese, characters"""
    longest: int
    """the same of the longest one"""
    reading_ease: float | None = None
    """Flesch 1948, higher is easier; absent for Chinese"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            sentence_length=required(document, "sentence_length", read_float),
            longest=required(document, "longest", read_int),
            reading_ease=optional(document, "reading_ease", read_float),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite(TopicRecord):
    """A posting in plain words, or why there is no such text. The posting stays as it is."""

    TOPIC: ClassVar[str] = "rewrites"
    KEY: ClassVar[str] = "posting_id"

    schema_version: int = SCHEMA_VERSION
    """version of this contract"""
    rewrite_id: str
    """hash of posting, posting_version and writer_version"""
    posting_id: str
    """which posting; also the Kafka key"""
    posting_version: str
    """hash of the posting's fields"""
    writer_version: str
    """rules, language model, prompt and language that it is written with"""
    language: str
    """of headings and fields, en or zh"""
    translated: bool
    """whether the sentences are in that language, too"""
    title: str
    """the posting's title"""
    sections: tuple[RewriteSection, ...] = ()
    """the text; empty: it was refused, and the posting's own stands"""
    refused: tuple[str, ...] = ()
    """why the check of facts refused a text, a line each: the language model's, or where there are
    no sections all texts
    """
    author: str
    """who wrote it: rules, or the name of the language model"""
    prompt_version: str | None = None
    """of the request to the language model; absent: rules wrote it"""
    model: ModelOutcome | None = None
    """what became of the language model's text: written; refused by the check of facts; unanswered,
    and tried again later. Absent: no model is set
    """
    notice: str | None = None
    """that no model wrote it, and why"""
    remarks: tuple[WordRemark, ...] = ()
    """words that shut people out"""
    facts: int
    """facts that the text was checked for"""
    before: TextMeasures
    """of the posting's own text"""
    after: TextMeasures | None = None
    """of the rewritten text"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            schema_version=required(document, "schema_version", _VERSION),
            rewrite_id=required_text(document, "rewrite_id"),
            posting_id=required(document, "posting_id", _ID),
            posting_version=required_text(document, "posting_version"),
            writer_version=required_text(document, "writer_version"),
            language=required_text(document, "language"),
            translated=required(document, "translated", read_flag),
            title=required_text(document, "title"),
            sections=optional_objects(document, "sections", RewriteSection.from_document),
            refused=optional(document, "refused", read_texts) or (),
            author=required_text(document, "author"),
            prompt_version=optional_text(document, "prompt_version"),
            model=optional(document, "model", _MODELOUTCOME),
            notice=optional_text(document, "notice"),
            remarks=optional_objects(document, "remarks", WordRemark.from_document),
            facts=required(document, "facts", read_int),
            before=required(document, "before", TextMeasures.from_document),
            after=optional(document, "after", TextMeasures.from_document),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(TopicRecord):
    """One thing that is said in a conversation; its effects are ordinary messages."""

    TOPIC: ClassVar[str] = "conversations"
    KEY: ClassVar[str] = "candidate_id"
    TIME: ClassVar[str] = "said_at"

    schema_version: int = SCHEMA_VERSION
    """version of this contract"""
    turn_id: str
    """the producer's own id"""
    candidate_id: str
    """whose conversation; also the Kafka key"""
    speaker: Speaker
    """who says it"""
    said_at: datetime
    """when, by the producer's clock; of an answer as its turn"""
    text: str
    """what is said; the first 4,000 characters are read"""
    language: str | None = None
    """language of the answer, ISO 639-1; absent: that of the text"""
    recommendation_id: str | None = None
    """the list that the candidate sees"""
    shown: tuple[str, ...] = ()
    """its postings, best first: what 'the second' means"""
    answers: str | None = None
    """the turn that it answers"""
    effects: tuple[str, ...] = ()
    """ids of the events that it sent, and what it changed: 'skills: SQL'"""

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        document = object_of(value)
        return cls(
            schema_version=required(document, "schema_version", _VERSION),
            turn_id=required(document, "turn_id", _ID),
            candidate_id=required(document, "candidate_id", _PERSON_ID),
            speaker=required(document, "speaker", _SPEAKER),
            said_at=required(document, "said_at", read_time),
            text=required_text(document, "text"),
            language=optional_text(document, "language"),
            recommendation_id=optional_text(document, "recommendation_id"),
            shown=optional(document, "shown", read_texts) or (),
            answers=optional_text(document, "answers"),
            effects=optional(document, "effects", read_texts) or (),
        )
