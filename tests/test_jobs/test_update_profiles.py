"""update_profiles from end to end: broken messages among good ones, and what becomes of each."""

from dataclasses import dataclass

import orjson
import pytest

from jobs import update_profiles
from streaming.contract.records import Profile
from streaming.contract.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PROFILES
from streaming.kafka.topic_reader import read_messages
from streaming.profiles.fold import ReceivedEvent, fold
from streaming.timestamps import format_timestamp, parse_timestamp

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

SAID = "2026-02-01T00:00:00.000000Z"


def good(candidate, number, **changes):
    return {
        "schema_version": 1,
        "event_id": f"{candidate}-{number}",
        "candidate_id": candidate,
        "posting_id": f"p{number % 7}",
        "kind": ("view", "save", "apply", "dismiss", "impression")[number % 5],
        "event_time": f"2026-03-01T08:{number:02}:00.000000Z",
    } | changes


def stated(candidate, **parts):
    return {"schema_version": 1, "candidate_id": candidate, "updated_at": SAID} | parts


def broken_events(json_of):
    """(key, value, reason): every kind of message that cannot be read."""
    one = good("c1", 1)
    return [
        (b"*", None, "null-value"),
        (b"c1", b"", "not-json"),
        (b"c1", b"\xff\xfe\x00", "not-utf8"),
        (b"c1", b"{" * 50_000, "not-json"),
        (b"c1", json_of(one) + json_of(one), "not-json"),
        (b"c1", b"[]", "wrong-type"),
        (b"c1", json_of(one, event_id=...), "missing-field"),
        (b"c1", json_of(one, candidate_id=...), "missing-field"),
        (b"c1", json_of(one, kind=3), "wrong-type"),
        (b"c1", json_of(one, event_time="9999-12-31T23:59:59-10:00"), "wrong-value"),
        (b"c1", json_of(one, event_time="9999-01-01T00:00:00Z"), "future-time"),
        (b"c1", json_of(one, schema_version=2), "schema-version"),
        (b"c1", json_of(one, source="x" * 2 * 1024 * 1024), "too-large"),
        (b"somebody else", json_of(one), "wrong-key"),
        (b"\xff\xfe", json_of(one), "wrong-key"),
        (None, json_of(one), "wrong-key"),
        (b"*", json_of(one, candidate_id="*"), "wrong-value"),
    ]


def broken_candidates(json_of):
    return [
        (b"", None, "null-value"),
        (b"\xff\xfe", None, "null-value"),
        (b"x" * 201, None, "null-value"),
        (b"*", None, "null-value"),
        (b"c1", json_of(stated("c1", skills=["Java", None])), "wrong-type"),
        (b"c1", json_of(stated("c1", updated_at="9999-01-01T00:00:00Z")), "future-time"),
        (b"c1", json_of(stated("c2")), "wrong-key"),
    ]


@dataclass
class Story:
    """What was sent and what stood on the topics after each part."""

    broken: dict
    """Key of the dead letter → (original key, original value, reason)."""
    placed: list
    """Good events and where they stand."""
    profiles: list
    letters: list
    after_repeats: list
    after_restart: list
    letters_at_the_end: list


@pytest.fixture(scope="module", params=["on", "off"])
def story(request, make_settings, send, started, json_of):
    settings = make_settings(tuned=request.param)
    kafka = settings.kafka
    clicks = [good(f"c{n % 3 + 1}", n) for n in range(1, 40)]
    pairs = [(click["candidate_id"].encode(), json_of(click)) for click in clicks]
    bad = broken_events(json_of)
    step = len(pairs) // len(bad)
    mixed = [p for n, b in enumerate(bad) for p in (*pairs[n * step : (n + 1) * step], b[:2])]
    mixed += pairs[len(bad) * step :]
    places = send(settings, EVENTS, mixed)
    told = [
        (b"c1", json_of(stated("c1", skills=["Java"], device="unknown extra"))),
        (b"c2", json_of(stated("c2", skills=["Go"]))),
        (b"only-said", json_of(stated("only-said", wishes=["会计"], places=None))),
        (b"c2", None),
        (b"never-seen", None),
    ]
    bad_told = broken_candidates(json_of)
    told_places = send(settings, CANDIDATES, [*told, *(b[:2] for b in bad_told)])
    reasons = {(key, value): reason for key, value, reason in bad}
    broken = {
        f"events/{place.partition}/{place.offset}": (*pair, reasons[pair])
        for pair, place in zip(mixed, places, strict=True)
        if pair in reasons
    } | {
        f"candidates/{place.partition}/{place.offset}": b
        for b, place in zip(bad_told, told_places[len(told) :], strict=True)
    }
    by_value = {json_of(click): click for click in clicks}
    placed = [
        (by_value[pair[1]], place)
        for pair, place in zip(mixed, places, strict=True)
        if pair not in reasons
    ]
    with started(update_profiles, settings) as running:
        running.drain()
        profiles, letters = (
            list(read_messages(kafka, PROFILES)),
            list(read_messages(kafka, DEAD_LETTERS)),
        )
        send(settings, EVENTS, pairs[::-1])
        running.drain()
        after_repeats = list(read_messages(kafka, PROFILES))
    late = good("c1", 56)
    send(settings, EVENTS, [(b"c1", json_of(late))])
    with started(update_profiles, settings) as running:
        running.drain()
        running.check()
        after_restart = list(read_messages(kafka, PROFILES))
        letters_at_the_end = list(read_messages(kafka, DEAD_LETTERS))
    return Story(
        broken, placed, profiles, letters, after_repeats, after_restart, letters_at_the_end
    )


