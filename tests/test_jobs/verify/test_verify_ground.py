"""What the verifier runs on is its own, and gone when it is done."""

import pytest
from jobs.verify.sandbox import Options, delete_topics, ground, own_settings

from infra.broker import provisioning
from streaming.contract.topics import TOPICS
from streaming.kafka import clients
from streaming.settings import KafkaSettings, Settings, StorageSettings

pytestmark = pytest.mark.kafka


def topics(kafka):
    client = clients.admin(kafka)
    try:
        return {name for name in client.list_topics() if name.startswith(kafka.topic_prefix)}
    finally:
        client.close()


def test_nothing_of_the_users_is_touched(kafka_settings, tmp_path):
    given = Settings(
        home=tmp_path, kafka=kafka_settings, storage=StorageSettings(lake="s3a://theirs")
    )
    own = own_settings(given, Options(kills=1, cluster=True))
    assert own.kafka.bootstrap_servers == kafka_settings.bootstrap_servers
    assert own.kafka.topic_prefix.startswith(f"{kafka_settings.topic_prefix}verify-")
    for folder in (own.lake, own.checkpoints, own.tracking_uri.removeprefix("sqlite:///")):
        assert folder.startswith(str(own.home))
    assert own.home.parent == tmp_path / "verify"
    embedded = own_settings(given, Options(kills=1))
    assert embedded.kafka.bootstrap_servers != kafka_settings.bootstrap_servers
    assert embedded.home != own.home


@pytest.mark.parametrize("keep", [False, True])
def test_topics_and_folder_go_unless_they_are_to_stay(kafka_settings, tmp_path, keep):
    given, options = (
        Settings(home=tmp_path, kafka=kafka_settings),
        Options(kills=1, cluster=True, keep=keep),
    )
    with ground(given, options) as (settings, broker):
        assert broker is None
        assert len(topics(kafka_settings)) == len(TOPICS)
    assert settings.home.exists() is keep
    assert bool(topics(kafka_settings)) is keep
    delete_topics(settings.kafka)


def test_after_a_failure_the_logs_stay_and_the_topics_go(kafka_settings, tmp_path):
    given = Settings(home=tmp_path, kafka=kafka_settings)
    with (
        pytest.raises(RuntimeError, match="lost"),
        ground(given, Options(kills=1, cluster=True)) as (settings, _),
    ):
        raise RuntimeError("something was lost")
    assert settings.home.exists()
    assert not topics(kafka_settings)


def test_deleting_leaves_what_has_another_prefix(kafka_settings):
    other = kafka_settings.model_copy(update={"topic_prefix": f"{kafka_settings.topic_prefix}x."})
    for kafka in (kafka_settings, other):
        provisioning.create(KafkaSettings(**kafka.model_dump()))
    delete_topics(other)
    assert len(topics(kafka_settings)) == len(TOPICS)
    delete_topics(kafka_settings)
