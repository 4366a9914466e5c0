"""Says in one line why a broker is not reached, or what it does not let a user do."""

import re
from collections.abc import Collection, Sequence

from kafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from streaming.settings import KafkaSettings

REMEDY = "a super user of the cluster grants it with `careerstream topics grants --apply`"
_NO_LOGIN = "SaslAuthenticationFailedError"
_NO_TRUST = "CERTIFICATE_VERIFY_FAILED"
_NO_PRODUCER = "InitProducerIdResponse: [Error 31]"
"""How kafka-python says that a user may write to no topic at all."""
_NOT_IN_A_NAME = re.compile(r"[^\w.,-]+")


def not_connected(kafka: KafkaSettings, reasons: Sequence[str]) -> str:
    """Return why no client could connect.

    Args:
        kafka: the settings it tried.
        reasons: of each attempt. The last ones are often just cut off by the timeout, and a broker
            that refuses a login often closes the connection before its answer is read.
    """
    servers = kafka.bootstrap_servers
    if any(_NO_LOGIN in reason for reason in reasons):
        return (
            f"Kafka at {servers} refuses the login of {kafka.username} by {kafka.sasl_mechanism}: "
            "check kafka.username and kafka.password or kafka.password_file"
        )
    if any(_NO_TRUST in reason for reason in reasons):
        trusted = kafka.ssl_ca or "none, so the system's own"
        return (
            f"Kafka at {servers} shows a certificate that no trusted authority has signed; set "
            f"kafka.ssl_ca (is {trusted}) to the PEM file of its authority"
        )
    login = (
        "check kafka.username and kafka.password, and kafka.security_protocol, or "
        if kafka.security_protocol.startswith("SASL")
        else ""
    )
    return (
        f"no Kafka broker answers at {servers} ({reasons[0]}); {login}start one with "
        "`careerstream kafka start` or set kafka.bootstrap_servers"
    )


def refused(kafka: KafkaSettings, operation: str, topics: Collection[str]) -> str:
    """Say that the broker does not let this user do something with topics (their full names)."""
    which = f"topic {', '.join(sorted(topics))}" if topics else "any topic"
    return (
        f"Kafka at {kafka.bootstrap_servers} does not let {who(kafka)} {operation} {which}; "
        f"{REMEDY}"
    )


def no_topic(kafka: KafkaSettings, name: str) -> str:
    """Say that a topic (its full name) is not seen; a broker hides what a user may not use."""
    remedy = "run `careerstream topics create`"
    if kafka.security_protocol == "PLAINTEXT":
        return f"topic {name} does not exist; {remedy}"
    hidden = f"{who(kafka)} may do nothing with it"
    return f"topic {name} does not exist, or {hidden}; {remedy}, or {REMEDY}"


def refusal(kafka: KafkaSettings, error: KafkaError) -> str | None:
    """Return what a broker has refused; None where the error is of another kind."""
    if isinstance(error, TopicAuthorizationFailedError):
        return refused(kafka, "use", _names(error))
    if isinstance(error, GroupAuthorizationFailedError):
        return f"Kafka at {kafka.bootstrap_servers} does not let {who(kafka)} use a consumer group"
    if isinstance(error, ClusterAuthorizationFailedError):
        return (
            f"Kafka at {kafka.bootstrap_servers} does not let {who(kafka)} do this with the "
            "cluster; log in as one of its super users"
        )
    return refused(kafka, "write to", ()) if _NO_PRODUCER in str(error) else None


def who(kafka: KafkaSettings) -> str:
    """Name the user of a connection."""
    if kafka.security_protocol.startswith("SASL"):
        return str(kafka.username)
    return "the owner of kafka.ssl_certificate" if kafka.ssl_certificate else "anonymous clients"


def _names(error: KafkaError) -> set[str]:
    """Return the topics that an error names, which it does as text or as a collection."""
    given = error.args[0] if error.args else ()
    parts = [given] if isinstance(given, str) else given
    words = {_NOT_IN_A_NAME.sub("", str(part)) for part in parts}
    return {word for word in words if word}
