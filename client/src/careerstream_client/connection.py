"""Connections to Kafka: the options of kafka-python's clients, and errors in one line."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, TypeVar

from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

from careerstream_client.errors import BrokerError

_LOG = logging.getLogger(__name__)
_MAX_REQUEST_BYTES = 8 * 1024 * 1024
"""Above what a broker of careerstream accepts, 4 MiB, with the batch around it."""
_FETCH_WAIT_MS = 10

_Client = TypeVar("_Client")


@dataclass(frozen=True)
class Connection:
    """Where Kafka is.

    Options of kafka-python reach a cluster with TLS and SASL:

        Connection("kafka-1.example:9093", options={
            "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": "shop", "sasl_plain_password": secret,
        })
    """

    bootstrap_servers: str
    topic_prefix: str = ""
    """careerstream's setting kafka.topic_prefix."""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Further options of kafka-python; they override the ones that this package chooses."""

    def topic(self, name: str) -> str:
        """Return the name of a topic with the prefix."""
        return self.topic_prefix + name

    def consumer(self, topic: str) -> KafkaConsumer:
        """Connect a consumer of one topic, from its beginning, without a group."""
        chosen = {
            "auto_offset_reset": "earliest",
            "enable_auto_commit": "group_id" in self.options,
            "fetch_max_wait_ms": _FETCH_WAIT_MS,
            "max_partition_fetch_bytes": _MAX_REQUEST_BYTES,
            "max_poll_records": 1000,
        }
        if find_spec("crc32c") is None:
            _LOG.warning(
                "crc32c is not installed, so checksums are computed in Python and reading is slow; "
                "install careerstream-client[fast]"
            )
        client = self._connected(KafkaConsumer, chosen)
        try:
            with self.errors():
                self._subscribe(client, self.topic(topic))
        except BaseException:
            client.close()
            raise
        return client

    def producer(self) -> KafkaProducer:
        """Connect a producer that waits for all replicas and writes nothing twice."""
        chosen = {
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": 5,
            "max_request_size": _MAX_REQUEST_BYTES,
        }
        return self._connected(KafkaProducer, chosen)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn kafka-python's exceptions into a BrokerError that names the address."""
        try:
            yield
        except KafkaError as error:
            raise BrokerError(f"Kafka at {self.bootstrap_servers}: {one_line(error)}") from error

    def _subscribe(self, client: KafkaConsumer, topic: str) -> None:
        if not client.partitions_for_topic(topic):
            raise BrokerError(
                f"Kafka at {self.bootstrap_servers} has no topic {topic}; check topic_prefix, or "
                "create it with `careerstream topics create`"
            )
        client.subscribe([topic])

    def _connected(self, make: Callable[..., _Client], chosen: dict[str, Any]) -> _Client:
        servers = [part.strip() for part in self.bootstrap_servers.split(",")]
        fixed = {
            "bootstrap_servers": servers,
            "bootstrap_timeout_ms": 10_000,
            "allow_auto_create_topics": False,
        }
        # The attempts become one error, so they are not logged one by one.
        log = logging.getLogger("kafka")
        propagate, log.propagate = log.propagate, False
        try:
            return make(**(fixed | chosen | dict(self.options)))
        except (KafkaError, OSError) as error:
            raise BrokerError(
                f"no Kafka broker answers at {self.bootstrap_servers} ({one_line(error)}); check "
                "the address, and user and password where there are any"
            ) from error
        finally:
            log.propagate = propagate


def one_line(error: BaseException) -> str:
    """Return the kind and the text of an error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
