"""The published schemas and the decoder agree, in both directions, on what a value must be."""

import json

import pytest
import schema_values
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from streaming.contract.documents import json_schema
from streaming.contract.json_parser import DecodeError
from streaming.contract.records import EventKind, ProfileEventKind
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import (
    CANDIDATES,
    CONVERSATIONS,
    EVENTS,
    PLANS,
    PROFILES,
    RECOMMENDATIONS,
    REWRITES,
    SHADOW_RECOMMENDATIONS,
    TOPICS,
)
from streaming.contract.value_decoder import read_value

RECORDS = [topic for topic in TOPICS if topic.record is not None]
SCHEMAS = {topic.name: json_schema(topic) for topic in RECORDS}
VALIDATORS = {name: schema_values.validator(schema) for name, schema in SCHEMAS.items()}
VALUES = {name: schema_values.values(schema) for name, schema in SCHEMAS.items()}
CHANGED = {name: schema_values.changed_values(schema) for name, schema in SCHEMAS.items()}
LAST = "9999-12-31T23:59:59.999999Z"
TIME = "2024-05-06T07:08:09.000000Z"
EVENT = {
    "schema_version": 1,
    "event_id": "e4",
    "candidate_id": "c4",
    "posting_id": "p4",
    "kind": "save",
    "event_time": TIME,
}
CANDIDATE = {"schema_version": 1, "candidate_id": "c4", "updated_at": TIME}
TURN = {
    "schema_version": 1,
    "turn_id": "t4",
    "candidate_id": "c4",
    "speaker": "candidate",
    "said_at": TIME,
    "text": "undo",
}
PROFILE_EVENT = {
    "event_id": "e4",
    "posting_id": "p4",
    "kind": "save",
    "event_time": TIME,
    "offset": 8,
}
MARKED = {"posting_id": "p4", "event_time": TIME, "offset": 8}
PROFILE = {
    "schema_version": 1,
    "candidate_id": "c4",
    "version": 9,
    "offsets": {"events": 8},
    "as_of": TIME,
    "stated": {"updated_at": TIME},
    "events": [PROFILE_EVENT],
    "applied": [MARKED],
    "dismissed": [],
}
PLAN = {
    "schema_version": 1,
    "plan_id": "h",
    "candidate_id": "c1",
    "goal": "Baker",
    "versions": {"postings": 1, "taxonomy": "own", "taxonomy_version": "v"},
    "as_of": TIME,
}
REWRITE = {
    "schema_version": 1,
    "rewrite_id": "h",
    "posting_id": "p4",
    "posting_version": "v",
    "writer_version": "rules",
    "language": "en",
    "translated": True,
    "title": "Baker",
    "author": "rules",
    "facts": 1,
    "before": {"sentence_length": 1.0, "longest": 1},
}
RECOMMENDATION = {
    "schema_version": 1,
    "recommendation_id": "r4",
    "candidate_id": "*",
    "personal": False,
    "profile_version": 9,
    "model_name": "m",
    "model_version": "2",
    "catalogue_version": 5,
    "as_of": TIME,
    "items": [
        {
            "rank": 1,
            "posting_id": "p5",
            "score": 0.5,
            "reasons": [{"kind": "event", "text": "t", "words": ["Rust"]}],
        }
    ],
}


def read(topic, value):
    """Decode a value, a JSON document or its bytes."""
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return read_value(text, topic, LAST)


def is_read(topic, value):
    try:
        read(topic, value)
    except DecodeError:
        return False
    return True


def refused(topic, value):
    """Return why a value is refused, by the decoder and by the schema too."""
    assert not VALIDATORS[topic.name].is_valid(value)
    with pytest.raises(DecodeError) as caught:
        read(topic, value)
    return caught.value.reason, caught.value.text


@pytest.mark.parametrize("topic", RECORDS, ids=lambda topic: topic.name)
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_what_the_schema_allows_is_read(topic, data):
    value = data.draw(VALUES[topic.name])
    VALIDATORS[topic.name].validate(value)
    record = read(topic, value)
    VALIDATORS[topic.name].validate(record)
    assert read(topic, record) == record


@pytest.mark.parametrize("topic", RECORDS, ids=lambda topic: topic.name)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_value_is_read_if_and_only_if_the_schema_allows_it(topic, data):
    value = data.draw(CHANGED[topic.name])
    assert is_read(topic, value) == VALIDATORS[topic.name].is_valid(value)


