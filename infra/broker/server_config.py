"""Configuration and command line of the embedded broker, for one small machine."""

import base64
import os
import uuid
from collections.abc import Mapping
from pathlib import Path

from streaming import dependencies
from streaming.contract.topics import TOPICS

MIB = 1024 * 1024
ASCII_END = 128


def new_cluster_id() -> str:
    """Make a cluster id in Kafka's format: 16 bytes in URL-safe base 64 without padding.

    An id never starts with a dash, which Kafka's tool would take for an option.
    """
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return new_cluster_id() if cluster_id.startswith("-") else cluster_id


def server_properties(
    data: Path, port: int, controller_port: int, overrides: Mapping[str, str]
) -> str:
    """Return the text of Kafka's server.properties; `overrides` replace what is chosen here.

    The controller, in the same process, has a port of its own. The folder `data` is for the logs.
    """
    properties = _roles(data, port, controller_port) | _single_node() | _limits() | dict(overrides)
    return "".join(f"{name}={_escaped(value)}\n" for name, value in properties.items())


def environment() -> dict[str, str]:
    """Return the environment variables of the broker.

    Java needs a UTF-8 locale to open a folder whose name is not ASCII.
    """
    return os.environ | {"LC_ALL": "C.UTF-8"}


def java(folder: Path, *options: str) -> list[str]:
    """Return the command line up to the main class; temporary files go to the folder.

    Raises:
        MissingDependencyError: no Java or no jars.
    """
    return [
        str(dependencies.java().executable),
        *options,
        "-XX:+UseSerialGC",
        "-Djava.awt.headless=true",
        "-Djava.net.preferIPv4Stack=true",
        f"-Djava.io.tmpdir={folder}",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
        *("-cp", os.pathsep.join(map(str, dependencies.kafka_jars()))),
    ]


def _roles(data: Path, port: int, controller_port: int) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "listener.security.protocol.map": (
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,"
            "SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL"
        ),
        "log.dirs": str(data),
        # A client that names an undeclared topic shall get an error.
        "auto.create.topics.enable": "false",
    }


def _single_node() -> dict[str, str]:
    """One replica of everything, and no waiting for other brokers."""
    return {
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        # After a crash the controller rejects the broker until its old session has expired.
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "3000",
    }


def _limits() -> dict[str, str]:
    """Few threads and small buffers; messages as large as any topic allows."""
    largest = max(topic.max_message_bytes for topic in TOPICS)
    return {
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
        "num.recovery.threads.per.data.dir": "2",
        "log.cleaner.dedupe.buffer.size": str(16 * MIB),
        "log.index.size.max.bytes": str(MIB),
        "message.max.bytes": str(largest),
        "replica.fetch.max.bytes": str(largest),
    }


def _escaped(value: str) -> str:
    """Escape a value for Java's properties format, which is Latin-1, e.g. a Chinese folder."""
    units = value.replace("\\", "\\\\").replace("\n", "\\n").encode("utf-16-be")
    codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
    return "".join(chr(code) if code < ASCII_END else f"\\u{code:04x}" for code in codes)
