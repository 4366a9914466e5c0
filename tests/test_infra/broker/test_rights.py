"""On a broker with TLS, logins and an authoriser: everybody may do what the table says, no more."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    AlterConfigOp,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialUpsertion,
)
from kafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
)
from secured_broker import MECHANISM, SecuredBroker

from infra.broker import acls, provisioning
from infra.broker.acls import DEFAULT_PREFIX, Grant
from infra.broker.embedded import Broker
from streaming.contract.access.principals import (
    CONSUMER,
    HOT_PATH,
    OPERATOR,
    PRINCIPALS,
    RECOMMEND,
    Operation,
    Principal,
)
from streaming.contract.topics import EVENTS, POSTINGS, PROFILES, TOPICS
from streaming.errors import BrokerError, SettingsError
from streaming.kafka import clients
from streaming.kafka.spark_io import require_rights
from streaming.kafka.topic_reader import read_latest
from streaming.kafka.topic_writer import TopicWriter
from streaming.settings import KafkaSettings

pytestmark = pytest.mark.kafka
REFUSED = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)
POLL_MS = 10_000
each_principal = pytest.mark.parametrize("principal", PRINCIPALS, ids=lambda p: p.name)


def user(principal: Principal) -> str:
    return DEFAULT_PREFIX + principal.name


@pytest.fixture(scope="module", autouse=True)
def messages(secured: SecuredBroker) -> None:
    """One message in partition 0 of each topic."""
    with closing(clients.producer(secured.administrator)) as sender:
        sent = [sender.send(topic.name, b"{}", b"k", partition=0) for topic in TOPICS]
        sender.flush()
        assert [future.get(10).partition for future in sent] == [0] * len(TOPICS)


def may_read(kafka: KafkaSettings, topic: str) -> bool:
    """With a consumer of its own, because one that was refused waits for that topic for ever."""
    partition = TopicPartition(topic, 0)
    with closing(clients.consumer(kafka)) as reader:
        try:
            reader.end_offsets([partition])  # polling waits for topics that cannot be seen
            reader.assign([partition])
            reader.seek(partition, 0)
            found = reader.poll(timeout_ms=POLL_MS)
        except TopicAuthorizationFailedError:
            return False
    assert found, f"neither a message nor a refusal of {topic}"
    return True


def may_write(kafka: KafkaSettings, topic: str) -> bool:
    """With a producer of its own, because one that was refused sends nothing more."""
    with closing(clients.producer(kafka, max_block_ms=POLL_MS)) as sender:
        try:
            sender.send(topic, b"{}", b"k", partition=1).get(POLL_MS / 1000)
        except TopicAuthorizationFailedError:
            return False
        except KafkaError as error:
            if "ClusterAuthorizationFailedError" in str(error):  # it may write to nothing at all
                return False
            raise
    return True


def may_create(admin: KafkaAdminClient, topic: str) -> bool:
    wanted = {topic: {"num_partitions": 1, "replication_factor": 1}}
    try:
        admin.create_topics(wanted, validate_only=True)
    except TopicAlreadyExistsError:  # it is told only to those who may
        return True
    except REFUSED:
        return False
    raise AssertionError(topic)


def may_alter(admin: KafkaAdminClient, topic: str) -> bool:
    change = {"retention.ms": (AlterConfigOp.SET, "1000000")}
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, change)
    answer = admin.alter_configs([resource], validate_only=True, raise_on_unknown=False)
    config = str(answer["topic"][topic])
    try:
        admin.create_partitions({topic: 64}, validate_only=True)
    except TopicAuthorizationFailedError:
        assert "TopicAuthorizationFailed" in config, config
        return False
    assert config == "OK", config
    return True


def may_inspect(admin: KafkaAdminClient, topic: str) -> bool:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    return bool(admin.describe_configs([resource])["topic"][topic])


def allowed(kafka: KafkaSettings) -> set[tuple[str, str]]:
    """Try each operation on each topic; return those that the broker did not refuse."""
    with closing(clients.admin(kafka)) as admin:
        calls = {
            Operation.READ: partial(may_read, kafka),
            Operation.WRITE: partial(may_write, kafka),
            Operation.CREATE: partial(may_create, admin),
            Operation.ALTER: partial(may_alter, admin),
            Operation.INSPECT: partial(may_inspect, admin),
        }
        return {(o.value, t.name) for o, call in calls.items() for t in TOPICS if call(t.name)}


@each_principal
def test_each_may_do_what_the_table_says_and_nothing_else(
    secured: SecuredBroker, principal: Principal
) -> None:
    table = {(each.value, t.name) for each in Operation for t in principal.topics(each)}
    assert allowed(secured.access(user(principal))) == table


def everything() -> ACLFilter:
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    return ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything)


def rule(name: str, operation: ACLOperation, resource: ResourcePattern) -> ACL:
    return ACL(f"User:{name}", "*", operation, ACLPermissionType.ALLOW, resource)


def on_topic(name: str, pattern: ACLResourcePatternType = ACLResourcePatternType.LITERAL):
    return ResourcePattern(ResourceType.TOPIC, name, pattern)


@each_principal
def test_nobody_reaches_beyond_the_topics(secured: SecuredBroker, principal: Principal) -> None:
    name = user(principal)
    own = rule(name, ACLOperation.ALL, on_topic(EVENTS.name))
    other = {"other": {"num_partitions": 1, "replication_factor": 1}}
    password = UserScramCredentialUpsertion(name, MECHANISM, "a new password")
    with closing(clients.admin(secured.access(name))) as admin:
        with pytest.raises(ClusterAuthorizationFailedError):
            admin.describe_acls(everything())
        assert admin.create_acls([own])["failed"] == [ClusterAuthorizationFailedError]
        with pytest.raises(REFUSED):
            admin.create_topics(other)
        with pytest.raises(REFUSED):
            admin.delete_topics([EVENTS.name])
        assert admin.alter_user_scram_credentials([password])[name]
        visible = {
            topic.name for topic in TOPICS if any(principal.may(o, topic) for o in Operation)
        }
        # Another file's topics are on this broker too, under their own prefix and rules.
        assert set(admin.list_topics()) & {topic.name for topic in TOPICS} == visible


def test_a_consumer_may_use_groups_under_its_name(secured: SecuredBroker) -> None:
    name, topic = user(CONSUMER), CONSUMER.reads[0].name
    kafka = secured.access(name)
    with closing(clients.consumer(kafka, group_id=f"{name}-site")) as reader:
        reader.subscribe([topic])
        assert reader.poll(timeout_ms=POLL_MS)
        reader.commit()
    with closing(clients.consumer(kafka, group_id="others")) as reader:
        reader.subscribe([topic])
        with pytest.raises(GroupAuthorizationFailedError):
            reader.poll(timeout_ms=POLL_MS)


@pytest.fixture
def operator(secured: SecuredBroker) -> KafkaSettings:
    return secured.access(user(OPERATOR))


@pytest.fixture
def administrator(secured: SecuredBroker) -> Iterator[KafkaSettings]:
    """Whom the broker refuses nothing; its rules are those of the table again afterwards."""
    yield secured.administrator
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    stranger = ACLFilter("User:stranger", None, *everything_of(), anything)
    with closing(clients.admin(secured.administrator)) as admin:
        admin.delete_acls([stranger])
    acls.apply(secured.administrator, prune=True)


def everything_of() -> tuple[ACLOperation, ACLPermissionType]:
    return ACLOperation.ANY, ACLPermissionType.ANY


def test_applying_again_changes_nothing(administrator: KafkaSettings) -> None:
    again = acls.apply(administrator)
    assert not again.created
    assert not again.excess
    assert not again.others
    assert set(again.existing) == set(acls.wanted(administrator))


def test_what_is_missing_is_created_and_what_goes_beyond_is_named_and_pruned(
    administrator: KafkaSettings,
) -> None:
    name = user(RECOMMEND)
    prefixed = on_topic("pro", ACLResourcePatternType.PREFIXED)
    cluster = ResourcePattern(ResourceType.CLUSTER, "kafka-cluster")
    with closing(clients.admin(administrator)) as admin:
        admin.create_acls(
            [
                rule(name, ACLOperation.READ, on_topic(EVENTS.name)),
                rule(name, ACLOperation.READ, on_topic("staging.events")),
                rule(name, ACLOperation.ALTER, cluster),
                rule("stranger", ACLOperation.WRITE, prefixed),
                rule("stranger", ACLOperation.WRITE, on_topic("payments")),
            ]
        )
        lost = rule(name, ACLOperation.READ, on_topic(PROFILES.name))
        pattern = lost.resource_pattern
        admin.delete_acls(
            [ACLFilter(lost.principal, "*", lost.operation, lost.permission_type, pattern)]
        )
    excess = [Grant(name, "ALTER", "CLUSTER kafka-cluster"), Grant(name, "READ", "TOPIC events")]
    others = [Grant("stranger", "WRITE", "TOPIC pro*")]

    first = acls.apply(administrator)
    assert first.created == [Grant(name, "READ", "TOPIC profiles")]
    assert (first.excess, first.removed, first.others) == (excess, [], others)

    second = acls.apply(administrator, prune=True)
    assert (second.created, second.excess) == ([], [])
    assert (second.removed, second.others) == (excess, others)
    assert acls.apply(administrator).excess == []


def test_topics_with_a_prefix_and_users_with_another_have_rules_of_their_own() -> None:
    kafka = KafkaSettings(topic_prefix="staging.")
    grants = acls.wanted(kafka, "staging-")
    assert Grant("staging-recommend", "READ", "TOPIC staging.profiles") in grants
    assert Grant("staging-consumer", "READ", "GROUP staging-consumer*") in grants
    assert {grant.user.partition("-")[0] for grant in grants} == {"staging"}


def test_a_broker_without_authoriser_says_so(broker: Broker) -> None:
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
    with pytest.raises(BrokerError, match=r"has no authoriser, .*set authorizer\.class\.name"):
        acls.apply(kafka)


def test_only_a_super_user_applies(operator: KafkaSettings) -> None:
    line = rf"does not let {operator.username} read and alter access rules; log in as .*super"
    with pytest.raises(BrokerError, match=line):
        acls.apply(operator)


def test_a_refused_job_says_who_may_not_do_what_and_the_remedy(secured: SecuredBroker) -> None:
    kafka = secured.access(user(RECOMMEND))
    require_rights(kafka, RECOMMEND)
    with pytest.raises(BrokerError) as refusal:
        require_rights(kafka, HOT_PATH)
    assert str(refusal.value) == (
        f"Kafka at {secured.address} does not let careerstream-recommend read topic candidates, "
        "events; a super user of the cluster grants it with `careerstream topics grants --apply`"
    )


def test_refused_calls_of_commands_are_one_line(
    secured: SecuredBroker, operator: KafkaSettings
) -> None:
    kafka = secured.access(user(RECOMMEND))
    with pytest.raises(
        BrokerError, match=r"postings does not exist, or careerstream-recommend may .*apply"
    ):
        read_latest(kafka, POSTINGS)
    with pytest.raises(BrokerError, match=r"does not let careerstream-recommend .*topic events"):
        TopicWriter(kafka, EVENTS, lambda *_: None)
    reader = secured.access(user(CONSUMER))
    with (
        pytest.raises(BrokerError, match="does not let careerstream-consumer write to any topic"),
        TopicWriter(reader, CONSUMER.reads[0], lambda *_: None) as writer,
    ):
        writer.send("k", b"{}", "tag")
    with pytest.raises(BrokerError, match="does not let careerstream-recommend create topic"):
        provisioning.create(kafka)
    with pytest.raises(BrokerError, match="recommend see the configuration of topic profiles"):
        provisioning.states(kafka, [PROFILES])
    assert provisioning.create(operator).differences == []


def test_a_wrong_password_and_an_unknown_authority_are_one_line(
    secured: SecuredBroker, tmp_path: Path
) -> None:
    guessed = tmp_path / "guessed"
    guessed.write_text("a guess")
    wrong = secured.access(user(RECOMMEND), password_file=guessed, connect_timeout_seconds=3)
    with pytest.raises(BrokerError, match=r"check kafka\.username and kafka\.password") as refusal:
        clients.admin(wrong)
    assert "a guess" not in str(refusal.value)
    unknown = secured.access(user(RECOMMEND), ssl_ca=None, connect_timeout_seconds=1)
    with pytest.raises(BrokerError, match=r"no trusted authority has signed; set kafka\.ssl_ca"):
        clients.admin(unknown)
    absent = secured.access(user(RECOMMEND), password_file=tmp_path / "absent")
    with pytest.raises(SettingsError, match=r"kafka\.password_file .*absent cannot be read: No"):
        clients.admin(absent)


def test_no_password_is_shown_where_options_are_logged(secured: SecuredBroker) -> None:
    kafka = secured.access(user(RECOMMEND))
    assert secured.passwords[user(RECOMMEND)] not in repr(clients.kafka_python_options(kafka))
    assert secured.passwords[user(RECOMMEND)] not in repr(kafka)
