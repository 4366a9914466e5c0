"""Kafka's access control lists, made from the table of principals and compared with a cluster's."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import ClusterAuthorizationFailedError, SecurityDisabledError

from streaming.contract.access.principals import PRINCIPALS, Operation, Principal
from streaming.contract.topics import TOPICS
from streaming.errors import BrokerError
from streaming.kafka import clients
from streaming.kafka.refusals import who
from streaming.settings import KafkaSettings

DEFAULT_PREFIX = "careerstream-"
"""What the names of users begin with."""
_PROPAGATION_SECONDS = 10.0
_KAFKA_OPERATIONS = {
    Operation.READ: (ACLOperation.READ,),
    Operation.WRITE: (ACLOperation.WRITE,),
    Operation.CREATE: (ACLOperation.CREATE,),
    Operation.ALTER: (ACLOperation.ALTER, ACLOperation.ALTER_CONFIGS),
    Operation.INSPECT: (ACLOperation.DESCRIBE, ACLOperation.DESCRIBE_CONFIGS),
}
_EVERYTHING = ACLFilter(
    None,
    None,
    ACLOperation.ANY,
    ACLPermissionType.ANY,
    ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)


@dataclass(frozen=True, order=True)
class Grant:
    """One rule of a cluster."""

    user: str
    operation: str
    """Kafka's name, such as READ."""
    resource: str
    """Such as `TOPIC events`, or `GROUP careerstream-consumer*`."""
    permission: str = "ALLOW"

    def __str__(self) -> str:
        """Return one line for display."""
        denied = "" if self.permission == "ALLOW" else f"{self.permission} "
        return f"{denied}{self.user} {self.operation} {self.resource}"


@dataclass(frozen=True, kw_only=True)
class GrantComparison:
    """How a cluster's rules differ from the table."""

    created: list[Grant]
    """Those that were missing."""
    existing: list[Grant]
    excess: list[Grant]
    """Rules about principals of the table that are not in the table."""
    removed: list[Grant]
    others: list[Grant]
    """Rules by which users who are not in the table reach our topics."""


def wanted(kafka: KafkaSettings, prefix: str = DEFAULT_PREFIX) -> dict[Grant, ACL]:
    """Return the rules that the table asks for, on topics with the prefix of the settings."""
    acls = (acl for principal in PRINCIPALS for acl in _of_principal(principal, kafka, prefix))
    return {_grant(acl): acl for acl in acls}


def apply(
    kafka: KafkaSettings, prefix: str = DEFAULT_PREFIX, *, prune: bool = False
) -> GrantComparison:
    """Create the missing rules, and find those beyond the table; `prune` removes these.

    A second call changes nothing. Rules about other users are never changed.

    Raises:
        BrokerError: no broker answers, it has no authoriser, or it refuses.
    """
    table = wanted(kafka, prefix)
    with closing(clients.admin(kafka)) as client, clients.broker_errors(kafka), _acl_errors(kafka):
        present = {_grant(acl): acl for acl in client.describe_acls(_EVERYTHING)[0]}
        missing = sorted(table.keys() - present.keys())
        if missing:
            answer = client.create_acls([table[grant] for grant in missing])
            if failures := answer["failed"]:
                raise failures[0]
            _await(client, set(missing))
        beyond = [present[grant] for grant in sorted(present.keys() - table.keys())]
        excess = [acl for acl in beyond if _is_excess(acl, kafka, prefix)]
        others = [acl for acl in beyond if acl not in excess and _reaches(acl, kafka)]
        removed = excess if prune else []
        if removed:
            _remove(client, removed)
    return GrantComparison(
        created=missing,
        existing=sorted(table.keys() & present.keys()),
        excess=[] if prune else [_grant(acl) for acl in excess],
        removed=[_grant(acl) for acl in removed],
        others=[_grant(acl) for acl in others],
    )


def _await(client: KafkaAdminClient, created: set[Grant]) -> None:
    """Wait until the broker knows new rules: the controller confirms them before that."""
    deadline = time.monotonic() + _PROPAGATION_SECONDS
    while not created <= {_grant(acl) for acl in client.describe_acls(_EVERYTHING)[0]}:
        if time.monotonic() >= deadline:
            return  # they are created, and other brokers may be as slow
        time.sleep(0.1)


@contextmanager
def _acl_errors(kafka: KafkaSettings) -> Iterator[None]:
    try:
        yield
    except SecurityDisabledError as error:
        raise BrokerError(
            f"Kafka at {kafka.bootstrap_servers} has no authoriser, so everybody may do "
            "everything; set authorizer.class.name on its brokers"
        ) from error
    except ClusterAuthorizationFailedError as error:
        raise BrokerError(
            f"Kafka at {kafka.bootstrap_servers} does not let {who(kafka)} read and alter access "
            "rules; log in as one of the cluster's super users (super.users)"
        ) from error


def _of_principal(principal: Principal, kafka: KafkaSettings, prefix: str) -> Iterator[ACL]:
    user = prefix + principal.name
    for operation, kafka_operations in _KAFKA_OPERATIONS.items():
        for topic in principal.topics(operation):
            resource = ResourcePattern(ResourceType.TOPIC, kafka.topic_prefix + topic.name)
            yield from (_allow(user, each, resource) for each in kafka_operations)
    if principal.has_groups:
        prefixed = ACLResourcePatternType.PREFIXED
        yield _allow(user, ACLOperation.READ, ResourcePattern(ResourceType.GROUP, user, prefixed))


def _allow(user: str, operation: ACLOperation, resource: ResourcePattern) -> ACL:
    return ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, resource)


def _grant(acl: ACL) -> Grant:
    resource = acl.resource_pattern
    end = "*" if resource.pattern_type is ACLResourcePatternType.PREFIXED else ""
    host = "" if acl.host == "*" else f" from {acl.host}"
    return Grant(
        user=acl.principal.removeprefix("User:"),
        operation=acl.operation.name,
        resource=f"{resource.resource_type.name} {resource.resource_name}{end}{host}",
        permission=acl.permission_type.name,
    )


def _is_excess(acl: ACL, kafka: KafkaSettings, prefix: str) -> bool:
    """Return whether a rule beyond the table is about one of our principals.

    Topics with another prefix are another installation's, whose principals may be the same.
    """
    if not acl.principal.startswith(f"User:{prefix}"):
        return False
    is_topic = acl.resource_pattern.resource_type is ResourceType.TOPIC
    return not is_topic or _reaches(acl, kafka)


def _reaches(acl: ACL, kafka: KafkaSettings) -> bool:
    """Return whether a rule is about one of our topics."""
    resource = acl.resource_pattern
    if resource.resource_type is not ResourceType.TOPIC:
        return False
    names = [kafka.topic_prefix + topic.name for topic in TOPICS]
    if resource.pattern_type is ACLResourcePatternType.PREFIXED:
        return any(name.startswith(resource.resource_name) for name in names)
    return resource.resource_name == "*" or resource.resource_name in names


def _remove(client: KafkaAdminClient, acls: Iterable[ACL]) -> None:
    filters = [
        ACLFilter(acl.principal, acl.host, acl.operation, acl.permission_type, acl.resource_pattern)
        for acl in acls
    ]
    for _, _, error in client.delete_acls(filters):
        if error.errno:
            raise error
