"""Connections to Kafka: the options of each client, and the clients of kafka-python.

All options come from `KafkaSettings`. Passwords leave their SecretStr only here.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError

from streaming.contract.topics import TOPICS
from streaming.errors import BrokerError, SettingsError
from streaming.kafka.refusals import not_connected, refusal
from streaming.secret_values import read_secret
from streaming.settings import KafkaSettings

_CONSUMER_MAX_WAIT_MS = 10
MAX_REQUEST_BYTES = max(topic.max_message_bytes for topic in TOPICS)

_Client = TypeVar("_Client")

_FAILED_ATTEMPT = re.compile(
    r"Bootstrap (?:connection|attempt) to \S+ failed: (.*) \(backoff", re.DOTALL
)
_LOGIN_MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
}


def kafka_python_options(kafka: KafkaSettings) -> dict[str, Any]:
    """Return the connection options of kafka-python's clients.

    Raises:
        SettingsError: a certificate file does not exist, or the password's file cannot be read.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": [part.strip() for part in kafka.bootstrap_servers.split(",")],
        "security_protocol": kafka.security_protocol,
        "bootstrap_timeout_ms": round(kafka.connect_timeout_seconds * 1000),
    }
    if kafka.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.username,
            "sasl_plain_password": _HiddenText(_password(kafka)),
        }
    if kafka.security_protocol.endswith("SSL"):
        options |= {
            "ssl_cafile": _file("ssl_ca", kafka.ssl_ca),
            "ssl_certfile": _file("ssl_certificate", kafka.ssl_certificate),
        }
    return options


def spark_kafka_options(kafka: KafkaSettings) -> dict[str, str]:
    """Return the connection options of Spark's Kafka source and sink; keys start with `kafka.`.

    Raises:
        SettingsError: a certificate file does not exist, or the password's file cannot be read.
    """
    options: dict[str, Any] = {
        "bootstrap.servers": kafka.bootstrap_servers,
        "security.protocol": kafka.security_protocol,
    }
    if kafka.security_protocol.startswith("SASL"):
        options |= {
            "sasl.mechanism": kafka.sasl_mechanism,
            "sasl.jaas.config": (
                f"{_LOGIN_MODULES[kafka.sasl_mechanism]} required "
                f"username={_quoted(kafka.username or '')} password={_quoted(_password(kafka))};"
            ),
        }
    if kafka.security_protocol.endswith("SSL") and kafka.ssl_ca:
        options |= {
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": _file("ssl_ca", kafka.ssl_ca),
        }
    if kafka.security_protocol.endswith("SSL") and kafka.ssl_certificate:
        options |= {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": _file("ssl_certificate", kafka.ssl_certificate),
        }
    return {f"kafka.{name}": value for name, value in options.items()}


def spark_source_options(kafka: KafkaSettings) -> dict[str, str]:
    """Return all options of a Spark Kafka source but its topics and offsets."""
    return spark_kafka_options(kafka) | {
        # The consumer fetches ahead, and Kafka answers Spark's next request, for the end of the
        # partition, only after that fetch. So each batch waits this long for each partition. The
        # consumer's default of 500 ms would be most of the latency of a recommendation.
        "kafka.fetch.max.wait.ms": str(kafka.fetch_max_wait_ms),
    }


def spark_sink_options(kafka: KafkaSettings) -> dict[str, str]:
    """Return all options of a Spark Kafka sink but its topic."""
    return spark_kafka_options(kafka) | {"kafka.max.request.size": str(2 * MAX_REQUEST_BYTES)}


def producer(kafka: KafkaSettings, **options: Any) -> KafkaProducer:
    """Connect a producer: idempotent, all replicas, Kafka's default partitioner, values in bytes.

    Args:
        kafka: the cluster.
        options: of kafka-python; they override the defaults chosen here.

    Raises:
        BrokerError: no broker answers.
    """
    chosen = {
        "linger_ms": 5,
        "batch_size": 128 * 1024,
        # The batch around the largest message counts too.
        "max_request_size": 2 * MAX_REQUEST_BYTES,
        "allow_auto_create_topics": False,
    }
    return _connected(KafkaProducer, kafka, chosen | options)


def consumer(kafka: KafkaSettings, **options: Any) -> KafkaConsumer:
    """Connect a consumer without a group, from the beginning, values in bytes.

    Raises:
        BrokerError: no broker answers.
    """
    chosen = {
        "auto_offset_reset": "earliest",
        "enable_auto_commit": False,
        # Unlike Spark, these clients poll while nothing comes: a shorter wait would cost a core.
        "fetch_max_wait_ms": _CONSUMER_MAX_WAIT_MS,
        "max_partition_fetch_bytes": 2 * MAX_REQUEST_BYTES,
        "allow_auto_create_topics": False,
    }
    return _connected(KafkaConsumer, kafka, chosen | options)


def admin(kafka: KafkaSettings, **options: Any) -> KafkaAdminClient:
    """Connect an admin client.

    Raises:
        BrokerError: no broker answers.
    """
    return _connected(KafkaAdminClient, kafka, options)


@contextmanager
def broker_errors(kafka: KafkaSettings) -> Iterator[None]:
    """Turn kafka-python's exceptions into a BrokerError that names the address."""
    try:
        yield
    except KafkaError as error:
        line = refusal(kafka, error) or f"Kafka at {kafka.bootstrap_servers}: {_one_line(error)}"
        raise BrokerError(line) from error


class _Failures(logging.Handler):
    """Keeps why each attempt to connect failed, which kafka-python only logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.reasons: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the reason of a failed attempt."""
        if attempt := _FAILED_ATTEMPT.match(record.getMessage()):
            self.reasons.append(" ".join(attempt[1].split()))


class _HiddenText(str):
    """A text that is not shown where a client logs its options."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'********'"


def _connected(
    make: Callable[..., _Client], kafka: KafkaSettings, options: dict[str, Any]
) -> _Client:
    failures, attempts = _Failures(), logging.getLogger("kafka.net.manager")
    attempts.addHandler(failures)
    # The reason is logged at this level, whatever level the program has chosen.
    level = attempts.level
    attempts.setLevel(logging.WARNING)
    # The attempts become one error, so they are not shown.
    log = logging.getLogger("kafka")
    propagate, log.propagate = log.propagate, False
    try:
        return make(**(kafka_python_options(kafka) | options))
    except (KafkaError, OSError, ValueError) as error:
        reasons = failures.reasons or [_one_line(error)]
        raise BrokerError(not_connected(kafka, reasons)) from error
    finally:
        log.propagate = propagate
        attempts.setLevel(level)
        attempts.removeHandler(failures)


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")


def _password(kafka: KafkaSettings) -> str:
    return read_secret("kafka.password", kafka.password, kafka.password_file)


def _quoted(text: str) -> str:
    """Quote a text for a JAAS configuration."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _file(setting: str, path: Path | None) -> str | None:
    """Return a file's path if it exists; kafka-python would retry until its timeout."""
    if path is not None and not path.is_file():
        raise SettingsError(f"setting kafka.{setting}: there is no file {path}; give a PEM file")
    return None if path is None else str(path.absolute())
