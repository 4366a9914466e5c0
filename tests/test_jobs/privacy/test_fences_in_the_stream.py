"""Null values erase somebody, whom neither a lost checkpoint nor a rebuild brings back."""

import json
import shutil
from pathlib import Path

import orjson
import pytest

from jobs import archive, hot_path, index_postings, update_profiles
from jobs.operations.checkpoint_rebuild import make_checkpoint
from streaming.contract.topics import (
    CANDIDATES,
    DEAD_LETTERS,
    EVENTS,
    LIST_TOPICS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
)
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.lake import tables
from streaming.lake.erasures import read_fences
from streaming.profiles.rebuild import compare, read_streamed, rebuild
from training.registry.registration import ensure_champion

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

PEOPLE = ("c1", "c2", "c3", "c4")
ERASED = ("c1", "c2")


def click(candidate, number):
    return {
        "schema_version": 1,
        "event_id": f"{candidate}-{number}",
        "candidate_id": candidate,
        "posting_id": f"p{number}",
        "kind": ("view", "apply", "dismiss")[number % 3],
        "event_time": f"2026-03-01T08:{number:02}:00.000000Z",
    }


def stated(candidate):
    said = {"schema_version": 1, "candidate_id": candidate, "skills": ["Java"]}
    return said | {"updated_at": "2026-02-01T00:00:00.000000Z"}


def posting(number):
    return {"schema_version": 1, "posting_id": f"p{number}", "title": f"Work {number}"}


@pytest.fixture(scope="module")
def world(make_settings, send, started):
    """Four people with lists; then two are erased, and everything is worked off."""
    settings = make_settings()
    send(settings, POSTINGS, [(f"p{n}".encode(), orjson.dumps(posting(n))) for n in range(12)])
    send(settings, CANDIDATES, [(p.encode(), orjson.dumps(stated(p))) for p in PEOPLE])
    clicks = [click(person, n) for n in range(6) for person in PEOPLE]
    send(settings, EVENTS, [(c["candidate_id"].encode(), orjson.dumps(c)) for c in clicks])
    ensure_champion(settings)
    with (
        started(index_postings, settings) as index,
        started(hot_path, settings) as hot,
        started(archive, settings) as lake,
    ):
        index.drain()
        hot.drain()
        lake.drain()
        before = published(settings)
        send(settings, CANDIDATES, [(person.encode(), None) for person in ERASED])
        send(settings, EVENTS, [(person.encode(), None) for person in ERASED])
        hot.drain()
        lake.drain()
    return settings, before


def published(settings):
    return {
        topic.name: {
            key: record.value for key, record in read_latest(settings.kafka, topic).items()
        }
        for topic in (PROFILES, RECOMMENDATIONS)
    }


def rows(spark, settings, table):
    path = table.path(settings)
    return {row.candidate_id for row in spark.read.format("delta").load(path).collect()}


def test_profiles_and_lists_are_gone_and_those_of_others_are_the_same_bytes(world):
    settings, before = world
    after = published(settings)
    assert set(ERASED) < before["profiles"].keys()
    assert set(ERASED) < before["recommendations"].keys()
    for topic, values in after.items():
        assert values == {key: v for key, v in before[topic].items() if key not in ERASED}
    assert not list(read_messages(settings.kafka, DEAD_LETTERS))


def test_the_tables_are_without_them_and_the_fences_are_kept(world, spark):
    settings, _ = world
    for table in (tables.EVENTS, tables.PROFILES, tables.DECISIONS):
        assert rows(spark, settings, table) >= {"c3", "c4"}
        assert not rows(spark, settings, table) & set(ERASED)
    kept = {(fence.topic, fence.candidate_id) for fence in read_fences(spark, settings)}
    topics = (EVENTS, PROFILES, *LIST_TOPICS)
    assert kept == {(topic.name, person) for topic in topics for person in ERASED}
    log = Path(tables.EVENTS.path(settings), "_delta_log")
    commits = [
        orjson.loads(line)["commitInfo"]
        for file in log.glob("*.json")
        for line in file.read_text().splitlines()
        if "commitInfo" in line
    ]
    # Not the whole commit: its random id holds such letters now and then.
    conditions = [json.dumps(commit["operationParameters"]) for commit in commits]
    assert any("candidate_id" in condition for condition in conditions)
    assert [one for one in conditions if any(p in one for p in ERASED)] == []


@pytest.mark.parametrize("way", ["plain", "rebuild"])
def test_nobody_returns_after_the_loss_of_every_checkpoint(world, spark, started, way):
    settings, before = world
    ends = end_offsets(settings)
    shutil.rmtree(settings.checkpoints)
    if way == "rebuild":
        make_checkpoint(spark, settings)
    with started(update_profiles, settings) as hot:
        hot.drain()
    with started(archive, settings) as lake:
        lake.drain()
    others = {key: value for key, value in before["profiles"].items() if key not in ERASED}
    assert published(settings)["profiles"].keys() == others.keys()
    for record in read_messages(settings.kafka, PROFILES, ends):
        assert record.key.decode() not in ERASED or record.value is None
    for table in (tables.EVENTS, tables.PROFILES, tables.DECISIONS):
        assert not rows(spark, settings, table) & set(ERASED)
    rebuilt = rebuild(spark, settings).collect()
    compared = compare(rebuilt, read_streamed(settings.kafka))
    assert (compared.equal, compared.different, compared.unknown) == (2, [], [])


def end_offsets(settings):
    ends = dict.fromkeys(range(PROFILES.partitions), 0)
    for record in read_messages(settings.kafka, PROFILES):
        ends[record.partition] = record.offset + 1
    return ends


def test_who_comes_back_begins_anew(world, send, started):
    settings, _ = world
    again = click("c1", 9)
    send(settings, EVENTS, [(b"c1", orjson.dumps(again))])
    with started(update_profiles, settings) as hot:
        hot.drain()
    profile = orjson.loads(published(settings)["profiles"]["c1"])
    assert [event["event_id"] for event in profile["events"]] == ["c1-9"]
    assert "stated" not in profile
    assert "fence" not in profile
