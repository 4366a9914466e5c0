"""Replay of dead letters: each is replayed once, whatever is repeated or interrupted."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from typer.testing import CliRunner

from jobs.cli.app import app
from jobs.operations.dead_letter_browser import DeadLetterFilter, read_dead_letters, summarize
from jobs.operations.dead_letter_replay import ReplayOutcome, count_outcomes, replay
from streaming.contract.topics import DEAD_LETTERS, EVENTS, POSTINGS
from streaming.errors import InputError

pytestmark = pytest.mark.kafka

ALL = DeadLetterFilter()
KILLED_HALFWAY = """
import os, signal, sys
from jobs.operations import dead_letter_replay
from jobs.operations.dead_letter_browser import DeadLetterFilter
from streaming.settings import load
dead_letter_replay.CHUNK_LETTERS = 3
def die(sent):
    if sent >= 6:
        os.kill(os.getpid(), signal.SIGKILL)
dead_letter_replay.replay(load(None, sys.argv[1:]), DeadLetterFilter(), on_sent=die)
"""


def flags(settings):
    kafka = settings.kafka
    return [
        f"home={settings.home}",
        f"kafka.bootstrap_servers={kafka.bootstrap_servers}",
        f"kafka.topic_prefix={kafka.topic_prefix}",
    ]


@pytest.fixture
def careerstream(ready_settings):
    """Run a command as a user does; gives its output."""

    def run(*words):
        options = [part for flag in flags(ready_settings) for part in ("--set", flag)]
        result = CliRunner().invoke(app, [*options, "dead-letters", *words], catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout_bytes

    return run


@pytest.fixture
def letter_keys(send, write_dead_letters, read_topic):
    """Eleven broken events and their dead letters; gives the letters' keys."""
    broken = [{"key": f"c{n}".encode(), "value": b"{%d" % n} for n in range(9)]
    broken += [{"key": None, "value": b"nobody's"}, {"key": b"*", "value": None}]
    places = [f"events/{place.partition}/{place.offset}" for place in send(EVENTS, *broken)]
    originals = [(place, b["key"], b["value"]) for place, b in zip(places, broken, strict=True)]
    write_dead_letters(*originals)
    write_dead_letters(*originals[:4])  # a batch that was repeated
    assert len(read_topic(EVENTS)) == 11
    return places


def replays(read_topic, topic=EVENTS):
    """The replayed messages by the letter they name."""
    by_letter = {}
    for record in read_topic(topic):
        headers = dict(record.headers)
        if "dead-letter" in headers:
            by_letter.setdefault(headers["dead-letter"].decode(), []).append(record)
    return by_letter


def test_each_letter_goes_back_once_as_it_came(ready_settings, letter_keys, read_topic):
    before = {f"events/{r.partition}/{r.offset}": r for r in read_topic(EVENTS)}
    assert set(replay(ready_settings, ALL, dry_run=True).values()) == {ReplayOutcome.REPLAY}
    assert len(read_topic(EVENTS)) == 11
    assert replay(ready_settings, ALL) == dict.fromkeys(letter_keys, ReplayOutcome.REPLAY)
    assert replay(ready_settings, ALL) == dict.fromkeys(letter_keys, ReplayOutcome.ALREADY)
    by_letter = replays(read_topic)
    assert sorted(by_letter) == sorted(letter_keys)
    for key, (record,) in by_letter.items():
        origin = before[key]
        assert (record.key, record.value) == (origin.key, origin.value)
        assert record.partition == origin.partition
        assert dict(record.headers)["attempt"] == b"1"


def test_a_replay_that_is_killed_half_way_is_finished_by_the_next(
    ready_settings, letter_keys, read_topic
):
    command = [sys.executable, "-c", KILLED_HALFWAY, *flags(ready_settings)]
    process = subprocess.run(command, check=False, timeout=120, env=os.environ)
    assert process.returncode == -signal.SIGKILL
    assert len(replays(read_topic)) == 6
    outcomes = replay(ready_settings, ALL)
    assert count_outcomes(outcomes)["already replayed"] == 6
    assert count_outcomes(outcomes)["replay"] == 5
    assert {key: len(records) for key, records in replays(read_topic).items()} == dict.fromkeys(
        letter_keys, 1
    )


@pytest.mark.usefixtures("letter_keys")
def test_what_comes_back_broken_needs_a_further_attempt(
    ready_settings, write_dead_letters, read_topic
):
    replay(ready_settings, ALL)
    returned = [
        (f"events/{r.partition}/{r.offset}", r.key, r.value)
        for (r,) in replays(read_topic).values()
    ]
    write_dead_letters(*returned)
    for _ in range(2):
        assert count_outcomes(replay(ready_settings, ALL)) == dict.fromkeys(ReplayOutcome, 0) | {
            ReplayOutcome.ALREADY: 11,
            ReplayOutcome.CAME_BACK: 11,
        }
    assert count_outcomes(replay(ready_settings, ALL, attempts=2))["replay"] == 11
    assert count_outcomes(replay(ready_settings, ALL, attempts=2)) == dict.fromkeys(
        ReplayOutcome, 0
    ) | {ReplayOutcome.ALREADY: 22}
    assert len(read_topic(EVENTS)) == 33
    last = replays(read_topic)[returned[0][0]][0]
    assert dict(last.headers)["attempt"] == b"2"


