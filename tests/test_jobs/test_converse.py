"""converse from end to end: what is said is in the profile, through a restart and a save."""

import io
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime

import orjson
import pytest

from jobs import converse, hot_path, index_postings
from jobs.cli.app import main
from streaming.contract.topics import (
    CANDIDATES,
    CONVERSATIONS,
    DEAD_LETTERS,
    EVENTS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
)
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.profiles.fold import fold
from streaming.profiles.fold_inputs import (
    received_event,
    received_stated_part,
    without_trigger,
)
from streaming.timestamps import format_timestamp
from training.registry.registration import ensure_champion

KAFKA = ("bootstrap_servers", "topic_prefix")
pytestmark = [pytest.mark.spark, pytest.mark.kafka]


def posting(number):
    city = ("Hangzhou", "Ningbo")[number % 2]
    mode = " (remote)" if number % 3 == 0 else ""
    return {
        "schema_version": 1,
        "posting_id": f"p{number}",
        "title": f"Baker {number}{mode}",
        "employer": f"Bakery {number % 5}",
        "occupation": "Baker",
        "skills": ["bread"],
        "place": {"locality": city},
    }


def turn(number, text, **more):
    return {
        "schema_version": 1,
        "turn_id": f"t{number}",
        "candidate_id": "c1",
        "speaker": "candidate",
        "said_at": f"2026-03-01T10:{number:02}:00.000000Z",
        "text": text,
    } | more


def newest(settings, topic, key):
    found = read_latest(settings.kafka, topic, lambda one: one == key).get(key)
    return None if found is None else orjson.loads(found.value)


def answers(settings):
    values = (orjson.loads(record.value) for record in read_messages(settings.kafka, CONVERSATIONS))
    return [value for value in values if value.get("speaker") == "careerstream"]


def eventually(settings, jobs, holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, answers(settings)
        for job in jobs:
            job.drain()


def chat(settings, *texts):
    """Talk by the command; return what it prints as JSON."""
    kafka = settings.kafka
    options = [f"--set=kafka.{name}={getattr(kafka, name)}" for name in KAFKA]
    output = io.StringIO()
    with redirect_stdout(output), pytest.raises(SystemExit, match="0"):
        main([*options, "chat", "c1", *(f"--say={text}" for text in texts), "--json"])
    return orjson.loads(output.getvalue())


@pytest.fixture(scope="module")
def talked(conversation):
    return conversation[0]


@pytest.fixture(scope="module")
def conversation(make_settings, send, started):
    """A candidate who says three things, between them a restart and a save of the site."""
    settings = make_settings()
    send(settings, POSTINGS, [(f"p{n}".encode(), orjson.dumps(posting(n))) for n in range(12)])
    saved = {"schema_version": 1, "candidate_id": "c1", "skills": ["bread"]}
    first = saved | {"updated_at": "2026-02-01T00:00:00.000000Z"}
    send(settings, CANDIDATES, [(b"c1", orjson.dumps(first))])
    ensure_champion(settings)

    def say(number, text, **more):
        send(settings, CONVERSATIONS, [(b"c1", orjson.dumps(turn(number, text, **more)))])

    with started(index_postings, settings) as index:
        index.drain()
    with started(hot_path, settings) as hot:
        hot.drain()
        with started(converse, settings) as job:
            say(1, "remote only, in Hangzhou")
            say(2, "not the first", shown=["p0", "p6"])
            say(2, "not the first", shown=["p0", "p6"])  # sent again
            eventually(settings, (job, hot), lambda: len(answers(settings)) >= 2)
        again = saved | {"updated_at": "2026-03-01T10:02:30.000000Z", "skills": ["bread", "cake"]}
        send(settings, CANDIDATES, [(b"c1", orjson.dumps(again))])
        hot.drain()
        with started(converse, settings) as job:
            say(3, "undo")
            say(4, "not valid", said_at="noon")
            send(settings, CONVERSATIONS, [(b"c2", orjson.dumps(turn(5, "whose is this?")))])
            eventually(
                settings, (job, hot), lambda: any(a["answers"] == "t3" for a in answers(settings))
            )
            job.drain()
            hot.drain()
            said = ("what do you know about me?", "wibble", "not the first", "undo")
            chatted = chat(settings, *said)
    return settings, chatted


def test_what_was_said_is_in_the_profile_and_so_is_what_the_site_saved(talked):
    stated = newest(talked, PROFILES, "c1")["stated"]
    assert stated["skills"] == ["bread", "cake"]
    assert stated["places"] == ["Hangzhou"]
    assert {"field": "work_mode", "value": "remote"} in stated["must"]
    assert {one["turn_id"] for one in stated["said"]} == {"t1"}


def test_the_command_shows_the_answers(conversation):
    known, unknown, dismissed, undone = conversation[1]
    assert "Hangzhou" in known["answer"]["text"]
    assert known["milliseconds"] > 0
    assert "did not understand" in unknown["answer"]["text"]
    assert unknown["answer"]["effects"] == []
    assert known["list_milliseconds"] is unknown["list_milliseconds"] is None
    assert dismissed["list_milliseconds"] > 0
    assert undone["list_milliseconds"] > 0


def test_both_dismissals_were_taken_back(talked):
    profile = newest(talked, PROFILES, "c1")
    assert profile["dismissed"] == []
    by_turn, by_command = (one["posting_id"] for one in profile["withdrawn"])
    assert by_turn == "p0"
    assert by_command in {"p0", "p3", "p6", "p9"}  # the first of the list at that time
    kinds = [orjson.loads(r.value).get("withdrawn") for r in read_messages(talked.kafka, EVENTS)]
    assert kinds.count(True) == 2


def test_the_list_keeps_the_rule_and_says_so(talked):
    listed = newest(talked, RECOMMENDATIONS, "c1")
    assert {item["posting_id"] for item in listed["items"]} <= {"p0", "p3", "p6", "p9"}
    for item in listed["items"]:
        assert any(reason["text"] == "It is remote, as you ask." for reason in item["reasons"])


def test_a_turn_is_answered_once_or_in_the_same_words(talked):
    by_turn = {}
    for answer in answers(talked):
        by_turn.setdefault(answer["answers"], set()).add(orjson.dumps(answer))
    assert {turn for turn in by_turn if turn.startswith("t")} == {"t1", "t2", "t3"}
    assert all(len(texts) == 1 for texts in by_turn.values())


def test_the_profile_equals_the_plain_fold(talked):
    received = []
    for topic, make in ((EVENTS, received_event), (CANDIDATES, received_stated_part)):
        for record in read_messages(talked.kafka, topic):
            produced = datetime.fromtimestamp(record.timestamp / 1000, tz=UTC)
            value = orjson.loads(record.value)
            received.append(make(value, record.offset, format_timestamp(produced)))
    folded = fold(None, received, "c1").profile
    published = newest(talked, PROFILES, "c1")
    assert without_trigger(published) == without_trigger(folded)


def test_what_is_no_turn_is_a_dead_letter(talked):
    reasons = {
        dict(record.headers)["reason"]
        for record in read_messages(talked.kafka, DEAD_LETTERS)
        if dict(record.headers)["topic"] == b"conversations"
    }
    assert reasons == {b"wrong-value", b"wrong-key"}
