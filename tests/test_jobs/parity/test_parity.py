"""What is served is what is recorded; where it is not, a round says so and names it."""

import json
import math
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
from delta.tables import DeltaTable
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from infra.simulator import Market, MarketConfig
from jobs import archive, hot_path, index_postings
from jobs.parity import published_profiles
from jobs.parity.outcome import EXAMPLES, KINDS, LISTS, PROFILES
from jobs.parity.rounds import publish, run_round
from jobs.parity.sampling import place
from streaming.contract import topics
from streaming.contract.topics import CANDIDATES, EVENTS, POSTINGS
from streaming.errors import InputError
from streaming.kafka.topic_reader import read_around, read_latest, read_messages
from streaming.lake import tables
from streaming.metrics.exposition_parser import parse_samples
from streaming.metrics.registry import REGISTRY
from streaming.settings import ParitySettings
from training.registry.registration import ensure_champion
from training.registry.tracking import setup

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

PROJECT = Path(__file__).parents[3]
PATIENCE = 240.0
"""Seconds the process may take; far above what it needs, for a machine that is busy."""
CONFIG = MarketConfig(
    candidates=25, postings=60, events_per_candidate=8, days=20, occupations=5, seed=4
)


@pytest.fixture(scope="module")
def world(make_settings, send, started):
    """A market that the jobs have worked off, its events in two parts."""
    settings = make_settings().model_copy(
        update={"parity": ParitySettings(interval_seconds=1, recent_hours=48)}
    )
    market = Market(CONFIG)
    ensure_champion(settings)
    events = sorted(market.events(), key=lambda event: event["event_time"])
    half = len(events) // 2
    with (
        started(index_postings, settings) as index,
        started(hot_path, settings) as hot,
        started(archive, settings) as lake,
    ):
        send(
            settings,
            POSTINGS,
            [(p["posting_id"].encode(), orjson.dumps(p)) for p in market.postings()],
        )
        index.drain()
        people = [(c["candidate_id"].encode(), orjson.dumps(c)) for c in market.candidates()]
        send(settings, CANDIDATES, people)
        for part in (events[:half], events[half:]):
            send(settings, EVENTS, [(e["candidate_id"].encode(), orjson.dumps(e)) for e in part])
            hot.drain()
        lake.drain()
    return settings


@pytest.fixture
def kinds(spark):
    """Run a round; its outcomes by kind."""

    def run(settings, number=1):
        return {one.kind: one for one in run_round(spark, settings, number)}

    return run


@pytest.fixture
def restored(spark, world):
    """Undo what a test does to a table."""
    before = {}

    def remember(table):
        before[table] = tables.version(spark, world, table)
        return DeltaTable.forPath(spark, table.path(world))

    yield remember
    for table, version in before.items():
        DeltaTable.forPath(spark, table.path(world)).restoreToVersion(version)


def served(settings):
    """The newest message of each candidate with some events."""
    newest = read_latest(settings.kafka, topics.PROFILES)
    return {
        key: record.value
        for key, record in sorted(newest.items())
        if len(orjson.loads(record.value)["events"]) > 3
    }


def sample_of(name, kind):
    samples = parse_samples(REGISTRY.exposition().decode())
    return samples.get((f"careerstream_{name}", (("kind", kind),)), 0.0)


def test_a_quiet_stream_is_equal_in_every_kind(world, kinds):
    found = kinds(world)
    assert {kind: one.differences for kind, one in found.items()} == dict.fromkeys(KINDS, ())
    assert found[PROFILES].equal == found[PROFILES].drawn >= 20
    assert found[LISTS].equal == found[LISTS].drawn >= 20
    assert found[EXAMPLES].equal > 50
    assert set(found[EXAMPLES].apart) <= {"nothing_before", "late"}
    publish(list(found.values()))
    assert [sample_of("parity_share", kind) for kind in KINDS] == [1.0, 1.0, 1.0]


def test_a_sample_is_as_large_as_it_may_be_and_another_in_each_round(world):
    drawn = [
        [(m.partition, m.offset) for m in read_around(world.kafka, topics.PROFILES, place(n), 20)]
        for n in range(40)
    ]
    assert {len(set(one)) for one in drawn} == {20}
    everything = {(m.partition, m.offset) for m in read_messages(world.kafka, topics.PROFILES)}
    assert {at for one in drawn for at in one} == everything
    whole = list(read_around(world.kafka, topics.PROFILES, 5, 10_000))
    assert len(whole) == len(everything) == len({(m.partition, m.offset) for m in whole})


