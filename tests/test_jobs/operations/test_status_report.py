"""Status without a running job or a broker."""

import os
import pty
import select
import signal
import socket
import subprocess
import sys

from jobs.operations.status_report import BrokerOffsets, build_report
from streaming.settings import KafkaSettings


def test_without_a_broker_status_still_shows_the_jobs():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    broker = BrokerOffsets(KafkaSettings(bootstrap_servers=f"127.0.0.1:{port}"))
    found = build_report([], *broker.read())
    assert found["jobs"] == found["topics"] == []
    assert found["broker"].startswith(f"no Kafka broker answers at 127.0.0.1:{port}")


def test_the_live_table_ends_with_ctrl_c(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"127.0.0.1:{closed.getsockname()[1]}"
    given = ["--set", f"home={tmp_path}", "--set", f"kafka.bootstrap_servers={nobody}"]
    command = [sys.executable, "-m", "jobs.cli", *given, "status", "--every", "0.2"]
    screen, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": "200", "TERM": "xterm"}
    child = subprocess.Popen(command, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    try:
        assert b"none runs here" in read_until(screen, b"none runs here")
        child.send_signal(signal.SIGINT)
        assert b"Traceback" not in read_until(screen, b"never said")
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.wait()
        os.close(screen)


def read_until(screen, words):
    """Read a terminal until it says the words, is closed, or says nothing for a minute."""
    said = b""
    while words not in said and select.select([screen], [], [], 60)[0]:
        try:
            said += os.read(screen, 65536)
        except OSError:  # closed by the other side
            break
    return said
