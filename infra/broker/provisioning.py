"""Creates the topics of the table of topics and compares a cluster with the table."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError, for_code

from streaming.contract.topics import TOPICS, Topic
from streaming.errors import BrokerError
from streaming.kafka import clients
from streaming.kafka.refusals import refused
from streaming.kafka.retention import as_configured
from streaming.settings import KafkaSettings


@dataclass(frozen=True, kw_only=True)
class ConfigDifference:
    """A setting in which an existing topic differs from the table of topics."""

    topic: str
    setting: str
    expected: str
    actual: str

    def __str__(self) -> str:
        """Return one line for display."""
        return f"{self.topic}: {self.setting} is {self.actual}, should be {self.expected}"


@dataclass(frozen=True, kw_only=True)
class ProvisioningResult:
    """The topics that `create` created, and those that existed before."""

    created: list[str]
    existing: list[str]
    differences: list[ConfigDifference]


@dataclass(frozen=True, kw_only=True)
class TopicState:
    """The state of a topic in the cluster."""

    topic: str
    """Name with the prefix."""
    exists: bool
    partitions: int = 0
    messages: int = 0
    """Difference of the end and beginning offsets; compaction may have removed some messages."""
    config: dict[str, str] = field(default_factory=dict)
    """Values of the settings in the table of topics."""
    differences: list[ConfigDifference] = field(default_factory=list)


def create(kafka: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> ProvisioningResult:
    """Create the missing topics; existing ones are not changed.

    Raises:
        BrokerError: no broker answers, or it refuses a request.
    """
    wanted = {kafka.topic_prefix + t.name: as_configured(t, kafka) for t in topics}
    with closing(clients.admin(kafka)) as client, clients.broker_errors(kafka):
        present = set(client.list_topics())
        absent = {name: topic for name, topic in wanted.items() if name not in present}
        created = _create(client, kafka, absent) if absent else []
        existing = [name for name in wanted if name not in created]
        states = _describe(client, kafka, {name: wanted[name] for name in existing})
    differences = [difference for state in states.values() for difference in state.differences]
    return ProvisioningResult(created=created, existing=existing, differences=differences)


def states(kafka: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> list[TopicState]:
    """Return the state of each topic.

    Raises:
        BrokerError: no broker answers, or it refuses a request.
    """
    wanted = {kafka.topic_prefix + t.name: as_configured(t, kafka) for t in topics}
    with closing(clients.admin(kafka)) as client, clients.broker_errors(kafka):
        present = set(client.list_topics())
        described = _describe(client, kafka, {n: t for n, t in wanted.items() if n in present})
    counts = _count_messages(kafka, {name: s.partitions for name, s in described.items()})
    return [
        replace(described[name], messages=counts[name])
        if name in described
        else TopicState(topic=name, exists=False)
        for name in wanted
    ]


def _create(client: KafkaAdminClient, kafka: KafkaSettings, absent: dict[str, Topic]) -> list[str]:
    """Create topics and wait for their leaders; return those that this call created."""
    answer = client.create_topics(
        {
            name: {
                "num_partitions": topic.partitions,
                "replication_factor": kafka.replication_factor,
                "configs": topic.broker_config(),
            }
            for name, topic in absent.items()
        },
        raise_errors=False,
    )
    created = []
    for result in answer["topics"]:
        error = for_code(result["error_code"])
        if result["error_code"] == 0:
            created.append(result["name"])
        elif error is not TopicAlreadyExistsError:
            if error is TopicAuthorizationFailedError:
                raise BrokerError(refused(kafka, "create", [result["name"]]))
            raise BrokerError(
                f"topic {result['name']} cannot be created: {error.__name__} "
                f"({result.get('error_message') or 'no further words'}); kafka.replication_factor "
                f"is {kafka.replication_factor}, kafka.bootstrap_servers {kafka.bootstrap_servers}"
            )
    client.wait_for_topics(list(absent))
    return created


def _describe(
    client: KafkaAdminClient, kafka: KafkaSettings, wanted: dict[str, Topic]
) -> dict[str, TopicState]:
    """Return the states of existing topics by name, without their numbers of messages."""
    if not wanted:
        return {}
    partitions = {t["name"]: len(t["partitions"]) for t in client.describe_topics(list(wanted))}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in wanted]
    answer = client.describe_configs(resources, config_filter="all")["topic"]
    described = {}
    for name, topic in wanted.items():
        if not answer[name]:  # what is refused looks empty
            raise BrokerError(refused(kafka, "see the configuration of", [name]))
        config = {key: answer[name][key]["value"] for key in topic.broker_config()}
        expected = {"partitions": str(topic.partitions)} | topic.broker_config()
        actual = {"partitions": str(partitions[name])} | config
        described[name] = TopicState(
            topic=name,
            exists=True,
            partitions=partitions[name],
            config=config,
            differences=[
                ConfigDifference(topic=name, setting=key, expected=value, actual=actual[key])
                for key, value in expected.items()
                if actual[key] != value
            ],
        )
    return described


def _count_messages(kafka: KafkaSettings, partitions: dict[str, int]) -> dict[str, int]:
    parts = [TopicPartition(name, i) for name, count in partitions.items() for i in range(count)]
    if not parts:
        return {}
    with closing(clients.consumer(kafka)) as reader, clients.broker_errors(kafka):
        first, last = reader.beginning_offsets(parts), reader.end_offsets(parts)
    return {
        name: sum(last[part] - first[part] for part in parts if part.topic == name)
        for name in partitions
    }
