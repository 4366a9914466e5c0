"""Creates the topics from the one table of topics, and says where a cluster differs from it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import TopicAlreadyExistsError, for_code

from streaming.contract.topics import TOPICS, Topic
from streaming.errors import BrokerError
from streaming.kafka import clients
from streaming.settings import KafkaSettings


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing in which an existing topic is not as the table says."""

    topic: str
    setting: str
    wanted: str
    found: str

    def __str__(self) -> str:
        """Return one line for people."""
        return f"{self.topic}: {self.setting} is {self.found}, should be {self.wanted}"


@dataclass(frozen=True, kw_only=True)
class Provisioned:
    """What `create` did and found."""

    created: list[str]
    existing: list[str]
    differences: list[Difference]


@dataclass(frozen=True, kw_only=True)
class TopicState:
    """A topic as the cluster has it."""

    topic: str
    """With the prefix."""
    exists: bool
    partitions: int
    messages: int
    """Offsets between the beginning and the end; compaction may have removed some of them."""
    config: dict[str, str]
    """The settings that the table of topics knows."""
    differences: list[Difference]


def create(kafka: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> Provisioned:
    """Create the topics that are missing; change nothing about those that exist.

    Args:
        kafka: the cluster, the prefix and the replication factor.
        topics: which of the table.

    Raises:
        BrokerError: no broker answers, or it refuses.
    """
    client = clients.admin(kafka)
    try:
        with clients.broker_errors(kafka):
            present = set(client.list_topics())
            wanted = {kafka.topic_prefix + topic.name: topic for topic in topics}
            absent = {name: topic for name, topic in wanted.items() if name not in present}
            created = _create(client, kafka, absent) if absent else []
            existing = [name for name in wanted if name not in created]
            states = _describe(client, {name: wanted[name] for name in existing})
    finally:
        client.close()
    differences = [difference for _, _, found in states.values() for difference in found]
    return Provisioned(created=created, existing=existing, differences=differences)


def states(kafka: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> list[TopicState]:
    """Look up how the cluster has each topic.

    Args:
        kafka: the cluster and the prefix.
        topics: which of the table, in the order wanted.

    Raises:
        BrokerError: no broker answers, or it refuses.
    """
    wanted = {kafka.topic_prefix + topic.name: topic for topic in topics}
    client = clients.admin(kafka)
    try:
        with clients.broker_errors(kafka):
            present = set(client.list_topics())
            found = _describe(client, {n: t for n, t in wanted.items() if n in present})
    finally:
        client.close()
    counts = _count_messages(
        kafka, {name: partitions for name, (partitions, _, _) in found.items()}
    )
    return [
        TopicState(
            topic=name,
            exists=name in found,
            partitions=found[name][0] if name in found else 0,
            messages=counts.get(name, 0),
            config=found[name][1] if name in found else {},
            differences=found[name][2] if name in found else [],
        )
        for name in wanted
    ]


def _create(client: KafkaAdminClient, kafka: KafkaSettings, absent: dict[str, Topic]) -> list[str]:
    """Create topics and wait for their leaders; return those that nobody else created first."""
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
            raise BrokerError(
                f"topic {result['name']} cannot be created: {error.__name__} "
                f"({result.get('error_message') or 'no further words'}); kafka.replication_factor "
                f"is {kafka.replication_factor}, kafka.bootstrap_servers {kafka.bootstrap_servers}"
            )
    client.wait_for_topics(list(absent))
    return created


def _describe(
    client: KafkaAdminClient, wanted: dict[str, Topic]
) -> dict[str, tuple[int, dict[str, str], list[Difference]]]:
    """Look up partitions, the known part of the configuration, and differences, by topic."""
    if not wanted:
        return {}
    partitions = {t["name"]: len(t["partitions"]) for t in client.describe_topics(list(wanted))}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in wanted]
    answer = client.describe_configs(resources, config_filter="all")["topic"]
    described = {}
    for name, topic in wanted.items():
        config = {key: answer[name][key]["value"] for key in topic.broker_config()}
        differences = list(_compare(name, topic, partitions[name], config))
        described[name] = (partitions[name], config, differences)
    return described


def _compare(
    name: str, topic: Topic, partitions: int, config: dict[str, str]
) -> Iterable[Difference]:
    wanted = {"partitions": str(topic.partitions)} | topic.broker_config()
    found = {"partitions": str(partitions)} | config
    for setting, value in wanted.items():
        if found[setting] != value:
            yield Difference(topic=name, setting=setting, wanted=value, found=found[setting])


def _count_messages(kafka: KafkaSettings, partitions: dict[str, int]) -> dict[str, int]:
    parts = [TopicPartition(name, i) for name, count in partitions.items() for i in range(count)]
    if not parts:
        return {}
    reader = clients.consumer(kafka)
    try:
        with clients.broker_errors(kafka):
            first, last = reader.beginning_offsets(parts), reader.end_offsets(parts)
    finally:
        reader.close()
    return {
        name: sum(last[part] - first[part] for part in parts if part.topic == name)
        for name in partitions
    }
