"""Topics are created from the table, once, and differences are reported."""

import pytest

from infra.broker import provisioning
from infra.broker.provisioning import ConfigDifference
from streaming.contract.topics import EVENTS, POSTINGS, TOPICS
from streaming.errors import BrokerError
from streaming.kafka import clients
from streaming.settings import KafkaSettings

pytestmark = pytest.mark.kafka


def test_creating_twice_is_creating_once(kafka_settings: KafkaSettings) -> None:
    names = [kafka_settings.topic_prefix + topic.name for topic in TOPICS]
    first = provisioning.create(kafka_settings)
    assert sorted(first.created) == sorted(names)
    assert (first.existing, first.differences) == ([], [])
    second = provisioning.create(kafka_settings)
    assert second.created == []
    assert second.existing == names
    assert second.differences == []


def test_the_cluster_has_what_the_table_says(kafka_settings: KafkaSettings) -> None:
    assert not any(state.exists for state in provisioning.states(kafka_settings))
    provisioning.create(kafka_settings)
    for topic, state in zip(TOPICS, provisioning.states(kafka_settings), strict=True):
        assert state.exists
        assert state.partitions == topic.partitions
        assert state.config == topic.broker_config()
        assert state.messages == 0


def test_messages_are_counted(kafka_settings: KafkaSettings) -> None:
    provisioning.create(kafka_settings, [EVENTS])
    sender = clients.producer(kafka_settings)
    for number in range(23):
        sender.send(kafka_settings.topic_prefix + "events", key=b"%d" % number, value=b"{}")
    sender.flush()
    sender.close()
    (state,) = provisioning.states(kafka_settings, [EVENTS])
    assert state.messages == 23


def test_a_drifted_topic_is_reported_and_left_alone(kafka_settings: KafkaSettings) -> None:
    name = kafka_settings.topic_prefix + "postings"
    client = clients.admin(kafka_settings)
    client.create_topics({name: {"num_partitions": 2, "replication_factor": 1}})
    client.close()
    assert provisioning.create(kafka_settings, [POSTINGS]).differences == [
        ConfigDifference(topic=name, setting="partitions", expected="4", actual="2"),
        ConfigDifference(topic=name, setting="cleanup.policy", expected="compact", actual="delete"),
        ConfigDifference(
            topic=name, setting="max.message.bytes", expected="4194304", actual="8388608"
        ),
    ]
    (state,) = provisioning.states(kafka_settings, [POSTINGS])
    assert state.partitions == 2


def test_too_many_replicas_are_one_line(kafka_settings: KafkaSettings) -> None:
    wanted = kafka_settings.model_copy(update={"replication_factor": 3})
    with pytest.raises(BrokerError, match=r"kafka\.replication_factor is 3") as error:
        provisioning.create(wanted, [EVENTS])
    assert "\n" not in str(error.value)