@given(
    text=schema_values.TIMES, place=st.integers(0, 40), change=st.sampled_from(" \n0156TZz+-.:٣")
)
@settings(max_examples=200)
def test_a_changed_time_is_read_if_and_only_if_the_schema_allows_it(text, place, change):
    for changed in (
        text,
        text[:place] + change + text[place + 1 :],
        text[:place] + text[place + 1 :],
    ):
        value = EVENT | {"event_time": changed}
        assert is_read(EVENTS, value) == VALIDATORS[EVENTS.name].is_valid(value)


@pytest.mark.parametrize("topic", RECORDS, ids=lambda topic: topic.name)
def test_null_is_allowed_for_exactly_the_optional_fields(topic):
    value = {
        EVENTS: EVENT,
        CANDIDATES: CANDIDATE,
        PROFILES: PROFILE,
        RECOMMENDATIONS: RECOMMENDATION,
        SHADOW_RECOMMENDATIONS: RECOMMENDATION,
        CONVERSATIONS: TURN,
        PLANS: PLAN,
        REWRITES: REWRITE,
    }.get(topic, {"schema_version": 1, "posting_id": "p4", "title": "Baker"})
    for name in topic.record.model_fields:
        with_null = value | {name: None}
        optional = name not in SCHEMAS[topic.name]["required"]
        assert is_read(topic, with_null) == VALIDATORS[topic.name].is_valid(with_null) == optional
        if optional:
            assert name not in read(topic, with_null)


@pytest.mark.parametrize("number", [3, 3.0, -(2**63), 2**63 - 1])
def test_a_whole_number_may_be_written_with_a_point(number):
    rank = read(EVENTS, EVENT | {"rank": number})["rank"]
    assert (rank, type(rank)) == (number, int)


@pytest.mark.parametrize("number", ["-9223372036854775809", "9223372036854775808", "1e19", "2.5"])
def test_a_number_beyond_64_bits_is_no_whole_number(number):
    reason, text = refused(EVENTS, EVENT | {"rank": json.loads(number)})
    assert reason == RejectionReason.WRONG_TYPE
    assert text.startswith("field rank ")


@pytest.mark.parametrize("number", ["1e400", "-1e400", "7" * 400, "1" + "0" * 309])
def test_a_number_beyond_a_double_is_refused(number):
    value = json.dumps(EVENT | {"duration_seconds": "?"}).replace('"?"', number).encode()
    assert not VALIDATORS[EVENTS.name].is_valid(json.loads(value))
    with pytest.raises(DecodeError, match="duration_seconds is too large a number"):
        read(EVENTS, value)


@pytest.mark.parametrize("version", ["0", "2", "0.0", "-0.0", "2.0", "1.5", "-1", "1" + "0" * 400])
def test_another_version_is_named_before_what_else_is_unlike_this_one(version):
    value = f'{{"schema_version":{version},"event_id":7}}'.encode()
    assert not VALIDATORS[EVENTS.name].is_valid(json.loads(value))
    with pytest.raises(DecodeError, match="this careerstream reads 1") as caught:
        read(EVENTS, value)
    assert caught.value.reason == RejectionReason.SCHEMA_VERSION


