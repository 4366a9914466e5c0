"""The verifier finds what is wrong: each fault is put in by hand and must be named."""

from copy import deepcopy
from types import SimpleNamespace

import orjson
import pytest

from jobs.verify import message_generator
from jobs.verify.check_matches import check_matches
from jobs.verify.check_tables import check_events, check_keys
from jobs.verify.check_topics import (
    Published,
    check_dead_letters,
    check_profiles,
    check_recommendations,
)
from jobs.verify.comparison import Comparison, totals
from jobs.verify.expected import expect
from jobs.verify.recording_producer import Produced
from streaming.contract.topics import CANDIDATES, EVENTS
from streaming.profiles.fold import fold
from streaming.profiles.fold_inputs import received_event, received_stated_part

ALICE = "alice"


def record(key, value, offset=0, partition=0, headers=()):
    """A message as kafka-python gives it."""
    data = orjson.dumps(value) if isinstance(value, dict) else value
    return SimpleNamespace(
        key=key.encode(), value=data, offset=offset, partition=partition, headers=list(headers),
        timestamp=1_750_000_000_000,
    )  # fmt: skip


def event(number, **fields):
    return {
        "schema_version": 1,
        "event_id": f"e{number}",
        "candidate_id": ALICE,
        "posting_id": f"p{number}",
        "kind": "apply",
        "event_time": f"2025-01-01T00:00:{number:02}.000000Z",
        **fields,
    }


STATED = {
    "schema_version": 1,
    "candidate_id": ALICE,
    "updated_at": "2025-01-01T00:00:00.000000Z",
    "skills": ["SQL"],
}
BROKEN = b"{"


def produced_of(*messages):
    """What the producer remembers of (topic, value, reason) that all arrived, in this order."""
    produced, offsets = Produced(), {}
    for topic, value, reason in messages:
        data = orjson.dumps(value) if isinstance(value, dict) else value
        sent = message_generator.digest(topic, ALICE.encode(), data)
        produced.reasons[sent] = reason
        offset = offsets.setdefault(topic.name, 0)
        offsets[topic.name] += 1
        produced.acknowledged[topic.name, 0, offset] = len(produced.digests)
        produced.digests.append(sent)
    return produced


@pytest.fixture
def world():
    """Four events, one twice, a broken one and a stated part; all as it should be."""
    events = [event(1), event(2), BROKEN, event(1), event(3, kind="view"), event(4)]
    sent = [(EVENTS, v, "not-json" if v is BROKEN else None) for v in events]
    produced = produced_of(*sent, (CANDIDATES, STATED, None))
    topics = {
        EVENTS: [record(ALICE, value, offset) for offset, value in enumerate(events)],
        CANDIDATES: [record(ALICE, STATED)],
    }
    first = profile(events[:2], 1)
    newest = profile(events, 1)
    lists = [recommendation(first), recommendation(newest)]
    return SimpleNamespace(
        produced=produced, topics=topics, versions=[first, newest], lists=lists,
        letters=[record("events/0/2", BROKEN, headers=[("reason", b"not-json")])],
    )  # fmt: skip


def profile(events, stated):
    seen = [received_event(value, at) for at, value in enumerate(events) if value is not BROKEN]
    return fold(None, [*seen, *[received_stated_part(STATED, 0)] * stated], ALICE).profile


def recommendation(of, **fields):
    return {
        "candidate_id": ALICE,
        "profile_version": of["version"],
        "recommendation_id": f"list of {of['version']}",
        "items": [{"posting_id": "p9"}],
        **fields,
    }


def judge(world):
    """All comparisons by name."""
    published = Published()
    expected, comparisons = expect(world.produced, world.topics)
    comparisons += [
        check_profiles(expected, [record(ALICE, v) for v in world.versions], published),
        check_recommendations([record(ALICE, v) for v in world.lists], published, 10),
        check_dead_letters(expected, world.letters),
    ]
    return {comparison.name: comparison for comparison in comparisons}


def found(world):
    return totals(list(judge(world).values()))


NOTHING = {"lost": 0, "invented": 0, "duplicated": 0, "out_of_order": 0}


def test_what_is_as_it_should_be_has_no_fault(world):
    assert found(world) == NOTHING


def test_the_same_bytes_again_have_no_effect(world):
    world.versions.append(world.versions[-1])
    world.lists.append(world.lists[-1])
    world.letters *= 2
    world.topics[EVENTS].append(record(ALICE, event(2), 6))  # Kafka's answer to the first was lost
    judged = judge(world)
    assert totals(list(judged.values())) == NOTHING
    assert {name: c.repeated for name, c in judged.items()} == {
        "events": 1, "candidates": 0, "profiles": 1, "recommendations": 1, "dead-letters": 1,
    }  # fmt: skip


def test_an_acknowledged_message_that_is_not_there_is_lost(world):
    del world.topics[EVENTS][4]
    assert judge(world)["events"].lost == ["events/0/4"]


