"""Dead letters on their way back: once each, whatever is repeated or interrupted."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from typer.testing import CliRunner

from jobs.cli.app import app
from jobs.operations.dead_letter_browser import Choice, letters, summary
from jobs.operations.dead_letter_replay import Verdict, counts, replay
from streaming.contract.topics import DEAD_LETTERS, EVENTS, POSTINGS
from streaming.errors import InputError

pytestmark = pytest.mark.kafka

ALL = Choice()
KILLED_HALF_WAY = """
import os, signal, sys
from jobs import way_back
from jobs.operations.dead_letter_browser import Choice
from streaming.settings import load
way_back.CHUNK_LETTERS = 3
def die(sent):
    if sent >= 6:
        os.kill(os.getpid(), signal.SIGKILL)
way_back.replay(load(None, sys.argv[1:]), Choice(), on_sent=die)
"""


def flags(settings):
    kafka = settings.kafka
    return [
        f"home={settings.home}",
        f"kafka.bootstrap_servers={kafka.bootstrap_servers}",
        f"kafka.topic_prefix={kafka.topic_prefix}",
    ]


@pytest.fixture
def careerstream(there):
    """Run a command as a user does; gives its output."""

    def run(*words):
        given = [part for flag in flags(there) for part in ("--set", flag)]
        done = CliRunner().invoke(app, [*given, "dead-letters", *words], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout_bytes

    return run


@pytest.fixture
def eleven(send, bury, on):
    """Eleven broken events and their dead letters; gives the letters' keys."""
    broken = [{"key": f"c{n}".encode(), "value": b"{%d" % n} for n in range(9)]
    broken += [{"key": None, "value": b"nobody's"}, {"key": b"c1", "value": None}]
    places = [f"events/{place.partition}/{place.offset}" for place in send(EVENTS, *broken)]
    given = [(place, b["key"], b["value"]) for place, b in zip(places, broken, strict=True)]
    bury(*given)
    bury(*given[:4])  # a batch that was repeated
    assert len(on(EVENTS)) == 11
    return places


def replays(on, topic=EVENTS):
    """The replayed messages by the letter they name."""
    found = {}
    for record in on(topic):
        headers = dict(record.headers)
        if "dead-letter" in headers:
            found.setdefault(headers["dead-letter"].decode(), []).append(record)
    return found


def test_each_letter_goes_back_once_as_it_came(there, eleven, on):
    before = {f"events/{r.partition}/{r.offset}": r for r in on(EVENTS)}
    assert set(replay(there, ALL, dry_run=True).values()) == {Verdict.REPLAY}
    assert len(on(EVENTS)) == 11
    assert replay(there, ALL) == dict.fromkeys(eleven, Verdict.REPLAY)
    assert replay(there, ALL) == dict.fromkeys(eleven, Verdict.ALREADY)
    found = replays(on)
    assert sorted(found) == sorted(eleven)
    for key, (record,) in found.items():
        origin = before[key]
        assert (record.key, record.value) == (origin.key, origin.value)
        assert record.partition == origin.partition
        assert dict(record.headers)["attempt"] == b"1"


