"""The JSON Schemas are valid, accept what really stands on the topics, and refuse what we refuse.

Each sample is real: the simulator's records, a profile that the fold made of them, a recommendation
that a ranker made for that profile.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from infra.simulator import Market, MarketConfig
from infra.simulator.taxonomy_export import embedded_taxonomy
from jobs.planning.candidate_plan import make_plan
from jobs.planning.planning_market import PlanningMarket
from streaming.contract.documents import json_schema
from streaming.contract.learning.course import Course, CourseSkill
from streaming.contract.learning.plan import PlanVersions
from streaming.contract.reaches import Reach, ReachedPosting
from streaming.contract.records import Candidate, Event, Posting, Profile, RolloutArm, to_json
from streaming.contract.rewrite import ModelOutcome
from streaming.contract.topics import (
    BY_NAME,
    CANDIDATES,
    CONVERSATIONS,
    EVENTS,
    MATCHES,
    PLANS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
    REWRITES,
    SHADOW_RECOMMENDATIONS,
    TOPICS,
    Topic,
)
from streaming.conversation.dialogue import Memory, ServingMarket, reply
from streaming.language.vocabulary import Vocabulary
from streaming.language.writing.facts.vocabulary import Vocabulary as FactVocabulary
from streaming.language.writing.model_text import PROMPT_VERSION
from streaming.language.writing.rewrite_value import make_rewrite
from streaming.language.writing.writer import Writer
from streaming.market.match_index import Entry
from streaming.market.match_values import MatchWriter
from streaming.profiles.fold import Received, ReceivedStatedPart, fold
from streaming.profiles.fold_inputs import received_event
from streaming.profiles.stated_parts import StatedParts
from streaming.serving.catalogue import Catalogue
from streaming.serving.champion import ServingVersions
from streaming.serving.list_values import anonymous_profile, recommendation_value
from streaming.serving.ranker import Profile as Ranked
from streaming.serving.rollouts.rollout import Mode, Rollout
from streaming.timestamps import parse_timestamp
from training.ranking.most_popular import MostPopularRanker
from training.taxonomy.mapper import Mapper

VALUES = [topic for topic in TOPICS if topic.record is not None]
NAMES = [topic.name for topic in VALUES]
MOMENT = "2025-02-01T00:00:00.000000Z"
HARD_WISH = {"field": "place", "value": "Hangzhou"}


@cache
def market() -> Market:
    return Market(MarketConfig(candidates=12, postings=60, seed=3, impressions=0.2))


@cache
def samples(name: str) -> list[dict[str, Any]]:
    """Real values of a topic, as a consumer parses them."""
    makers = {
        POSTINGS.name: lambda: list(market().postings()),
        CANDIDATES.name: candidates,
        EVENTS.name: events,
        PROFILES.name: profiles,
        RECOMMENDATIONS.name: recommendations,
        SHADOW_RECOMMENDATIONS.name: partial(recommendations, RolloutArm.SHADOW),
        MATCHES.name: matches,
        PLANS.name: plans,
        REWRITES.name: rewrites,
        CONVERSATIONS.name: turns,
    }
    return [orjson.loads(orjson.dumps(value)) for value in makers[name]()]


def events() -> list[dict[str, Any]]:
    """The market's, the last of them taken back."""
    made = list(market().events())
    last = next(one for one in reversed(made) if one["kind"] != "impression")
    return [*made, last | {"withdrawn": True}]


def candidates() -> list[dict[str, Any]]:
    """The market's; the first of them has a goal, and says something in a conversation, too."""
    first, *others = (orjson.loads(orjson.dumps(one)) for one in market().candidates())
    own = {k: v for k, v in first.items() if k not in {"candidate_id", "schema_version"}}
    said = {"turn_id": "t1", "said_at": own["updated_at"], "field": "must", "must": HARD_WISH}
    stated = StatedParts(StatedParts.of(own).saved, (said,)).document()
    assert stated is not None
    return [first, *others, first | stated | {"goal": "Data Scientist"}]


def profiles() -> list[dict[str, Any]]:
    seen: dict[str, list[Received]] = {}
    for offset, value in enumerate(samples(EVENTS.name)):
        event = received_event(value, offset, produced_at=value["event_time"])
        seen.setdefault(value["candidate_id"], []).append(event)
    for offset, value in enumerate(samples(CANDIDATES.name)):
        stated = {k: v for k, v in value.items() if k not in {"candidate_id", "schema_version"}}
        part = ReceivedStatedPart(stated, offset, value["updated_at"])
        seen.setdefault(value["candidate_id"], []).append(part)
    folded = (fold(None, records, candidate_id) for candidate_id, records in seen.items())
    return [result.profile for result in folded if result.profile is not None]