def test_a_message_nobody_sent_is_invented(world):
    world.topics[EVENTS].append(record(ALICE, event(7), 6))
    assert judge(world)["events"].invented == ["events/0/6"]


def test_sources_in_another_order_are_told(world):
    numbers = world.produced.acknowledged
    numbers["events", 0, 0], numbers["events", 0, 3] = 3, 0  # both are the same message
    assert judge(world)["events"].out_of_order


def test_an_event_missing_from_a_profile_is_lost_by_its_id(world):
    broken = deepcopy(world.versions[1])
    del broken["events"][1]
    world.versions[1] = broken
    (lost,) = judge(world)["profiles"].lost
    assert "event e2 of 2025-01-01T00:00:02" in lost


def test_an_event_of_nobody_in_a_profile_is_invented(world):
    broken = deepcopy(world.versions[1])
    broken["events"].append(broken["events"][-1] | {"event_id": "x"})
    world.versions[1] = broken
    (invented,) = judge(world)["profiles"].invented
    assert "event x" in invented


def test_an_event_twice_in_a_profile_is_duplicated(world):
    broken = deepcopy(world.versions[1])
    broken["events"].append(broken["events"][-1])
    world.versions[1] = broken
    (twice,) = judge(world)["profiles"].duplicated
    assert "event e4" in twice


def test_another_field_of_a_profile_is_told(world):
    world.versions[1] = world.versions[1] | {"as_of": "2026-01-01T00:00:00.000000Z"}
    (told,) = judge(world)["profiles"].invented
    assert "other as_of" in told


def test_a_profile_that_never_came_is_lost(world):
    world.versions, world.lists = [], []
    assert len(judge(world)["profiles"].lost) == 8  # four events, three marks, the stated part


def test_a_last_change_that_never_came_is_lost(world):
    world.versions, world.lists = world.versions[:1], world.lists[:1]
    assert any("event e4" in name for name in judge(world)["profiles"].lost)


def test_one_version_with_two_contents_is_duplicated(world):
    other = {"triggered_by": {"produced_at": "2025-01-01T00:00:00.000000Z"}}
    world.versions.append(world.versions[1] | other)
    assert judge(world)["profiles"].duplicated


def test_an_older_version_at_the_end_of_its_topic_is_out_of_order(world):
    world.versions.append(world.versions[0])
    world.lists.append(world.lists[0])
    judged = judge(world)
    assert judged["profiles"].out_of_order
    assert judged["recommendations"].out_of_order


def test_versions_that_come_backwards_are_out_of_order(world):
    world.versions.reverse()
    assert len(judge(world)["profiles"].out_of_order) == 2  # on its way, and at the end


def test_a_missing_list_is_lost(world):
    del world.lists[1]
    assert judge(world)["recommendations"].lost


def test_two_lists_for_one_version_are_duplicated(world):
    world.lists.append(world.lists[1] | {"recommendation_id": "another"})
    assert judge(world)["recommendations"].duplicated


def test_a_list_for_no_profile_is_invented(world):
    world.lists.insert(0, world.lists[0] | {"profile_version": 1, "recommendation_id": "x"})
    assert judge(world)["recommendations"].invented


def test_dead_letters_are_held_against_the_broken_messages(world):
    letter = world.letters[0]
    world.letters = []
    assert judge(world)["dead-letters"].lost == ["events/0/2"]
    world.letters = [record("events/0/2", BROKEN, headers=[("reason", b"null-value")])]
    assert judge(world)["dead-letters"].invented
    world.letters = [letter, record("events/0/1", b"{}", headers=[("reason", b"not-json")])]
    assert judge(world)["dead-letters"].invented
    world.letters = [letter, record("events/0/2", b"}", headers=[("reason", b"not-json")])]
    assert judge(world)["dead-letters"].duplicated


def test_rows_of_a_table_are_held_against_the_distinct_events(world):
    expected, _ = expect(world.produced, world.topics)
    good = [key + place for key, place in expected.rows.items()]
    assert len(good) == 4
    assert totals([check_events(expected, good)]) == NOTHING
    faulty = [*good[1:], good[1], (*good[2][:-1], 77)]
    told = check_events(expected, faulty)
    assert [len(told.lost), len(told.invented), len(told.duplicated)] == [1, 1, 1]


def test_comparisons_count_all_and_show_a_few():
    keys = {(str(number),) for number in range(100)}
    told = check_keys("Δ profiles", keys, []).to_dict()
    assert told["lost"] == 100
    assert len(told["ids"]["lost"]) == 20
    assert "ids" not in Comparison("somewhere").to_dict()


def test_matches_are_held_against_scoring_everybody():
    scratch = {"same": b"1", "lost": b"2", "other": b"3"}
    comparison = check_matches("matches", {"same": b"1", "other": b"4", "more": b"5"}, scratch)
    assert (comparison.expected, comparison.actual) == (3, 3)
    assert comparison.lost == ["lost"]
    assert comparison.invented == ["more"]
    assert comparison.duplicated == ["other: other bytes"]
