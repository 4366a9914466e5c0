"""The embedded broker: starts, keeps its data, leaves nothing running, says why it cannot."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import TopicPartition

from infra.broker import embedded, process, provisioning
from infra.broker.embedded import Broker
from streaming.contract.topics import DEAD_LETTERS, EVENTS
from streaming.errors import BrokerError
from streaming.kafka import clients
from streaming.settings import KafkaSettings

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broker 自己的 \\ë")


@pytest.fixture
def detached(tmp_path: Path) -> Iterator[embedded.RunningBroker]:
    (port,) = process.free_ports(1)
    yield embedded.detached(tmp_path, port)
    embedded.stop(tmp_path)


def _values(kafka: KafkaSettings, topic: str) -> list[bytes]:
    reader = clients.consumer(kafka, consumer_timeout_ms=10_000)
    try:
        parts = [TopicPartition(topic, i) for i in range(4)]
        reader.assign(parts)
        wanted = sum(reader.end_offsets(parts).values())
        return [message.value for _, message in zip(range(wanted), reader, strict=False)]
    finally:
        reader.close()


def test_data_and_identity_survive_a_stop_and_a_kill(folder: Path) -> None:
    broker = Broker(folder).start()
    kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
    provisioning.create(kafka)
    sender = clients.producer(kafka)
    sender.send("events", key=b"c1", value=b"one").get(10)
    sender.close()
    identity = process.cluster_of(folder)
    broker.stop()
    assert embedded.status(folder) is None

    broker.start()
    broker.kill()
    assert embedded.status(folder) is None

    with broker:
        kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
        assert _values(kafka, "events") == [b"one"]
        assert process.cluster_of(folder) == identity


def test_the_broker_dies_with_a_killed_parent(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from infra.broker.embedded import Broker
        broker = Broker(Path(sys.argv[1])).start()
        print(broker.pid, flush=True)
        sys.stdin.read()
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
    descriptor = _pidfd(pid)
    if descriptor is not None:
        # Readable as soon as the process has ended.
        assert select.select([descriptor], [], [], 30)[0]
        os.close(descriptor)
    assert embedded.status(tmp_path) is None


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


def test_a_detached_broker_outlives_its_starter_until_stopped(
    detached: embedded.RunningBroker, tmp_path: Path
) -> None:
    assert embedded.status(tmp_path) == detached
    with pytest.raises(BrokerError, match=r"already runs in .* process \d+; stop it with"):
        Broker(tmp_path).start()
    assert embedded.stop(tmp_path) == detached
    assert embedded.status(tmp_path) is None
    assert embedded.stop(tmp_path) is None


def test_a_port_in_use_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=rf"^port {port} .*give another port$"):
            Broker(tmp_path, port=port).start()
    assert embedded.status(tmp_path) is None


def test_a_failed_start_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match=r"configuration num\.io\.threads"):
        Broker(tmp_path, properties={"num.io.threads": "-1"}).start()
    assert embedded.status(tmp_path) is None


@pytest.mark.parametrize("state", ["", "{", json.dumps({"pid": 1, "port": 9092}), "[]"])
def test_a_stale_state_file_means_nothing(tmp_path: Path, state: str) -> None:
    (tmp_path / "broker.json").write_text(state)
    (tmp_path / "lock").touch()
    assert embedded.status(tmp_path) is None
    assert embedded.stop(tmp_path) is None


def test_only_the_loopback_interface_listens(broker: Broker) -> None:
    # /proc/net/tcp: local address in hex, 0100007F is 127.0.0.1; state 0A is "listening".
    inodes = {
        link.removeprefix("socket:[").rstrip("]")
        for link in _links(Path(f"/proc/{broker.pid}/fd"))
        if link.startswith("socket:[")
    }
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    rows += [line.split() for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    listening = {row[1].partition(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}
    assert listening <= {"0100007F", "0000000000000000FFFF00000100007F"}
    assert listening


def _links(folder: Path) -> Iterator[str]:
    for descriptor in folder.iterdir():
        yield str(descriptor.readlink())


def test_topics_are_never_created_by_accident(kafka_settings: KafkaSettings) -> None:
    name = f"{kafka_settings.topic_prefix}typo"
    sender = clients.producer(kafka_settings, max_block_ms=500)
    with pytest.raises(BrokerError), clients.broker_errors(kafka_settings):
        sender.send(name, value=b"lost")
    sender.close()
    client = clients.admin(kafka_settings)
    assert name not in client.list_topics()
    client.close()


def test_the_largest_message_of_the_contract_passes(
    kafka_settings: KafkaSettings, create_topics
) -> None:
    create_topics(DEAD_LETTERS, EVENTS)
    value = bytes(DEAD_LETTERS.max_message_bytes - 1024)
    topic = kafka_settings.topic_prefix + DEAD_LETTERS.name
    sender = clients.producer(kafka_settings)
    sender.send(topic, key=b"k", value=value).get(30)
    sender.close()
    assert _values(kafka_settings, topic) == [value]
