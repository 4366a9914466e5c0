"""plan from end to end: plans come, change and go with what is stated; repeats change none."""

import orjson
import pytest

from infra.simulator.taxonomy_export import embedded_taxonomy
from jobs import plan, update_profiles
from jobs.cli.commands.market.plan import published_plan
from jobs.planning.candidate_plan import make_plan
from jobs.planning.planner import Planner
from jobs.planning.planning_market import read_planning_market
from streaming.contract.learning.course import Course, CourseSkill
from streaming.contract.learning.plan import Plan
from streaming.contract.records import to_json
from streaming.contract.topics import CANDIDATES, EVENTS, PLANS, PROFILES
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.lake import tables
from streaming.lake.course_table import write_courses
from streaming.settings import PlanSettings
from streaming.taxonomy.concept import ConceptKind

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

GOAL = next(
    own
    for own in embedded_taxonomy().of_kind(ConceptKind.OCCUPATION)
    if own.concept_id.endswith("data_scientist")
)
NEEDED = [embedded_taxonomy().by_id[one].name_in("en") for one in GOAL.essential_skills]


def stated(candidate_id, day, **parts):
    value = {"schema_version": 1, "candidate_id": candidate_id, "language": "en", **parts}
    return candidate_id.encode(), orjson.dumps(
        value | {"updated_at": f"2026-01-{day:02}T00:00:00Z"}
    )


def course(course_id, needs, gives):
    return Course(
        course_id=course_id,
        title=course_id,
        needs=[CourseSkill(skill=text) for text in needs],
        gives=[CourseSkill(skill=text) for text in gives],
    )


def published(settings):
    return {key: record.value for key, record in read_latest(settings.kafka, PLANS).items()}


def test_plans_follow_what_is_stated_through_repeats_new_courses_and_an_erasure(
    make_settings, send, started, spark
):
    settings = make_settings().model_copy(update={"plan": PlanSettings(interval_seconds=0.2)})
    tables.create(spark, settings, tables.POSTINGS)
    write_courses(spark, settings, [course("own", ["Cobol"], ["Cobol"])])
    send(
        settings,
        CANDIDATES,
        [
            stated("goal", 1, goal="Data Scientist", wishes=["nursing"]),
            stated("wish", 1, wishes=["remote", "Data Scientist"]),
            stated("unknown", 1, goal="qqq"),
            stated("reached", 1, goal="Data Scientist", skills=NEEDED),
            stated("none", 1, skills=NEEDED),
        ],
    )

    def run():
        with started(update_profiles, settings) as profiles, started(plan, settings) as job:
            profiles.drain()
            job.drain()

    run()
    first = published(settings)
    plans = {key: Plan.model_validate_json(value) for key, value in first.items()}
    assert {key: own.trouble for key, own in plans.items()} == {
        "goal": "nothing_leads", "wish": "nothing_leads", "unknown": "unknown_goal",
        "reached": "reached",
    }  # fmt: skip
    assert plans["goal"].occupation == plans["wish"].occupation
    assert plans["goal"].needing_themselves == ["own"]
    assert len(plans["unknown"].nearest) == 3

    # A batch that is repeated, and a click, publish nothing; the command makes the same bytes.
    click = {
        "schema_version": 1, "event_id": "e", "candidate_id": "goal", "posting_id": "p",
        "kind": "view", "event_time": "2026-01-02T00:00:00Z",
    }  # fmt: skip
    send(settings, EVENTS, [(b"goal", orjson.dumps(click))])
    run()
    newest = read_latest(settings.kafka, PROFILES)
    rows = [(key.encode(), record.value) for key, record in newest.items()]
    Planner(spark, settings).handle(spark.createDataFrame(rows, "key binary, value binary"), 7)
    assert len(list(read_messages(settings.kafka, PLANS))) == len(first)
    market = read_planning_market(spark, settings)
    profile = orjson.loads(newest["goal"].value)
    again = to_json(make_plan("goal", profile["stated"], "Data Scientist", market))
    assert again == first["goal"]

    # A new course, a goal taken back, a withdrawal and an erasure.
    write_courses(spark, settings, [course("a", [], NEEDED[:2])])
    send(settings, CANDIDATES, [stated("unknown", 2, skills=["x"]), (b"wish", None)])
    send(settings, CANDIDATES, [(b"reached", None)])
    send(settings, EVENTS, [(b"reached", None)])
    run()
    assert Planner(spark, settings).plan_all() == 1
    assert published(settings).keys() == {"goal"}
    document = published_plan(settings.kafka, "goal")
    assert [step["course_id"] for step in document["steps"]] == ["a"]
    assert document["versions"]["courses"] == market.versions.courses + 1
