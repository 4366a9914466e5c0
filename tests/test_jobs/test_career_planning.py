"""`careerstream plan` over a real topic and real tables."""

import io

import orjson
import pyarrow as pa
import pytest

from infra.simulator import Market, MarketConfig
from infra.simulator.taxonomy_export import embedded_taxonomy
from jobs import update_profiles
from jobs.cli.commands.market.plan import plan_text, published_plan, stated_part
from jobs.planning.candidate_plan import make_plan
from jobs.planning.planning_market import PlanningMarket, read_planning_market
from jobs.runtime.terminal import PlainConsole
from streaming.contract.learning.course import Course, CourseSkill, SkillLevel
from streaming.contract.learning.plan import PlanVersions
from streaming.contract.records import to_json
from streaming.contract.topics import CANDIDATES, PROFILES
from streaming.errors import InputError, SettingsError
from streaming.kafka.topic_reader import read_latest
from streaming.lake import tables
from streaming.lake.course_table import write_courses
from streaming.serving.catalogue import Catalogue
from streaming.settings import TrainingSettings
from streaming.taxonomy.concept import Concept, ConceptKind, Label, Taxonomy
from training.planning.career_plan import plan_career
from training.planning.person import person_of
from training.planning.posting_reach import OpenPostings
from training.planning.skill_keys import SkillKeys
from training.taxonomy.mapper import Mapper

pytestmark = [pytest.mark.kafka, pytest.mark.spark]

GOAL = next(
    own
    for own in embedded_taxonomy().of_kind(ConceptKind.OCCUPATION)
    if own.concept_id.endswith("data_scientist")
)
NEEDED = [embedded_taxonomy().by_id[one].name_in("en") for one in GOAL.essential_skills]
COLUMNS = [
    ("posting_id", pa.string()),
    ("skills", pa.list_(pa.string())),
    ("open", pa.bool_()),
    ("date_posted", pa.timestamp("us", tz="UTC")),
    ("valid_through", pa.timestamp("us", tz="UTC")),
]
PROFILE = {
    "schema_version": 1,
    "candidate_id": "c-1",
    "version": 1,
    "offsets": {},
    "as_of": "2026-01-01T00:00:00.000000Z",
    "stated": {
        "updated_at": "2026-01-01T00:00:00.000000Z",
        "language": "en",
        "skills": ["juggling"],
        "experience": [{"title": "Frontend Developer", "start_date": "2020-01-01T00:00:00Z"}],
        "wishes": ["Data Scientist"],
    },
    "events": [],
    "applied": [],
    "dismissed": [],
}


def course(course_id: str, needs: list[str], gives: list[str]) -> Course:
    return Course(
        course_id=course_id,
        title=f"Course {course_id}",
        provider="Example School",
        needs=[CourseSkill(skill=text) for text in needs],
        gives=[CourseSkill(skill=text) for text in gives],
        level=SkillLevel.INTERMEDIATE,
        duration_hours=30,
    )


@pytest.fixture(scope="module")
def market(spark, make_settings, send):
    """A profile on its topic, postings and courses in the lake."""
    settings = make_settings()
    send(settings, PROFILES, [(b"c-1", orjson.dumps(PROFILE))])
    tables.create(spark, settings, tables.POSTINGS)
    postings = [
        {"posting_id": "1", "title": "t", "skills": NEEDED[:1], "open": True},
        {"posting_id": "2", "title": "t", "skills": NEEDED, "open": True},
        {"posting_id": "3", "title": "t", "skills": NEEDED[:1], "open": False},
        {"posting_id": "4", "title": "t", "skills": [], "open": True},
    ]
    schema = tables.POSTINGS.schema()
    rows = [dict.fromkeys(schema.names) | own for own in postings]
    frame = spark.createDataFrame(rows, schema)
    frame.write.format("delta").mode("append").save(tables.POSTINGS.path(settings))
    own = course("own", ["Cobol"], ["Cobol"])
    write_courses(
        spark,
        settings,
        [course("b", NEEDED[:1], NEEDED[1:2]), course("a", ["juggling"], NEEDED[:1]), own],
    )
    return settings


def planned(spark, settings, goal="Data Scientist", stated=PROFILE["stated"]):
    plan = make_plan("c-1", stated, goal, read_planning_market(spark, settings))
    assert plan == make_plan("c-1", stated, goal, read_planning_market(spark, settings))
    return orjson.loads(to_json(plan))


