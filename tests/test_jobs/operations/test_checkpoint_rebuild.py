"""Profiles from the lake equal the streamed ones, also where Kafka has forgotten their events."""

import shutil
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import orjson
import pytest
from kafka import TopicPartition

from infra.broker import provisioning
from jobs import archive, update_profiles
from jobs.operations import checkpoint_rebuild
from jobs.verify.expected import Expected
from jobs.verify.message_generator import messages
from streaming.contract.topics import EVENTS, PROFILES
from streaming.errors import InputError
from streaming.kafka import clients
from streaming.kafka.topic_reader import read_latest
from streaming.profiles import rebuild
from streaming.profiles.fold import fold
from streaming.profiles.fold_inputs import without_trigger
from streaming.settings import JobSettings, KafkaSettings, Settings, SparkSettings

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

PATIENCE = 60.0
FIRST, SECOND, THIRD = 500, 150, 50
TAIL = 20
"""Events of each partition that Kafka still holds."""


class World:
    """Topics, a lake and what was sent."""

    def __init__(self, kafka, home):
        provisioning.create(kafka)
        self.settings = Settings(
            home=home,
            kafka=kafka,
            spark=SparkSettings(state_partitions=2),
            jobs=JobSettings(
                lake_interval_seconds=0,
                catalogue_interval_seconds=0,
                shutdown_timeout_seconds=PATIENCE,
            ),
        )
        self.expected = Expected()
        self._source = messages(seed=5, candidates=6)

    def send(self, count):
        """Send the next messages and remember where they stand."""
        producer, kafka = clients.producer(self.settings.kafka), self.settings.kafka
        chosen = list(islice(self._source, count))
        futures = [
            producer.send(kafka.topic_prefix + one.topic.name, key=one.key, value=one.value)
            for one in chosen
        ]
        producer.flush()
        for one, future in zip(chosen, futures, strict=True):
            at = future.get(60)
            record = SimpleNamespace(
                key=one.key, value=one.value, partition=at.partition, offset=at.offset,
                timestamp=at.timestamp,
            )  # fmt: skip
            self.expected.add(one.topic, record, one.reason)
        producer.close()

    def folded(self):
        """The fold over everything that was ever sent."""
        events, stated = self.expected.events, self.expected.stated_parts
        made = {
            who: fold(None, [*events.get(who, ()), *stated.get(who, ())], who).profile
            for who in self.expected.candidates()
        }
        return {who: without_trigger(profile) for who, profile in made.items() if profile}

    def published(self):
        """The newest profiles on their topic."""
        found = read_latest(self.settings.kafka, PROFILES)
        return {who: without_trigger(orjson.loads(record.value)) for who, record in found.items()}

    def forget(self):
        """Have Kafka remove all but the newest events, as retention does."""
        kafka = self.settings.kafka
        client, reader = clients.admin(kafka), clients.consumer(kafka)
        try:
            name = kafka.topic_prefix + EVENTS.name
            places = [TopicPartition(name, part) for part in reader.partitions_for_topic(name)]
            ends = reader.end_offsets(places)
            client.delete_records({place: max(0, end - TAIL) for place, end in ends.items()})
            return sum(reader.beginning_offsets(places).values())
        finally:
            client.close()
            reader.close()


@contextmanager
def running(job, spark, settings):
    made = job.start(spark, settings)
    try:
        yield made
        made.drain()
    finally:
        made.stop(PATIENCE)


@pytest.fixture(scope="module")
def world(spark, broker, tmp_path_factory):
    """Profiles, streamed and archived."""
    prefix = f"test-{uuid4().hex[:12]}."
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers, topic_prefix=prefix)
    made = World(kafka, tmp_path_factory.mktemp("rebuild"))
    made.send(FIRST)
    for job in (update_profiles, archive):
        with running(job, spark, made.settings):
            pass
    return made


def test_rebuilt_profiles_equal_the_streamed_ones(spark, world):
    rebuilt = rebuild.rebuild(spark, world.settings).collect()
    found = rebuild.read_streamed(world.settings.kafka)
    told = rebuild.compare(rebuilt, found)
    assert told == rebuild.Comparison(equal=len(found))
    assert {row.candidate_id: orjson.loads(row.profile) for row in rebuilt} == world.folded()
    assert max(len(profile["events"]) for profile in world.folded().values()) == 50
    assert any("stated" in profile for profile in world.folded().values())


def test_a_topic_that_was_lost_is_filled_again(spark, world):
    prefix = f"test-{uuid4().hex[:12]}."
    kafka = world.settings.kafka.model_copy(update={"topic_prefix": prefix})
    provisioning.create(kafka)
    settings = world.settings.model_copy(update={"kafka": kafka})
    rebuilt = rebuild.rebuild(spark, settings)
    told = rebuild.compare(rebuilt.collect(), rebuild.read_streamed(kafka))
    assert set(told.ahead) == world.folded().keys()
    rebuild.publish(spark, settings, rebuilt, told.ahead)
    again = rebuild.compare(rebuilt.collect(), rebuild.read_streamed(kafka))
    assert again == rebuild.Comparison(equal=len(told.ahead))


def test_a_lost_checkpoint_goes_on_from_the_lake(spark, world):
    """Last of this module: Kafka forgets what the others have sent."""
    settings = world.settings
    checkpoint = Path(settings.checkpoints) / "update_profiles"
    with pytest.raises(InputError, match="there is a checkpoint"):
        checkpoint_rebuild.make_checkpoint(spark, settings)
    shutil.rmtree(checkpoint)
    assert world.forget() > FIRST / 4
    world.send(SECOND)
    checkpoint_rebuild.make_checkpoint(spark, settings)
    assert world.published() == world.folded()
    world.send(THIRD)
    with running(update_profiles, spark, settings):
        pass
    assert world.published() == world.folded()


def row(who, version, **fields):
    profile = {"candidate_id": who, "version": version, **fields}
    return {"candidate_id": who, "version": version, "profile": orjson.dumps(profile).decode()}


def test_every_difference_has_its_name():
    rows = [row("a", 3), row("b", 3), row("c", 3), row("d", 3), row("e", 3)]
    marks = {r["candidate_id"]: rebuild.digest(orjson.loads(r["profile"])) for r in rows}
    found = {
        "a": rebuild.Streamed(3, marks["a"]),
        "b": rebuild.Streamed(4, b"newer"),
        "c": rebuild.Streamed(2, b"older"),
        "d": rebuild.Streamed(3, b"other"),
        "z": rebuild.Streamed(1, b"nobody"),
    }
    assert rebuild.compare(rows, found) == rebuild.Comparison(
        equal=1, behind=["b"], ahead=["c", "e"], different=["d"], unknown=["z"]
    )
