"""One broker process per folder: its lock, its state file, its start and its end.

The process inherits a lock on `FOLDER/lock` and holds it as long as it lives, so that whether one
runs never depends on a stale file.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from kafka.errors import KafkaError

from infra.broker.config import environment, java, new_cluster_id, server_properties
from infra.process import die_with_parent
from streaming.errors import BrokerError
from streaming.kafka import clients
from streaming.settings import KafkaSettings

START_SECONDS = 90
"""Far above the usual three, for a machine that is busy with other things."""
STOP_SECONDS = 20
POLL_SECONDS = 0.1
PORT_ATTEMPTS = 5


@dataclass(frozen=True)
class Running:
    """What is known of a broker that runs."""

    pid: int
    port: int

    @property
    def bootstrap_servers(self) -> str:
        """Its address, as the setting kafka.bootstrap_servers wants it."""
        return f"127.0.0.1:{self.port}"


def launch(
    folder: Path, port: int | None, properties: Mapping[str, str], *, tied: bool
) -> tuple[subprocess.Popen[bytes], Running]:
    """Start a broker and wait until it answers.

    Args:
        folder: data and logs.
        port: of the listener on 127.0.0.1; None: a free one.
        properties: further Kafka server properties.
        tied: whether it dies with this process.

    Raises:
        BrokerError: port in use, folder in use, or Kafka did not come up (with its last word).
        MissingPartError: no Java or no jars.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if port is not None:
        _require_free(port)
    with _locked(folder) as lock:
        for attempt in range(1, PORT_ATTEMPTS + 1):
            own, controller = free_ports(2)
            running_port = port or own
            _prepare(folder, running_port, controller, properties)
            process = _spawn(folder, lock, tied=tied)
            running = Running(process.pid, running_port)
            _write_state(folder, running)
            try:
                _await_answer(process, running, folder)
            except BaseException as error:
                end(process)
                # Somebody else may take a free port before the broker does.
                taken = "Address already in use" in str(error)
                if attempt == PORT_ATTEMPTS or port is not None or not taken:
                    raise
            else:
                return process, running
    raise AssertionError("the last attempt returns or raises")


def status(folder: Path) -> Running | None:
    """Say which broker runs in a folder, if one does."""
    try:
        with (folder / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return read_state(folder)
    return None


def free_ports(count: int) -> list[int]:
    """Find TCP ports of 127.0.0.1 that nobody uses."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def cluster_id(folder: Path) -> str:
    """Read the identity that a broker's data carry."""
    text = (folder / "data" / "meta.properties").read_text(encoding="utf-8")
    return dict(line.partition("=")[::2] for line in text.splitlines())["cluster.id"]


def log_file(folder: Path) -> Path:
    """Where the broker of a folder writes what it has to say."""
    return folder / "broker.log"


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise BrokerError(
                f"port {port} of 127.0.0.1 cannot be used ({error}); stop what uses it "
                f"(`ss -ltnp 'sport = :{port}'` shows it) or give another port"
            ) from error


def _locked(folder: Path) -> IO[bytes]:
    """Take the folder's lock; the broker inherits it and keeps it until it dies."""
    lock = (folder / "lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        running = read_state(folder)
        where = f" at {running.bootstrap_servers}, process {running.pid}" if running else ""
        raise BrokerError(
            f"a broker already runs in {folder}{where}; stop it with `careerstream kafka stop`"
        ) from None
    # Whatever it says is of a broker that has ended.
    (folder / "broker.json").unlink(missing_ok=True)
    return lock


def _prepare(folder: Path, port: int, controller: int, properties: Mapping[str, str]) -> None:
    """Write the configuration, and format the data folder if it is new."""
    data = folder / "data"
    text = server_properties(data, port, controller, properties)
    (folder / "server.properties").write_text(text, encoding="utf-8")
    if (data / "meta.properties").is_file():
        return
    command = [
        *java(folder, "-Xmx64m", "-XX:TieredStopAtLevel=1"),
        "kafka.tools.StorageTool",
        *("format", "--cluster-id", new_cluster_id(), "--ignore-formatted"),
        *("--config", str(folder / "server.properties")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    if done.returncode != 0:
        why = _last_words(done.stdout + done.stderr)
        raise BrokerError(f"the folder {data} cannot be made ready for Kafka: {why}")


def _spawn(folder: Path, lock: IO[bytes], *, tied: bool) -> subprocess.Popen[bytes]:
    memory = ("-Xmx512m", "-XX:+ExitOnOutOfMemoryError")
    command = [*java(folder, *memory), "kafka.Kafka", str(folder / "server.properties")]
    if tied:
        command = [sys.executable, "-IS", die_with_parent.__file__, str(os.getpid()), *command]
    if log_file(folder).exists():
        log_file(folder).replace(folder / "broker.previous.log")
    with log_file(folder).open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment(),
            pass_fds=[lock.fileno()],
            # Ctrl-C reaches the whole group: the jobs must be able to finish before the broker.
            start_new_session=True,
        )


def _await_answer(process: subprocess.Popen[bytes], running: Running, folder: Path) -> None:
    """Wait until the broker serves requests: it accepts connections only then.

    Raises:
        BrokerError: it ended, or took too long.
    """
    cluster = cluster_id(folder)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            why = _last_words(log_file(folder).read_text(encoding="utf-8", errors="replace"))
            raise BrokerError(f"the Kafka broker ended at its start: {why}")
        if _answers(running, cluster):
            return
        time.sleep(POLL_SECONDS)
    raise BrokerError(
        f"the Kafka broker does not answer after {START_SECONDS} s; see {log_file(folder)}"
    )


def _answers(running: Running, cluster: str) -> bool:
    """Ask who serves the port: another broker may have been faster to take it."""
    try:
        socket.create_connection(("127.0.0.1", running.port), timeout=1).close()
        admin = clients.admin(KafkaSettings(bootstrap_servers=running.bootstrap_servers))
    except (OSError, BrokerError):
        return False
    try:
        return bool(admin.describe_cluster()["cluster_id"] == cluster)
    except KafkaError:
        return False
    finally:
        admin.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a broker to end, and kill it when it takes too long."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_words(log: str) -> str:
    """Pick the line that says why: the last cause, else the last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    errors = [line for line in lines if "Exception" in line or "ERROR" in line]
    return (causes or errors or lines or ["it said nothing"])[-1].removeprefix("Caused by: ")


def _write_state(folder: Path, running: Running) -> None:
    fresh = folder / "broker.json.new"
    fresh.write_text(json.dumps(asdict(running)), encoding="utf-8")
    fresh.replace(folder / "broker.json")


def read_state(folder: Path) -> Running | None:
    """Read what the folder's last broker was; it may have ended."""
    try:
        return Running(**json.loads((folder / "broker.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
