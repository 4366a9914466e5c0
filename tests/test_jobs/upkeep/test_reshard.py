"""The state of profiles in another number of partitions: nothing is lost, nothing is made twice."""

import shutil
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import orjson
import pytest

from jobs import update_profiles
from jobs.upkeep.maintain import maintain
from jobs.verify.expected import Expected
from jobs.verify.message_generator import messages
from streaming.contract.topics import PROFILES
from streaming.errors import InputError
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.profiles.fold import fold
from streaming.profiles.fold_inputs import without_trigger
from streaming.profiles.moved_state import MOVED, take_out
from streaming.profiles.profile_operator import JOB
from streaming.profiles.state_shards import partitions_of

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

BEFORE, AFTER = 2, 5
CANDIDATES = 40


class World:
    """Topics, what was sent to them, and the fold of it."""

    def __init__(self, settings, send):
        self.settings, self._send = settings, send
        self.checkpoint = f"{settings.checkpoints}/{JOB}"
        self._expected = Expected()
        self._source = messages(seed=11, candidates=CANDIDATES)

    def send(self, count):
        chosen = list(islice(self._source, count))
        for topic in {one.topic: None for one in chosen}:
            own = [one for one in chosen if one.topic is topic]
            places = self._send(self.settings, topic, [(one.key, one.value) for one in own])
            for one, at in zip(own, places, strict=True):
                record = SimpleNamespace(
                    key=one.key, value=one.value, partition=at.partition, offset=at.offset,
                    timestamp=at.timestamp,
                )  # fmt: skip
                self._expected.add(topic, record, one.reason)

    def folded(self):
        events, stated = self._expected.events, self._expected.stated_parts
        made = {
            who: fold(None, [*events.get(who, ()), *stated.get(who, ())], who).profile
            for who in self._expected.candidates()
        }
        return {who: without_trigger(profile) for who, profile in made.items() if profile}

    def published(self):
        newest = read_latest(self.settings.kafka, PROFILES)
        return {who: without_trigger(orjson.loads(m.value)) for who, m in newest.items() if m.value}

    def count(self):
        return sum(1 for _ in read_messages(self.settings.kafka, PROFILES))


@pytest.fixture(scope="module")
def world(make_settings, send, started, spark):
    made = World(make_settings(), send)
    with pytest.raises(InputError, match="no batch was committed"):
        take_out(spark, made.checkpoint, AFTER)
    made.send(400)
    with started(update_profiles, made.settings) as running:
        running.drain()
    assert made.published() == made.folded()
    return made


@contextmanager
def state_partitions(spark, number):
    """What `spark.state_partitions` gives to a session of its own."""
    name = "spark.sql.shuffle.partitions"
    before = spark.conf.get(name)
    spark.conf.set(name, number)
    try:
        yield
    finally:
        spark.conf.set(name, before)


def test_the_number_that_it_has_is_refused(world, spark):
    with pytest.raises(InputError, match="has 2 partitions already"):
        take_out(spark, world.checkpoint, BEFORE)


def test_profiles_go_on_in_other_partitions(world, spark, started):
    # One that was killed while it read the state.
    unfinished = Path(f"{world.checkpoint}{MOVED}", "rows")
    unfinished.mkdir(parents=True)
    (unfinished / "part-0.parquet").write_bytes(b"half a file")
    taken = take_out(spark, world.checkpoint, AFTER)
    assert taken.partitions == BEFORE
    assert taken.profiles >= len(world.folded())
    with pytest.raises(InputError, match="taken out already"):
        take_out(spark, world.checkpoint, AFTER)

    before = world.count()
    with state_partitions(spark, AFTER), started(update_profiles, world.settings) as running:
        running.drain()
        assert world.count() == before  # nothing is read twice
        world.send(200)
        running.drain()
    assert world.published() == world.folded()
    assert partitions_of(spark, world.checkpoint) == AFTER

    with started(update_profiles, world.settings) as running:  # the checkpoint's number counts
        world.send(100)
        running.drain()
    assert world.published() == world.folded()


def test_killed_in_its_first_batch_it_begins_again(world, spark, started):
    take_out(spark, world.checkpoint, BEFORE)
    with started(update_profiles, world.settings) as running:
        world.send(100)
        running.drain()
    # Killed before the first commit was written.
    commits = Path(world.checkpoint, "commits")
    shutil.rmtree(commits)
    commits.mkdir()
    for batch in Path(world.checkpoint, "offsets").glob("[1-9]*"):
        batch.unlink()
    with started(update_profiles, world.settings) as running:
        running.drain()
        world.send(50)
        running.drain()
    assert world.published() == world.folded()


def test_maintenance_removes_what_is_left(world, spark):
    beside = Path(world.checkpoint).parent
    assert len(list(beside.glob(f"{JOB}.*"))) == 2
    maintain(spark, world.settings)
    assert list(beside.glob(f"{JOB}.*")) == []