@pytest.mark.parametrize(
    ("topic", "value", "text"),
    [
        (
            PROFILES,
            PROFILE | {"events": [PROFILE_EVENT, PROFILE_EVENT | {"event_time": 1714979289}]},
            "field events[1].event_time is a number, must be a string such as 2026-01-31T09:30:00Z",
        ),
        (
            EVENTS,
            EVENT | {"event_time": "noon"},
            "field event_time is 'noon', must be an RFC 3339 time in the years 1 to 9999, UTC",
        ),
        (
            PROFILES,
            PROFILE | {"events": [PROFILE_EVENT | {"kind": "impression"}]},
            "field events[0].kind is 'impression', must be one of view, save, apply, dismiss, hire",
        ),
        (
            PROFILES,
            PROFILE | {"applied": [{"posting_id": "p4", "event_time": TIME}]},
            "field applied[0].offset is missing",
        ),
        (
            PROFILES,
            PROFILE | {"dismissed": [MARKED | {"posting_id": None}]},
            "field dismissed[0].posting_id is missing",
        ),
        (PROFILES, PROFILE | {"stated": {}}, "field stated.updated_at is missing"),
        (
            PROFILES,
            PROFILE | {"stated": {"updated_at": TIME, "skills": ["Rust", 7]}},
            "field stated.skills[1] is a number, must be a string",
        ),
        (
            PROFILES,
            PROFILE | {"triggered_by": {"event_id": "e4"}},
            "field triggered_by.produced_at is missing",
        ),
        (PROFILES, PROFILE | {"offsets": None}, "field offsets is missing"),
        (
            PROFILES,
            PROFILE | {"events": {}},
            "field events is an object, must be a list of objects",
        ),
        (
            RECOMMENDATIONS,
            RECOMMENDATION
            | {"items": [{**RECOMMENDATION["items"][0], "reasons": [{"kind": "event"}]}]},
            "field items[0].reasons[0].text is missing",
        ),
        (
            RECOMMENDATIONS,
            RECOMMENDATION | {"items": [{**RECOMMENDATION["items"][0], "score": "high"}]},
            "field items[0].score is a string, must be a number",
        ),
        (
            CANDIDATES,
            CANDIDATE | {"candidate_id": "*"},
            "field candidate_id is '*', which stands for anonymous visitors",
        ),
    ],
)
def test_the_text_names_the_place_of_what_is_wrong(topic, value, text):
    assert refused(topic, value)[1] == text


def test_objects_in_lists_keep_the_known_fields_that_are_not_null_with_canonical_times():
    written = PROFILE_EVENT | {
        "event_time": "2024-05-06t09:08:09+02:00",
        "duration_seconds": None,
        "offset": 8.0,
        "colour": "red",
    }
    reason = {"kind": "event", "text": "t", "words": None, "colour": "red"}
    item = RECOMMENDATION["items"][0] | {"reasons": [reason]}

    assert read(PROFILES, PROFILE | {"events": [written]})["events"] == [PROFILE_EVENT]
    [listed] = read(RECOMMENDATIONS, RECOMMENDATION | {"items": [item]})["items"]
    assert listed["reasons"] == [{"kind": "event", "text": "t"}]


@pytest.mark.parametrize("text", ["a\x00b", " c4 ", "\t\x7f", "😀" * 200, "**", "*\n", "e\u0301"])
def test_an_id_may_hold_any_characters(text):
    value = EVENT | {"candidate_id": text}
    VALIDATORS[EVENTS.name].validate(value)
    assert read(EVENTS, value)["candidate_id"] == text


def test_the_key_of_anonymous_visitors_stands_in_profiles_and_recommendations_alone():
    assert is_read(PROFILES, PROFILE | {"candidate_id": "*"})
    assert is_read(RECOMMENDATIONS, RECOMMENDATION)
    for topic, value in ((EVENTS, EVENT), (CANDIDATES, CANDIDATE)):
        assert refused(topic, value | {"candidate_id": "*"})[0] == RejectionReason.WRONG_VALUE
        with pytest.raises(ValidationError, match="'\\*' stands for anonymous visitors"):
            topic.record.model_validate(value | {"candidate_id": "*"})


def test_a_profile_holds_all_kinds_of_events_but_impressions():
    assert {*ProfileEventKind, EventKind.IMPRESSION} == set(EventKind)


@pytest.mark.parametrize(
    "text",
    ["noon", "2024-05-06", f"{TIME}\n", "0000-05-06T07:08:09Z", "9999-12-31T23:59:59-01:00"],
)
def test_most_times_are_refused_by_validators_that_take_formats_for_comments_too(text):
    validator = Draft202012Validator(SCHEMAS[EVENTS.name])
    validator.validate(EVENT)
    assert not validator.is_valid(EVENT | {"event_time": text})


@pytest.mark.parametrize("topic", RECORDS, ids=lambda topic: topic.name)
def test_the_description_says_what_no_schema_can_say(topic):
    text = SCHEMAS[topic.name]["description"]
    for rule in ("1,048,576 bytes", "UTF-8", "repeats no key", "NaN", "surrogate"):
        assert rule in text
    assert ("at most a day after" in text) == (topic in {EVENTS, CANDIDATES, CONVERSATIONS})