def newest(profiles):
    """The profile with the highest version of each candidate."""
    found = {}
    for message in profiles:
        profile = orjson.loads(message.value)
        held = found.get(profile["candidate_id"])
        if held is None or held["version"] < profile["version"]:
            found[profile["candidate_id"]] = profile
    return found


def test_each_broken_message_is_one_dead_letter_with_its_reason(story):
    assert sorted(letter.key.decode() for letter in story.letters) == sorted(story.broken)
    found = {
        letter.key.decode(): (dict(letter.headers)["reason"].decode(), dict(letter.headers))
        for letter in story.letters
    }
    reasons = {key: reason for key, (reason, _) in found.items()}
    assert reasons == {key: reason for key, (_, _, reason) in story.broken.items()}


def test_a_dead_letter_keeps_bytes_key_and_place(story):
    for letter in story.letters:
        place = letter.key.decode()
        key, value, _ = story.broken[place]
        headers = dict(letter.headers)
        assert letter.value == value
        assert headers.get("key") == key
        said = "/".join(headers[name].decode() for name in ("topic", "partition", "offset"))
        assert said == place
        assert headers["job"] == b"update_profiles"
        assert headers["text"]


def test_good_messages_are_unharmed_and_equal_the_fold(story):
    seen = {}
    for click, place in story.placed:
        seen.setdefault(click["candidate_id"], []).append(
            ReceivedEvent(
                event_id=click["event_id"],
                posting_id=click["posting_id"],
                kind=click["kind"],
                event_time=click["event_time"],
                offset=place.offset,
                produced_at="",
            )
        )
    found = newest(story.profiles)
    for candidate, records in seen.items():
        expected = fold(None, records, candidate).profile
        for part in ("events", "applied", "dismissed"):
            assert found[candidate][part] == expected[part]
        assert found[candidate]["offsets"]["events"] == expected["offsets"]["events"]
    assert found["c3"]["version"] == fold(None, seen["c3"], "c3").profile["version"]
    assert found.keys() == {"c1", "c2", "c3", "only-said", "never-seen"}


def test_stated_parts_are_kept_and_withdrawn_by_a_null(story):
    found = newest(story.profiles)
    assert found["c1"]["stated"] == {"updated_at": SAID, "skills": ["Java"]}
    assert found["only-said"]["stated"] == {"updated_at": SAID, "wishes": ["会计"]}
    assert found["c2"]["stated"].keys() == {"updated_at"}
    assert found["c2"]["stated"]["updated_at"] > SAID
    assert found["c2"]["as_of"] == found["c2"]["events"][-1]["event_time"]
    assert found["never-seen"]["stated"].keys() == {"updated_at"}


def test_profiles_fit_the_contract_stand_under_their_key_and_name_their_cause(story):
    partitions = {click["candidate_id"]: place.partition for click, place in story.placed}
    ids = {click["event_id"] for click, _ in story.placed}
    for message in story.profiles:
        profile = Profile.model_validate_json(message.value)
        assert message.key.decode() == profile.candidate_id
        if profile.candidate_id in partitions:
            assert message.partition == partitions[profile.candidate_id]
        assert profile.triggered_by.event_id in {None, *ids}


def test_the_cause_carries_the_time_its_message_was_produced(story):
    (profile,) = [m for m in story.after_restart if b"c1-56" in m.value]
    cause = orjson.loads(profile.value)["triggered_by"]
    assert cause["event_id"] == "c1-56"
    assert format_timestamp(parse_timestamp(cause["produced_at"])) == cause["produced_at"]


def test_the_same_events_again_in_another_order_change_nothing(story):
    assert len(story.after_repeats) == len(story.profiles)
    assert newest(story.after_repeats) == newest(story.profiles)


def test_a_restart_goes_on_where_it_was(story):
    before, after = newest(story.after_repeats), newest(story.after_restart)
    assert len(story.after_restart) == len(story.after_repeats) + 1
    assert after["c1"]["version"] > before["c1"]["version"]
    assert after | {"c1": before["c1"]} == before
    assert len(story.letters_at_the_end) == len(story.letters)
