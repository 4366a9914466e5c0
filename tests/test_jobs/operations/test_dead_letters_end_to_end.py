"""Broken messages → dead letters → replayed → read, or back again, with the real job."""

import time
from datetime import UTC, datetime

import orjson
import pytest

from jobs import update_profiles
from jobs.operations.dead_letter_browser import DeadLetterFilter, read_dead_letters
from jobs.operations.dead_letter_replay import ReplayOutcome, count_outcomes, replay
from streaming.contract.topics import DEAD_LETTERS, EVENTS, PROFILES
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.timestamps import format_timestamp

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

DAYS = 24 * 3600
PATIENCE = 60.0


def click(now, **changes):
    return {
        "schema_version": 1,
        "event_id": "e1",
        "candidate_id": "c1",
        "posting_id": "p1",
        "kind": "view",
        "event_time": format_timestamp(now),
    } | changes


def unreadable_values(now):
    """Values made to break a parser, and the reason each must get."""
    good = orjson.dumps(click(now))
    deep = good[:-1] + b',"deep":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    return [
        (deep, "not-json"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "not-json"),
        (good[:-1] + b',"duration_seconds":1e999999999}', "wrong-value"),
        (good[:-1] + b',"duration_seconds":' + b"9" * 100_000 + b"}", "not-json"),
        (good[:-1] + b',"kind":"save"}', "not-json"),
        (b"\x00" * 1000, "not-json"),
        (b"\xef\xbb\xbf" + b"\xed\xa0\x80", "not-utf8"),
    ]


def test_what_can_be_read_now_enters_and_what_cannot_comes_back_once(
    spark, ready_settings, send, read_topic
):
    moment = datetime.now(tz=UTC)
    values = unreadable_values(moment)
    broken = [{"key": b"c1", "value": value} for value, _ in values]
    # A producer whose clock stood still: its event seems to lie days ahead.
    slow_clock = {
        "key": b"c1",
        "value": orjson.dumps(click(moment)),
        "timestamp_ms": int((time.time() - 3 * DAYS) * 1000),
    }
    send(EVENTS, *broken, slow_clock)
    running = update_profiles.start(spark, ready_settings)
    try:
        running.drain()
        letters = dict(read_dead_letters(ready_settings.kafka, DeadLetterFilter()))
        reasons = {value: letter.reason for letter, value in letters.items()}
        assert reasons == dict(values) | {slow_clock["value"]: "future-time"}
        assert read_latest(ready_settings.kafka, PROFILES) == {}

        assert count_outcomes(replay(ready_settings, DeadLetterFilter()))[
            ReplayOutcome.REPLAY
        ] == len(letters)
        running.drain()
        (profile,) = (orjson.loads(m.value) for m in read_messages(ready_settings.kafka, PROFILES))
        assert [event["event_id"] for event in profile["events"]] == ["e1"]
        assert len(read_topic(DEAD_LETTERS)) == len(letters) + len(values)

        settled = dict.fromkeys(ReplayOutcome, 0) | {
            ReplayOutcome.ALREADY: len(letters),
            ReplayOutcome.CAME_BACK: len(values),
        }
        assert count_outcomes(replay(ready_settings, DeadLetterFilter())) == settled
        running.drain()
        assert len(read_topic(DEAD_LETTERS)) == len(letters) + len(values)
        assert len(read_topic(EVENTS)) == 2 * len(letters)
        running.check()
    finally:
        running.stop(PATIENCE)
