"""With pseudonyms no id stands behind `events` and `candidates`, as the search of erasures proves.

The same market runs twice. The search must find everybody everywhere where ids are clear.
"""

import orjson
import pytest

from jobs import archive, converse, hot_path, index_postings
from jobs.operations.dead_letter_browser import DeadLetterFilter, find_dead_letter, summarize
from jobs.operations.dead_letter_replay import ReplayOutcome, replay
from jobs.privacy.erase import erase, search
from jobs.privacy.export import export
from jobs.privacy.person_traces import Traces
from streaming.contract.topics import (
    CANDIDATES,
    CONVERSATIONS,
    DEAD_LETTERS,
    EVENTS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
)
from streaming.errors import SettingsError
from streaming.kafka.topic_reader import read_messages
from streaming.lake.erasures import read_fences
from streaming.privacy.pseudonyms import pseudonyms_of
from streaming.profiles.rebuild import compare, read_streamed, rebuild
from streaming.settings import PrivacySettings
from training.registry.registration import ensure_champion

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

PEOPLE = [f"person-{number}" for number in range(12)]
ANNA = PEOPLE[0]
MAIL = "anna@example.org"
SOURCES = {f"{kind} {topic}" for kind in ("topic", "segment files of topic")
           for topic in ("events", "candidates", "conversations")}  # fmt: skip
"""Producers write ids there."""


def click(candidate, number):
    return orjson.dumps(
        {
            "schema_version": 1,
            "event_id": f"event{number}",
            "candidate_id": candidate,
            "posting_id": f"p{number}",
            "kind": "view",
            "event_time": f"2026-03-01T08:{number:02}:00.000000Z",
        }
    )


def stated(candidate):
    said = {"schema_version": 1, "candidate_id": candidate, "background": f"write to {MAIL}"}
    return orjson.dumps(said | {"updated_at": "2026-02-01T00:00:00.000000Z"})


def turn(candidate, number, text):
    said = {"schema_version": 1, "turn_id": f"turn{number}", "candidate_id": candidate}
    said |= {"speaker": "candidate", "said_at": f"2026-03-01T09:{number:02}:00.000000Z"}
    return orjson.dumps(said | {"text": text, "shown": ["p1", "p2"]})


def run_market(settings, send, started):
    """Run events → profiles → lists → lake, with conversations and broken messages."""
    ids = [f"p{n}" for n in range(9)]
    posting = {"schema_version": 1, "title": "Work", "skills": ["Python"]}
    send(settings, POSTINGS, [(i.encode(), orjson.dumps(posting | {"posting_id": i})) for i in ids])
    send(settings, CANDIDATES, [(one.encode(), stated(one)) for one in PEOPLE])
    clicks = [(one.encode(), click(one, n)) for one in PEOPLE for n in range(4)]
    broken = [(ANNA.encode(), b'{"candidate_id": "' + ANNA.encode()), (b"other", click(ANNA, 5))]
    send(settings, EVENTS, [*clicks, *broken])
    ensure_champion(settings)
    with (
        started(index_postings, settings) as index,
        started(hot_path, settings) as hot,
        started(archive, settings) as lake,
        started(converse, settings) as talk,
    ):
        for job in (index, hot, lake, talk):
            job.drain()
        said = [(ANNA, 1, "I want remote work"), (ANNA, 2, "not the first")]
        send(settings, CONVERSATIONS, [(a.encode(), turn(a, n, t)) for a, n, t in said])
        send(settings, CONVERSATIONS, [(ANNA.encode(), b"{")])
        for job in (talk, hot, talk, lake):
            job.drain()


def clear_places(spark, settings):
    """Return where the clear ids are found without any key, by place."""
    outsider = settings.model_copy(update={"privacy": PrivacySettings()})
    places = search(spark, outsider, Traces(PEOPLE))
    return {place.label: place.found for place in places if place.found}


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    """A key."""
    file = tmp_path_factory.mktemp("key") / "pseudonyms.key"
    file.write_text("0123456789abcdef" * 4 + "\n")
    return file


