"""How the embedded broker is configured and called: one small machine, many short-lived topics."""

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

    One in 64 would begin with a dash, which Kafka's tool takes for an option.
    """
    made = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return new_cluster_id() if made.startswith("-") else made


def server_properties(
    data: Path, port: int, controller_port: int, further: Mapping[str, str]
) -> str:
    """Write Kafka's server.properties.

    Args:
        data: folder of the logs.
        port: of the listener for clients.
        controller_port: of the listener for the controller, which is in the same process.
        further: properties that win over the ones chosen here.
    """
    properties = _roles(data, port, controller_port) | _single_node() | _limits() | dict(further)
    return "".join(f"{name}={_escaped(value)}\n" for name, value in properties.items())


def environment() -> dict[str, str]:
    """Return the variables it runs with.

    Without a UTF-8 locale Java cannot open a folder with a name beyond ASCII.
    """
    return os.environ | {"LC_ALL": "C.UTF-8"}


def java(folder: Path, *options: str) -> list[str]:
    """Build the command line up to the main class.

    Args:
        folder: for temporary files.
        options: further ones of the virtual machine, e.g. its memory.

    Raises:
        MissingPartError: no Java or no jars.
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
        # A topic nobody declared is a mistake, not a wish.
        "auto.create.topics.enable": "false",
    }


def _single_node() -> dict[str, str]:
    """One replica of everything, and no waiting for others."""
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
        # After a crash the controller refuses the broker until its old session has ended.
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "3000",
    }


def _limits() -> dict[str, str]:
    """Few threads and buffers; messages as large as the largest topic allows."""
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
    """Escape for Java's properties format, which is Latin-1: a folder may have a Chinese name."""
    units = value.replace("\\", "\\\\").replace("\n", "\\n").encode("utf-16-be")
    codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
    return "".join(chr(code) if code < ASCII_END else f"\\u{code:04x}" for code in codes)