def test_a_replay_that_is_killed_half_way_is_finished_by_the_next(there, eleven, on):
    command = [sys.executable, "-c", KILLED_HALF_WAY, *flags(there)]
    done = subprocess.run(command, check=False, timeout=120, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    assert len(replays(on)) == 6
    verdicts = replay(there, ALL)
    assert counts(verdicts)["already replayed"] == 6
    assert counts(verdicts)["replay"] == 5
    assert {key: len(found) for key, found in replays(on).items()} == dict.fromkeys(eleven, 1)


@pytest.mark.usefixtures("eleven")
def test_what_comes_back_broken_needs_a_further_attempt(there, bury, on):
    replay(there, ALL)
    returned = [
        (f"events/{r.partition}/{r.offset}", r.key, r.value) for (r,) in replays(on).values()
    ]
    bury(*returned)
    for _ in range(2):
        assert counts(replay(there, ALL)) == dict.fromkeys(Verdict, 0) | {
            Verdict.ALREADY: 11,
            Verdict.CAME_BACK: 11,
        }
    assert counts(replay(there, ALL, attempts=2))["replay"] == 11
    assert counts(replay(there, ALL, attempts=2)) == dict.fromkeys(Verdict, 0) | {
        Verdict.ALREADY: 22
    }
    assert len(on(EVENTS)) == 33
    last = replays(on)[returned[0][0]][0]
    assert dict(last.headers)["attempt"] == b"2"


def test_filters_leave_the_others_alone(there, eleven, bury, on):
    place = f"postings/0/{2**40}"
    bury((place, b"p", b"x"), reason="too-large")
    assert replay(there, Choice(reason="too-large")) == {place: Verdict.REPLAY}
    assert replay(there, Choice(topic="candidates")) == {}
    assert replay(there, Choice(since=datetime.now(tz=UTC) + timedelta(days=1))) == {}
    two = frozenset(eleven[:2])
    assert replay(there, Choice(keys=two)) == dict.fromkeys(two, Verdict.REPLAY)
    assert replays(on).keys() == two


def test_a_compacted_topic_never_goes_back_to_an_older_value(there, send, bury, on):
    old, _, other = send(
        POSTINGS,
        {"key": b"p1", "value": b"{old"},
        {"key": b"p1", "value": b"{newer"},
        {"key": b"p2", "value": b"{"},
    )
    keys = [f"postings/{place.partition}/{place.offset}" for place in (old, other)]
    bury((keys[0], b"p1", b"{old"), (keys[1], b"p2", b"{"))
    verdicts = replay(there, ALL)
    assert verdicts == {keys[0]: Verdict.SUPERSEDED, keys[1]: Verdict.REPLAY}
    assert replays(on, POSTINGS).keys() == {keys[1]}


def test_what_the_topic_cannot_take_is_refused_and_stops_nothing(there, bury, on):
    bury(
        ("events/99/1", b"c", b"no such partition"),
        ("events/0/1", b"c", b"x" * 5 * 1024 * 1024),
        ("events/0/2", b"c", b"fine"),
    )
    verdicts = replay(there, ALL)
    assert verdicts == {
        "events/99/1": Verdict.REFUSED,
        "events/0/1": Verdict.REFUSED,
        "events/0/2": Verdict.REPLAY,
    }
    assert [record.value for record in on(EVENTS)] == [b"fine"]


@pytest.mark.usefixtures("eleven")
def test_two_replays_never_run_at_once(there):
    def meanwhile(_):
        with pytest.raises(InputError, match="another replay of dead letters runs") as raised:
            replay(there, ALL)
        assert "\n" not in str(raised.value)

    replay(there, ALL, on_sent=meanwhile)


def test_what_is_no_dead_letter_is_passed_over(there, send):
    send(DEAD_LETTERS, {"key": b"hello"}, {"key": None, "value": b"x"}, {"key": b"nowhere/0/1"})
    assert list(letters(there.kafka, ALL)) == []
    assert summary(there.kafka, ALL, 10) == {"letters": 0, "counts": [], "newest": []}
    assert replay(there, ALL) == {}


def test_the_commands_list_show_and_replay(eleven, bury, careerstream):
    bury(("events/1/7", b"c", b'{"a": "\x1b[2J"}'), reason="missing-field")
    found = orjson.loads(careerstream("list", "--json", "--newest", "2"))
    assert found["letters"] == 12
    assert found["counts"][0] == {
        "reason": "not-json", "topic": "events", "job": "update_profiles", "letters": 11
    }  # fmt: skip
    assert found["newest"][0]["key"] == "events/1/7"
    assert b"12 dead letters" in careerstream("list")

    assert careerstream("show", eleven[3], "--raw") == b"{3"
    shown = orjson.loads(careerstream("show", eleven[10], "--json"))
    assert (shown["is"], shown["value"], shown["original_key"]) == ("null", None, "c1")
    assert b"not JSON" in careerstream("show", eleven[3])
    assert b"\x1b[2J" not in careerstream("show", "events/1/7")

    done = orjson.loads(careerstream("replay", "--reason", "not-json", "--dry-run", "--json"))
    assert done["counts"]["replay"] == 11
    assert b"replayed 1 of 1" in careerstream("replay", eleven[0])
    assert b"replayed 10 of 11" in careerstream("replay", "--reason", "not-json")