@pytest.fixture(scope="module")
def pseudonymous(make_settings, send, started, key_file):
    """A market that ran with pseudonyms."""
    privacy = PrivacySettings(pseudonyms="yes", key_file=key_file)
    settings = make_settings().model_copy(update={"privacy": privacy})
    run_market(settings, send, started)
    return settings


@pytest.fixture(scope="module")
def clear(make_settings, send, started):
    """The same market without."""
    settings = make_settings()
    run_market(settings, send, started)
    return settings


def newest(settings, topic):
    """Return the newest value by key."""
    return {m.key.decode(): orjson.loads(m.value) for m in read_messages(settings.kafka, topic)}


def test_without_pseudonyms_everybody_is_found_everywhere(clear, spark):
    places = clear_places(spark, clear)
    for label in ("topic profiles", "topic recommendations", "table events", "table profiles",
                  "table decisions", "files of table events",
                  "table state of update_profiles"):  # fmt: skip
        assert set(places[label]) == set(PEOPLE), label
    assert places["log of table events"], "the log names the least and the greatest id"
    assert ANNA in places["topic dead-letters"]


def test_with_pseudonyms_nobody_is_found_behind_the_sources(pseudonymous, spark):
    places = clear_places(spark, pseudonymous)
    assert set(places) <= SOURCES
    assert set(places["topic events"]) == set(PEOPLE)


def test_the_key_finds_them_again(pseudonymous, spark):
    pseudonyms = pseudonyms_of(pseudonymous.privacy)
    places = search(spark, pseudonymous, Traces(PEOPLE, pseudonyms=pseudonyms))
    found = {place.label: set(place.found) for place in places if place.found}
    for label in ("topic profiles", "topic recommendations", "table events", "table profiles",
                  "table decisions", "table state of update_profiles"):  # fmt: skip
        assert found[label] == set(PEOPLE), label
    assert ANNA in found["topic dead-letters"]


def test_profiles_and_lists_are_what_they_are_without(pseudonymous, clear):
    pseudonyms = pseudonyms_of(pseudonymous.privacy)
    for topic in (PROFILES, RECOMMENDATIONS):
        plain, hashed = newest(clear, topic), newest(pseudonymous, topic)
        assert {key if key == "*" else pseudonyms.of(key) for key in plain} == set(hashed)
        for one in PEOPLE[1:]:
            mine = hashed[pseudonyms.of(one)]
            assert mine["candidate_id"] == pseudonyms.of(one)
            if topic is PROFILES:
                assert mine["events"] == plain[one]["events"]
                assert mine["version"] == plain[one]["version"]
                assert mine["stated"]["background"] == "write to [MAIL-A]"
            else:
                listed = [item["posting_id"] for item in mine["items"]]
                assert listed == [item["posting_id"] for item in plain[one]["items"]]


def test_effects_of_a_conversation_come_in_the_order_of_the_candidates_messages(pseudonymous):
    own, known = ANNA.encode(), pseudonyms_of(pseudonymous.privacy).of(ANNA)
    partitions = {m.partition for m in read_messages(pseudonymous.kafka, EVENTS) if m.key == own}
    assert len(partitions) == 1
    profile = newest(pseudonymous, PROFILES)[known]
    assert profile["dismissed"], "the conversation dismissed a posting"
    assert len(profile["events"]) == 5
    assert profile["stated"]["said"]
    answers = [
        m for m in read_messages(pseudonymous.kafka, CONVERSATIONS) if m.key == known.encode()
    ]
    assert len(answers) == 2