def turns() -> list[dict[str, Any]]:
    """A turn, and its answer."""
    with TemporaryDirectory() as folder:
        ranker, prepared = MostPopularRanker(), Path(folder)
        ranker.prepare(catalogue(), prepared)

        def rank(profiles: Sequence[Ranked], size: int) -> list[list[dict[str, Any]]]:
            moments = [profile["as_of"] for profile in profiles]
            return ranker.rank(profiles, moments, prepared, size)

        listed = rank([anonymous_profile(MOMENT)], 3)[0]
        market, said = ServingMarket(catalogue(), Vocabulary.of({}), rank), []
        for number in range(6):
            turn = {
                "schema_version": 1,
                "turn_id": f"t{number}",
                "candidate_id": "c1",
                "speaker": "candidate",
                "said_at": MOMENT,
                "text": ("not the second", "undo", "why the first?")[number % 3],
                "language": "en",
                "recommendation_id": "r1",
                "shown": [item["posting_id"] for item in listed],
            }
            [(_, _, answer), *_] = reply(Memory(), turn, market)
            said += [turn, orjson.loads(answer)]
    return said


def matches() -> list[dict[str, Any]]:
    """What the writer makes of candidates of ten postings, half of whom have applied."""
    versions = ServingVersions("a model", "1", 1)
    values = []
    for number, posting in enumerate(list(market().postings())[:10]):
        reached = ReachedPosting(
            posting_id=posting["posting_id"],
            probability=0.25,
            requirement=0.5,
            met=posting["skills"][:1],
            missing=posting["skills"][1:],
            kind="stated",
            words=posting["skills"][:1],
        )
        reach = Reach(
            candidate_id=f"c{number}",
            profile_version=3,
            as_of=datetime(2026, 3, 1, tzinfo=UTC),
            model_name=versions.model_name,
            model_version=versions.model_version,
            catalogue_version=versions.catalogue_version,
            applied=[posting["posting_id"]] * (number % 2),
            postings=[reached],
        )
        writer = MatchWriter(b"k" * 32, versions, {posting["posting_id"]: "en"}, 2.0)
        made = writer.value(posting["posting_id"], [Entry(reach, reached)])
        assert made is not None
        values.append(orjson.loads(made[1]))
    return values


def plans() -> list[dict[str, Any]]:
    """The plans of the market's candidates to their wishes, with one course that needs itself."""
    taxonomy = embedded_taxonomy()
    versions = PlanVersions(
        postings=4, courses=1, profiles=2, taxonomy=taxonomy.source, taxonomy_version="1"
    )
    taught = sorted({skill for value in samples(POSTINGS.name) for skill in value["skills"]})
    own = CourseSkill(skill="a skill of its own")
    courses = [
        Course(course_id=f"k{place}", title=skill, gives=[CourseSkill(skill=skill)])
        for place, skill in enumerate(taught)
    ]
    courses.append(Course(course_id="own", title="needs itself", needs=[own], gives=[own]))
    mapper = Mapper.of(taxonomy, meanings=False)
    market = PlanningMarket.of(mapper, catalogue(), courses, samples(PROFILES.name), versions)
    asked = [
        (value["candidate_id"], said, goal)
        for value in samples(PROFILES.name)
        for said in [value.get("stated") or {"updated_at": value["as_of"]}]
        for goal in (*said.get("wishes", ()), "Data Scientist", "qqq")
    ]
    return [orjson.loads(to_json(make_plan(*one, market))) for one in asked]


def rewrites() -> list[dict[str, Any]]:
    """The market's postings by rules, one of them too long, and one as a language model signs."""
    writer = Writer(FactVocabulary.of(embedded_taxonomy()))
    postings = [Posting.model_validate(value) for value in samples(POSTINGS.name)]
    postings.append(postings[0].model_copy(update={"description": "a rockstar " * 5_000}))
    made = [make_rewrite(writer, one, None) for one in postings]
    signed = {"author": "small", "prompt_version": PROMPT_VERSION, "model": ModelOutcome.WRITTEN}
    made.append(made[0].model_copy(update=signed))
    return [orjson.loads(to_json(one)) for one in made]


