"""How each Kafka client is told where Kafka is and how to log in: one spelling per client.

`KafkaSettings` is the only source. Passwords leave their SecretStr here and nowhere else, and go
straight into a client.
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
from streaming.settings import KafkaSettings

_PATIENT_MS = 10
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
    """Spell the connection for kafka-python's clients.

    Raises:
        SettingsError: a certificate file does not exist.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": [part.strip() for part in kafka.bootstrap_servers.split(",")],
        "security_protocol": kafka.security_protocol,
        "bootstrap_timeout_ms": round(kafka.connect_seconds * 1000),
    }
    if kafka.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.username,
            "sasl_plain_password": _password(kafka),
        }
    if kafka.security_protocol.endswith("SSL"):
        options |= {
            "ssl_cafile": _file("ssl_ca", kafka.ssl_ca),
            "ssl_certfile": _file("ssl_certificate", kafka.ssl_certificate),
        }
    return options


def spark_kafka_options(kafka: KafkaSettings) -> dict[str, str]:
    """Spell the connection for Spark's Kafka source and sink; keys begin with `kafka.`.

    Raises:
        SettingsError: a certificate file does not exist.
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
    """All options of a Spark Kafka source but its topics and where it starts and stops."""
    return spark_kafka_options(kafka) | {
        # The consumer's own default of 500 ms would be most of a click's latency: once it has a
        # partition's messages, it asks for more ahead, and what Spark asks next, where the
        # partition ends, is answered behind that. So each batch waits once for each partition.
        "kafka.fetch.max.wait.ms": str(kafka.fetch_max_wait_ms),
    }


def spark_sink_options(kafka: KafkaSettings) -> dict[str, str]:
    """All options of a Spark Kafka sink but its topic."""
    return spark_kafka_options(kafka) | {"kafka.max.request.size": str(2 * MAX_REQUEST_BYTES)}


def producer(kafka: KafkaSettings, **options: Any) -> KafkaProducer:
    """Connect a producer: idempotent, all replicas, Kafka's default partitioner, bytes in.

    Args:
        kafka: where and how.
        options: kafka-python's own, over the defaults chosen here.

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
    """Connect a consumer without a group, from the beginning, bytes out; assign or subscribe it.

    Raises:
        BrokerError: no broker answers.
    """
    chosen = {
        "auto_offset_reset": "earliest",
        "enable_auto_commit": False,
        # Unlike Spark's, these ask again and again while nothing comes.
        "fetch_max_wait_ms": _PATIENT_MS,
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
        raise BrokerError(f"Kafka at {kafka.bootstrap_servers}: {_one_line(error)}") from error


class _Reasons(logging.Handler):
    """Keeps why the first attempt to connect failed: kafka-python only logs it.

    The last one is often only cut off by the end of our patience.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.first = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Remember the reason of a failed attempt."""
        if not self.first and (attempt := _FAILED_ATTEMPT.match(record.getMessage())):
            self.first = attempt[1]


def _connected(
    make: Callable[..., _Client], kafka: KafkaSettings, options: dict[str, Any]
) -> _Client:
    reasons, attempts = _Reasons(), logging.getLogger("kafka.net.manager")
    attempts.addHandler(reasons)
    # Whatever the program wants to see of Kafka's log, the reason is said at this level.
    level = attempts.level
    attempts.setLevel(logging.WARNING)
    # What it says of the attempts goes into one error, not to the terminal.
    log = logging.getLogger("kafka")
    spoke, log.propagate = log.propagate, False
    try:
        return make(**(kafka_python_options(kafka) | options))
    except (KafkaError, OSError, ValueError) as error:
        why = " ".join((reasons.first or _one_line(error)).split())
        # A refused login looks like a lost connection to kafka-python.
        login = "check kafka.username and kafka.password, or " if kafka.username else ""
        raise BrokerError(
            f"no Kafka broker answers at {kafka.bootstrap_servers} ({why}); {login}start one with "
            "`careerstream kafka start` or set kafka.bootstrap_servers"
        ) from error
    finally:
        log.propagate = spoke
        attempts.setLevel(level)
        attempts.removeHandler(reasons)


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")


def _password(kafka: KafkaSettings) -> str:
    return kafka.password.get_secret_value() if kafka.password else ""


def _quoted(text: str) -> str:
    """Quote for a JAAS configuration."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _file(setting: str, path: Path | None) -> str | None:
    """Check early: kafka-python would try to connect until its time is up."""
    if path is not None and not path.is_file():
        raise SettingsError(f"setting kafka.{setting}: there is no file {path}; give a PEM file")
    return None if path is None else str(path.absolute())