def test_dead_letters_open_with_the_key_alone(pseudonymous, tmp_path):
    pseudonyms = pseudonyms_of(pseudonymous.privacy)
    for record in read_messages(pseudonymous.kafka, DEAD_LETTERS):
        raw = b"".join([record.value or b"", *(content for _, content in record.headers)])
        assert ANNA.encode() not in raw
    [key, *_] = [m.key.decode() for m in read_messages(pseudonymous.kafka, DEAD_LETTERS)]
    letter, value = find_dead_letter(pseudonymous.kafka, key, pseudonyms)
    assert letter.original_key in {ANNA.encode(), b"other"}
    assert value
    with pytest.raises(SettingsError, match="is sealed"):
        find_dead_letter(pseudonymous.kafka, key)
    summary = summarize(pseudonymous.kafka, DeadLetterFilter(), 9)
    assert {one["text"] for one in summary["newest"]} == {"sealed"}
    other = tmp_path / "other.key"
    other.write_text("f" * 64)
    another = pseudonyms_of(PrivacySettings(pseudonyms="yes", key_file=other))
    with pytest.raises(SettingsError, match="is sealed with the key"):
        find_dead_letter(pseudonymous.kafka, key, another)


@pytest.mark.parametrize("market", ["clear", "pseudonymous"])
def test_a_person_is_given_everything_and_nothing_of_others(market, request, spark):
    settings = request.getfixturevalue(market)
    given = export(spark, settings, ANNA)
    messages = {name: len(found) for name, found in given["messages"].items()}
    assert messages["events"] == 4 + 1 + 1, "clicks, one that is broken, an effect"
    assert messages["candidates"] == 2
    assert messages["conversations"] == 3 + 2
    assert messages["profiles"]
    assert messages["recommendations"]
    assert len(given["dead_letters"]) == 3
    assert len(given["rows"]["events"]) == 5
    assert given["rows"]["profiles"]
    assert given["rows"]["decisions"]
    assert len(given["state"][0]["document"]["events"]) == 5
    assert all({"partition", "offset"} <= set(one) for one in given["messages"]["profiles"])
    text = orjson.dumps(given)
    assert not Traces(PEOPLE[1:], pseudonyms=pseudonyms_of(settings.privacy)).within(text)


def test_profiles_are_rebuilt_from_the_lake(pseudonymous, spark):
    rebuilt = rebuild(spark, pseudonymous).collect()
    comparison = compare(rebuilt, read_streamed(pseudonymous.kafka))
    assert (comparison.equal, comparison.different, comparison.unknown) == (len(PEOPLE), [], [])


def test_a_state_keeps_to_its_key(pseudonymous, spark):
    settings = pseudonymous.model_copy(update={"privacy": PrivacySettings()})
    with pytest.raises(SettingsError, match="has pseudonyms of the key"):
        hot_path.start(spark, settings)


def test_who_is_erased_by_id_is_gone_under_the_pseudonym(pseudonymous, spark, started):
    """The last test: it changes the market."""
    known = pseudonyms_of(pseudonymous.privacy).of(ANNA)
    with started(hot_path, pseudonymous) as hot, started(archive, pseudonymous) as lake:
        erase(lambda: spark, pseudonymous, [ANNA])
        hot.drain()
        lake.drain()
    for topic in (PROFILES, RECOMMENDATIONS):
        messages = [m for m in read_messages(pseudonymous.kafka, topic) if m.key == known.encode()]
        assert messages[-1].value is None, topic.name
    assert {fence.candidate_id for fence in read_fences(spark, pseudonymous)} == {known}
    pseudonyms = pseudonyms_of(pseudonymous.privacy)
    places = search(spark, pseudonymous, Traces([ANNA], pseudonyms=pseudonyms))
    assert not {p.label for p in places if p.found and p.label.startswith("table ")}
    assert set(clear_places(spark, pseudonymous)) <= SOURCES
    fences = {(f.topic, f.candidate_id): f.offset for f in read_fences(spark, pseudonymous)}
    outcomes = replay(pseudonymous, DeadLetterFilter(topic="events"), read_fences=lambda: fences)
    assert ReplayOutcome.ERASED in outcomes.values()
