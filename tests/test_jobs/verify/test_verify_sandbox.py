"""The verifier's sandbox touches nothing else, and is gone when it is done."""

import pytest

from infra.broker import provisioning
from jobs.runtime.sandbox import delete_topics
from jobs.verify.run import Options, verify_sandbox
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
    with verify_sandbox(given, Options(kills=1, cluster=True)) as own:
        settings = own.settings
    assert settings.kafka.bootstrap_servers == kafka_settings.bootstrap_servers
    assert settings.kafka.topic_prefix.startswith(f"{kafka_settings.topic_prefix}verify-")
    assert settings.lake == f"s3a://theirs/{settings.kafka.topic_prefix.removesuffix('.')}"
    for folder in (settings.checkpoints, settings.tracking_uri.removeprefix("sqlite:///")):
        assert folder.startswith(str(settings.home))
    assert settings.home.parent == tmp_path / "verify"


def test_an_embedded_broker_is_at_the_same_port_after_a_kill(kafka_settings, tmp_path):
    given = Settings(home=tmp_path, kafka=kafka_settings)
    with verify_sandbox(given, Options(kills=1)) as own:
        assert own.kafka.bootstrap_servers != kafka_settings.bootstrap_servers
        own.broker.kill()
        own.broker.start()
        assert own.broker.bootstrap_servers == own.kafka.bootstrap_servers
        assert len(topics(own.kafka)) == len(TOPICS)
    assert not own.home.exists()


@pytest.mark.parametrize("keep", [False, True])
def test_topics_and_folder_go_unless_they_are_to_stay(kafka_settings, tmp_path, keep):
    given, options = (
        Settings(home=tmp_path, kafka=kafka_settings),
        Options(kills=1, cluster=True, keep=keep),
    )
    with verify_sandbox(given, options) as own:
        assert own.broker is None
        assert len(topics(kafka_settings)) == len(TOPICS)
    assert own.home.exists() is keep
    assert bool(topics(kafka_settings)) is keep
    delete_topics(own.kafka)


def test_after_a_failure_the_logs_stay_and_the_topics_go(kafka_settings, tmp_path):
    given = Settings(home=tmp_path, kafka=kafka_settings)
    with (
        pytest.raises(RuntimeError, match="lost"),
        verify_sandbox(given, Options(kills=1, cluster=True)) as own,
    ):
        raise RuntimeError("something was lost")
    assert own.home.exists()
    assert not topics(kafka_settings)


def test_deleting_leaves_what_has_another_prefix(kafka_settings):
    other = kafka_settings.model_copy(update={"topic_prefix": f"{kafka_settings.topic_prefix}x."})
    for kafka in (kafka_settings, other):
        provisioning.create(KafkaSettings(**kafka.model_dump()))
    delete_topics(other)
    assert len(topics(kafka_settings)) == len(TOPICS)
    delete_topics(kafka_settings)