def test_small_samples_draw_small_rounds(world, kinds):
    small = world.model_copy(update={"parity": ParitySettings(sample=3, recent_hours=48)})
    first, second = kinds(small, 1), kinds(small, 2)
    assert {one.drawn for one in (*first.values(), *second.values())} <= {1, 2, 3}
    assert not [one.differences for one in first.values() if one.differences]


def test_a_profile_that_was_tampered_with_is_named(world, kinds, send, caplog):
    key, value = next(iter(served(world).items()))
    profile = orjson.loads(value)
    profile["events"] = profile["events"][:-1]
    send(world, topics.PROFILES, [(key.encode(), orjson.dumps(profile))])
    try:
        found = kinds(world)
        [difference] = found[PROFILES].differences
        before = sample_of("parity_differences_total", PROFILES)
        publish(list(found.values()))
    finally:
        send(world, topics.PROFILES, [(key.encode(), value)])
    assert difference.candidate_id == key
    version = orjson.loads(value)["version"]
    named = f"profile version {version} of candidate '{key}' is not the fold of the lake in events"
    assert difference.text == named
    assert [record.message for record in caplog.records if record.name == "parity"] == [named]
    assert sample_of("parity_share", PROFILES) < 1.0
    assert sample_of("parity_differences_total", PROFILES) == before + 1
    assert not found[LISTS].differences
    assert not found[EXAMPLES].differences
    assert not kinds(world)[PROFILES].differences


def test_a_message_that_is_no_profile_is_one_difference(world, kinds, send):
    key, value = next(iter(served(world).items()))
    send(world, topics.PROFILES, [(key.encode(), b"{")])
    try:
        [difference] = kinds(world)[PROFILES].differences
    finally:
        send(world, topics.PROFILES, [(key.encode(), value)])
    assert f"candidate '{key}' at " in difference.text
    assert "is no profile" in difference.text


def test_an_event_that_the_lake_lost_is_found(world, kinds, restored):
    key, value = next(iter(served(world).items()))
    lost = orjson.loads(value)["events"][1]["event_id"]
    restored(tables.EVENTS).delete((F.col("candidate_id") == key) & (F.col("event_id") == lost))
    found = kinds(world)
    [difference] = found[PROFILES].differences
    assert difference.text.endswith("is not the fold of the lake in events")
    assert {one.candidate_id for one in found[EXAMPLES].differences} <= {key}


def test_the_lake_may_be_behind_and_not_for_ever(world, kinds, restored, monkeypatch):
    key, value = next(iter(served(world).items()))
    last = orjson.loads(value)["offsets"]["events"]
    condition = (F.col("candidate_id") == key) & (F.col("offset") == last)
    restored(tables.EVENTS).delete(condition)
    behind = kinds(world)[PROFILES]
    assert (behind.differences, dict(behind.apart)) == ((), {"lake_behind": 1})
    # As if the lake held messages that were produced long after.
    monkeypatch.setattr(published_profiles, "LAG_MS", -3_600_000)
    [difference] = kinds(world)[PROFILES].differences
    assert difference.candidate_id == key


def test_a_decision_that_was_changed_is_named(world, kinds, restored):
    decisions = restored(tables.DECISIONS)
    row = decisions.toDF().where(F.size("items") > 0).orderBy("recommendation_id").first()
    changed = F.transform("items", lambda item: item.withField("score", F.lit(0.125)))
    same = F.col("recommendation_id") == row.recommendation_id
    decisions.update(same, {"items": changed})
    # Each round draws one model over one catalogue.
    rounds = ((number, kinds(world, number)) for number in range(30))
    number, found = next(each for each in rounds if each[1][LISTS].differences)
    [difference] = found[LISTS].differences
    assert difference.text.startswith(
        f"list {row.recommendation_id} of candidate '{row.candidate_id}' comes out otherwise: "
    )
    assert found[LISTS].share == pytest.approx(1 - 1 / found[LISTS].compared)
    assert not found[PROFILES].differences
    decisions.update(same, {"as_of": F.lit(None).cast("timestamp")})
    [difference] = kinds(world, number)[LISTS].differences
    assert "of Δ decisions is no list: as_of is wrong" in difference.text


def test_history_that_the_stream_did_not_know_is_a_difference(world, kinds, restored):
    profiles = restored(tables.PROFILES)
    with_events = profiles.toDF().where(F.size("events") > 0)
    versions = with_events.groupBy("candidate_id").count().where("count > 1")
    key = versions.orderBy("candidate_id").first().candidate_id
    nothing = F.array().cast(profiles.toDF().schema["events"].dataType)
    profiles.update(F.col("candidate_id") == key, {"events": nothing})
    found = kinds(world)[EXAMPLES]
    assert {one.candidate_id for one in found.differences} == {key}
    assert f"of candidate '{key}' the stream knew other events" in found.differences[0].text