def test_filters_leave_the_others_alone(
    ready_settings, letter_keys, write_dead_letters, read_topic
):
    place = f"postings/0/{2**40}"
    write_dead_letters((place, b"p", b"x"), reason="too-large")
    assert replay(ready_settings, DeadLetterFilter(reason="too-large")) == {
        place: ReplayOutcome.REPLAY
    }
    assert replay(ready_settings, DeadLetterFilter(topic="candidates")) == {}
    assert (
        replay(ready_settings, DeadLetterFilter(since=datetime.now(tz=UTC) + timedelta(days=1)))
        == {}
    )
    two = frozenset(letter_keys[:2])
    assert replay(ready_settings, DeadLetterFilter(keys=two)) == dict.fromkeys(
        two, ReplayOutcome.REPLAY
    )
    assert replays(read_topic).keys() == two


def test_a_compacted_topic_never_goes_back_to_an_older_value(
    ready_settings, send, write_dead_letters, read_topic
):
    old, _, other = send(
        POSTINGS,
        {"key": b"p1", "value": b"{old"},
        {"key": b"p1", "value": b"{newer"},
        {"key": b"p2", "value": b"{"},
    )
    keys = [f"postings/{place.partition}/{place.offset}" for place in (old, other)]
    write_dead_letters((keys[0], b"p1", b"{old"), (keys[1], b"p2", b"{"))
    outcomes = replay(ready_settings, ALL)
    assert outcomes == {keys[0]: ReplayOutcome.SUPERSEDED, keys[1]: ReplayOutcome.REPLAY}
    assert replays(read_topic, POSTINGS).keys() == {keys[1]}


def test_what_the_topic_cannot_take_is_refused_and_stops_nothing(
    ready_settings, write_dead_letters, read_topic
):
    write_dead_letters(
        ("events/99/1", b"c", b"no such partition"),
        ("events/0/1", b"c", b"x" * 5 * 1024 * 1024),
        ("events/0/2", b"c", b"fine"),
    )
    outcomes = replay(ready_settings, ALL)
    assert outcomes == {
        "events/99/1": ReplayOutcome.REFUSED,
        "events/0/1": ReplayOutcome.REFUSED,
        "events/0/2": ReplayOutcome.REPLAY,
    }
    assert [record.value for record in read_topic(EVENTS)] == [b"fine"]


def test_a_null_value_of_an_earlier_version_erases_nobody(ready_settings, write_dead_letters, send):
    [place] = send(EVENTS, {"key": b"c1", "value": b"{"})
    key = f"events/{place.partition}/{place.offset}"
    write_dead_letters((key, b"c1", None))
    assert replay(ready_settings, ALL) == {key: ReplayOutcome.REFUSED}


def test_letters_from_before_a_fence_are_not_replayed(ready_settings, write_dead_letters, send):
    places = send(EVENTS, *({"key": key, "value": b"{"} for key in (b"c1", b"c2")))
    first, second = (f"events/{place.partition}/{place.offset}" for place in places)
    write_dead_letters((first, b"c1", b"{"), (second, b"c2", b"{"))
    send(EVENTS, {"key": b"c1", "value": None})
    fences = {("events", "c2"): places[1].offset + 1}
    outcomes = replay(ready_settings, ALL, dry_run=True)
    assert outcomes == {first: ReplayOutcome.ERASED, second: ReplayOutcome.REPLAY}
    outcomes = replay(ready_settings, ALL, read_fences=lambda: fences)
    assert outcomes == dict.fromkeys((first, second), ReplayOutcome.ERASED)


@pytest.mark.usefixtures("letter_keys")
def test_two_replays_never_run_at_once(ready_settings):
    def meanwhile(_):
        with pytest.raises(InputError, match="another replay of dead letters runs") as raised:
            replay(ready_settings, ALL)
        assert "\n" not in str(raised.value)

    replay(ready_settings, ALL, on_sent=meanwhile)


def test_what_is_no_dead_letter_is_passed_over(ready_settings, send):
    send(DEAD_LETTERS, {"key": b"hello"}, {"key": None, "value": b"x"}, {"key": b"nowhere/0/1"})
    assert list(read_dead_letters(ready_settings.kafka, ALL)) == []
    assert summarize(ready_settings.kafka, ALL, 10) == {"letters": 0, "counts": [], "newest": []}
    assert replay(ready_settings, ALL) == {}


def test_the_commands_list_show_and_replay(letter_keys, write_dead_letters, careerstream):
    write_dead_letters(("events/1/7", b"c", b'{"a": "\x1b[2J"}'), reason="missing-field")
    summary = orjson.loads(careerstream("list", "--json", "--newest", "2"))
    assert summary["letters"] == 12
    assert summary["counts"][0] == {
        "reason": "not-json", "topic": "events", "job": "update_profiles", "letters": 11
    }  # fmt: skip
    assert summary["newest"][0]["key"] == "events/1/7"
    assert b"12 dead letters" in careerstream("list")

    assert careerstream("show", letter_keys[3], "--raw") == b"{3"
    shown = orjson.loads(careerstream("show", letter_keys[10], "--json"))
    assert (shown["is"], shown["value"], shown["original_key"]) == ("null", None, "*")
    assert b"not JSON" in careerstream("show", letter_keys[3])
    assert b"\x1b[2J" not in careerstream("show", "events/1/7")

    report = orjson.loads(careerstream("replay", "--reason", "not-json", "--dry-run", "--json"))
    assert report["counts"]["replay"] == 11
    assert b"replayed 1 of 1" in careerstream("replay", letter_keys[0])
    assert b"replayed 10 of 11" in careerstream("replay", "--reason", "not-json")