def text_of(document) -> str:
    console = PlainConsole(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    for part in plan_text(document):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    return text


def test_a_plan_from_a_topic_and_the_lake(spark, market):
    document = planned(spark, market, stated=stated_part(market.kafka, "c-1"))

    courses = [step for step in document["steps"] if "course_id" in step]
    assert [step["course_id"] for step in courses] == ["a", "b"]
    assert (courses[0]["in_reach"], courses[0]["more"]) == (1, 1)
    assert (document["postings"], document["postings_without_skills"]) == (2, 1)
    assert document["missing"][0] == {"skill": NEEDED[0], "postings": 2, "covered": True}
    assert [one["skill"] for one in document["missing"] if not one["covered"]] == NEEDED[-1:]
    assert document["needing_themselves"] == ["Course own"]
    text = text_of(document)
    assert "c-1: the way to Data science" in text
    assert "1. Course a (Example School, 30 h), gives" in text
    assert "with it, 1 more posting in reach: 1" in text
    assert f"No courses lead to: {NEEDED[-1]}." in text
    assert "left out: Course own." in text


def test_a_reached_goal_is_said(spark, market):
    document = planned(spark, market, stated=PROFILE["stated"] | {"skills": NEEDED})

    assert document["trouble"] == "reached"
    assert "The goal is reached" in text_of(document)


def test_a_goal_without_courses_is_said(spark, market):
    document = planned(spark, market)
    text = text_of(document | {"courses": 0, "steps": []})
    assert "There are no courses yet" in text
    other = planned(spark, market, goal="nursing")
    assert other["trouble"] == "nothing_leads"
    assert "No courses lead to any of the missing skills." in text_of(other)


def test_an_unknown_goal_offers_the_nearest(spark, market):
    document = planned(spark, market, goal="qqq")
    assert document["trouble"] == "unknown_goal"
    assert len(document["nearest"]) == 3
    assert document["steps"] == []
    assert "has no occupation 'qqq'; did you mean one of these: " in document["text"]
    assert "There is no plan: " in text_of(document)


def test_what_is_missing_is_one_line(spark, market):
    with pytest.raises(InputError, match="no profile of candidate c-2"):
        stated_part(market.kafka, "c-2")
    with pytest.raises(InputError, match="no plan of candidate c-2 on its topic; give --goal"):
        published_plan(market.kafka, "c-2")
    none = market.model_copy(update={"training": TrainingSettings(taxonomy="none")})
    with pytest.raises(SettingsError, match="taxonomy is none"):
        read_planning_market(spark, none)


def test_a_taxonomy_without_skills_and_no_courses_are_troubles_of_a_plan():
    bare = Concept(
        concept_id="x",
        kind=ConceptKind.OCCUPATION,
        source="own",
        labels=[Label(text="cook", language="en")],
    )
    empty = Catalogue.of(pa.table({name: pa.array([], kind) for name, kind in COLUMNS}), 0)
    versions = PlanVersions(postings=0, taxonomy="own", taxonomy_version="1")

    def trouble(taxonomy, goal):
        mapper = Mapper.of(taxonomy, meanings=False)
        market = PlanningMarket.of(mapper, empty, [], [], versions)
        return make_plan("c-1", PROFILE["stated"], goal, market)

    plan = trouble(Taxonomy.of("own", [bare]), "cook")
    assert plan.trouble == "goal_without_skills"
    assert "names no skills of cook" in plan.text
    assert trouble(embedded_taxonomy(), "Data Scientist").trouble == "no_courses"


CASES = 200


def test_what_a_course_brings_within_reach_is_there_after_it_went_through_the_stream(
    make_settings, send, started
):
    """The first step of 200 plans says how many postings more; then the skill is really stated."""
    market = Market(MarketConfig(candidates=CASES + 30, postings=300, days=5, seed=5))
    mapper = Mapper.of_training(embedded_taxonomy())
    assert mapper is not None
    keys = SkillKeys(mapper, "en")
    postings = OpenPostings.of(keys.keys(one.get("skills") or ()) for one in market.postings())
    taught = {skill: f"course {skill}" for one in market.postings() for skill in one["skills"]}
    offers = [keys.offer(course(name, [], [skill])) for skill, name in taught.items()]
    skill_of = {name: skill for skill, name in taught.items()}
    expected, after, goals = {}, {}, embedded_taxonomy().of_kind(ConceptKind.OCCUPATION)
    for number, said in enumerate(market.candidates()):
        person = person_of({"stated": said}, keys)
        goal = goals[number % len(goals)]
        steps = plan_career(person, [goal], offers, postings).steps
        [first, *_] = [step for step in steps if step.course]
        before = postings.in_reach(person.have)
        assert first.in_reach == before + first.more
        expected[said["candidate_id"]] = first.in_reach
        learned = [*(said.get("skills") or ()), skill_of[first.course]]
        after[said["candidate_id"]] = said | {"skills": learned}
    settings = make_settings()
    send(settings, CANDIDATES, [(key.encode(), orjson.dumps(one)) for key, one in after.items()])
    with started(update_profiles, settings) as job:
        job.drain()

    profiles = {
        key: orjson.loads(r.value) for key, r in read_latest(settings.kafka, PROFILES).items()
    }
    found = {
        key: postings.in_reach(person_of(profile, keys).have) for key, profile in profiles.items()
    }
    assert len(found) >= CASES  # some state nothing
    assert found == expected