def test_an_event_that_came_late_is_no_difference(world, kinds, send, started):
    key, value = list(served(world).items())[-1]
    first = orjson.loads(value)["events"][0]
    late = {
        "schema_version": 1,
        "event_id": "late",
        "candidate_id": key,
        "posting_id": first["posting_id"],
        "kind": "view",
        "event_time": "2020-01-01T00:00:00.000000Z",
    }
    send(world, EVENTS, [(key.encode(), orjson.dumps(late))])
    with started(hot_path, world) as hot, started(archive, world) as lake:
        hot.drain()
        lake.drain()
    found = kinds(world)
    assert {kind: one.differences for kind, one in found.items()} == dict.fromkeys(KINDS, ())
    assert found[EXAMPLES].apart["late"] > 0


@pytest.mark.usefixtures("quick_jvms")
def test_the_command_says_what_differs_and_exits_with_1(world, restored):
    done = careerstream(world, "parity", "--json", "--sample", "1000")
    assert done.returncode == 0, done.stderr
    kinds_of = {one["kind"]: one for one in json.loads(done.stdout)["kinds"]}
    assert {kind: one["share"] for kind, one in kinds_of.items()} == dict.fromkeys(KINDS, 1.0)
    restored(tables.DECISIONS).update(set={"as_of": F.col("as_of") + F.expr("interval 1 second")})
    done = careerstream(world, "parity")
    assert done.returncode == 1
    [line] = done.stderr.strip().splitlines()
    assert re.search(
        r"\d+ differ; the first: list \w+ of candidate '\w+' comes out otherwise: ", line
    )
    assert "comes out otherwise: as_of" in done.stdout


def careerstream(settings, *arguments):
    command = [sys.executable, "-m", "jobs.cli", *flags(settings), *arguments]
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def flags(settings):
    values = {
        "home": settings.home,
        "kafka.bootstrap_servers": settings.kafka.bootstrap_servers,
        "kafka.topic_prefix": settings.kafka.topic_prefix,
        "recommend.list_size": settings.recommend.list_size,
        "parity.interval_seconds": 1,
        "parity.recent_hours": 48,
        "spark.driver_memory": "1g",
    }
    return [f"--set={name}={value}" for name, value in values.items()]


@pytest.mark.usefixtures("quick_jvms")
def test_the_job_serves_metrics_and_ends_by_a_signal(world, tmp_path):
    command = [sys.executable, str(PROJECT / "jobs/parity/parity.py"), *flags(world)]
    metrics, about = (world.home / "run" / f"parity.{end}" for end in ("prom", "json"))
    log = tmp_path / "log"
    with log.open("w") as written, subprocess.Popen(command, stderr=written) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while not (
                metrics.exists()
                and 'careerstream_parity_share{kind="examples"} 1.0' in metrics.read_text()
            ):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            assert orjson.loads(about.read_bytes())["healthy"]
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0, log.read_text()
        finally:
            process.kill()
    assert not metrics.exists()


def test_an_empty_lake_is_one_line(make_settings, spark):
    empty = make_settings().model_copy(update={"parity": ParitySettings(interval_seconds=1)})
    with pytest.raises(InputError, match=r"no table .*decisions; `careerstream up`") as raised:
        run_round(spark, empty, 1)
    assert "\n" not in str(raised.value)
    tables.create(spark, empty, *tables.STREAMED_TABLES)
    assert [one.drawn for one in run_round(spark, empty, 1)] == [0, 0, 0]
    assert all(math.isnan(one.share) for one in run_round(spark, empty, 1))
    done = careerstream(empty, "parity")
    assert done.returncode == 2
    [line] = done.stderr.strip().splitlines()
    assert "there is nothing to compare: topic profiles, Δ decisions and Δ events" in line


def test_a_model_that_is_gone_is_no_difference(world, kinds, spark):
    """The last test of this file: it deletes what the others need."""
    row = tables.read(spark, world, tables.DECISIONS, 1).first()
    found = kinds(world)[LISTS]
    assert found.equal
    files = setup(world).get_model_version_download_uri(row.model_name, row.model_version)
    shutil.rmtree(files.removeprefix("file://"))
    shutil.rmtree(world.home / "parity")
    gone = kinds(world)[LISTS]
    assert (gone.differences, gone.equal) == ((), 0)
    assert dict(gone.apart) == {"model_gone": found.drawn}
    assert math.isnan(gone.share)