def recommendations(arm: RolloutArm = RolloutArm.CHAMPION) -> list[dict[str, Any]]:
    """The popular list of each profile, and of nobody, with the fields that streaming adds."""
    asked = [*samples(PROFILES.name), anonymous_profile("2025-02-01T00:00:00.000000Z")]
    with TemporaryDirectory() as folder:
        MostPopularRanker().prepare(catalogue(), Path(folder))
        moments = [profile["as_of"] for profile in asked]
        lists = MostPopularRanker().rank(asked, moments, Path(folder), 5)
    versions = ServingVersions("careerstream", "1", 4, shuffle_share=0.5)
    rollout = Rollout(
        rollout_id="a rollout", mode=Mode.CANARY, share=0.05, salt="s",
        champion_version="1", model_version="2", started_at=MOMENT,
    )  # fmt: skip
    return [
        recommendation_value(profile, items, versions, rollout.assignment(arm))
        for profile, items in zip(asked, lists, strict=True)
    ]


def catalogue() -> Catalogue:
    rows = [
        {
            "posting_id": value["posting_id"],
            **{
                name: value.get(name)
                for name in ("title", "employer", "occupation", "skills", "place", "language")
            },
            "date_posted": parse_timestamp(value["date_posted"]),
            "valid_through": expires and parse_timestamp(expires),
            "open": True,
        }
        for value in samples(POSTINGS.name)
        for expires in [value.get("valid_through")]
    ]
    return Catalogue.of(pa.Table.from_pylist(rows), 4)


def validator(topic: Topic) -> Draft202012Validator:
    return Draft202012Validator(json_schema(topic))


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_is_a_valid_one_of_2020_12(name: str) -> None:
    schema = json_schema(BY_NAME[name])

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", NAMES)
def test_real_values_fit_schema_and_model(name: str) -> None:
    topic = BY_NAME[name]
    check = validator(topic)

    assert len(samples(name)) >= 10
    for value in samples(name):
        check.validate(value)
        assert topic.record is not None
        topic.record.model_validate(value)


@pytest.mark.parametrize("name", NAMES)
def test_the_samples_hold_most_fields_so_that_they_prove_something(name: str) -> None:
    topic = BY_NAME[name]
    held = {key for value in samples(name) for key in value}

    assert topic.record is not None
    missing = set(topic.record.model_fields) - held
    assert missing <= {
        *("recommendation_id", "rank", "triggered_by", "url", "experience"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_our_own_writer_makes_of_them_fits_too(name: str) -> None:
    topic = BY_NAME[name]
    assert topic.record is not None

    for value in samples(name)[:5]:
        written = to_json(topic.record.model_validate_json(orjson.dumps(value)))
        validator(topic).validate(orjson.loads(written))


@pytest.mark.parametrize("name", NAMES)
def test_unknown_fields_are_tolerated(name: str) -> None:
    validator(BY_NAME[name]).validate(samples(name)[0] | {"a_field_of_tomorrow": [1, {"x": None}]})


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_field_is_refused_by_both(name: str) -> None:
    topic, value = BY_NAME[name], samples(name)[0]
    assert topic.record is not None

    for field, info in topic.record.model_fields.items():
        without = {key: held for key, held in value.items() if key != field}
        assert validator(topic).is_valid(without) != (
            info.is_required() or field == "schema_version"
        )
        if info.is_required():
            with pytest.raises(ValidationError):
                topic.record.model_validate(without)


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_type_is_refused_by_both(name: str) -> None:
    topic, value = BY_NAME[name], samples(name)[0]
    assert topic.record is not None

    for field in topic.record.model_fields:
        # No field is a list of lists.
        wrong = value | {field: [[]]}
        assert not validator(topic).is_valid(wrong), field
        with pytest.raises(ValidationError):
            topic.record.model_validate(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_another_schema_version_is_refused(name: str) -> None:
    assert not validator(BY_NAME[name]).is_valid(samples(name)[0] | {"schema_version": 2})


@pytest.mark.parametrize("kind", [Event, Posting, Candidate, Profile])
def test_ids_have_the_lengths_that_the_model_allows(
    kind: type[Event | Posting | Candidate | Profile],
) -> None:
    (topic,) = (topic for topic in VALUES if topic.record is kind)
    key = topic.key
    value = samples(topic.name)[0]

    for length, fits in ((0, False), (1, True), (200, True), (201, False)):
        changed = value | {key: "x" * length}
        assert validator(topic).is_valid(changed) == fits
        if not fits:
            with pytest.raises(ValidationError):
                kind.model_validate(changed)


def test_the_oldest_and_the_newest_time_fit() -> None:
    value = samples(EVENTS.name)[0]
    for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        event = Event.model_validate(value | {"event_time": moment})
        validator(EVENTS).validate(orjson.loads(to_json(event)))
