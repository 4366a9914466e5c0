"""A real Kafka broker in one process: KRaft, from the published jars, on 127.0.0.1 only.

    with Broker(folder) as broker:          # dies with this process, whatever kills it
        ... broker.bootstrap_servers ...

    detached(folder, port=9092)             # goes on until `stop(folder)`: `careerstream kafka`

One broker per folder: the process holds a lock on `FOLDER/lock` as long as it lives, so that
whether it runs never depends on a stale file. Data survive a restart.
"""

import atexit
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from kafka.errors import KafkaError

from infra import tether
from infra.broker_config import new_cluster_id, server_properties
from streaming import clients, parts
from streaming.errors import BrokerError
from streaming.settings import KafkaSettings

START_SECONDS = 90
"""Far above the usual six, for a machine that is busy with other things."""
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


class Broker:
    """An embedded broker as a child of this process.

    It ends with `stop`, at the end of the `with` block, with the interpreter, and when the thread
    that started it ends or this process is killed.
    """

    def __init__(
        self, folder: Path, *, port: int | None = None, properties: Mapping[str, str] | None = None
    ) -> None:
        """Describe a broker.

        Args:
            folder: data and logs; created when absent, gone on with when there.
            port: of the listener on 127.0.0.1; default: a free one.
            properties: further Kafka server properties, over the ones chosen here.
        """
        self.folder = folder.absolute()
        self._port = port
        self._properties = dict(properties or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._running: Running | None = None

    @property
    def bootstrap_servers(self) -> str:
        """The address; only a started broker has one."""
        if self._running is None:
            raise BrokerError(f"the broker in {self.folder} is not started; call start() first")
        return self._running.bootstrap_servers

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start and wait until the broker answers.

        Raises:
            BrokerError: port in use, folder in use, or Kafka did not come up (with its last word).
            MissingPartError: no Java or no jars.
        """
        self._process, self._running = _launch(self.folder, self._port, self._properties, tied=True)
        atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Stop it, and wait until it is gone; nothing happens when it does not run."""
        atexit.unregister(self.stop)
        process, self._process, self._running = self._process, None, None
        if process is not None:
            _end(process)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self.stop()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


def detached(folder: Path, port: int) -> Running:
    """Start a broker that outlives this process.

    Args:
        folder: data and logs.
        port: of the listener on 127.0.0.1.

    Raises:
        BrokerError: port in use, folder in use, or Kafka did not come up.
        MissingPartError: no Java or no jars.
    """
    process, running = _launch(folder.absolute(), port, {}, tied=False)
    # Let go of it: a Popen that is dropped while its process runs would complain.
    process.returncode = 0
    return running


def status(folder: Path) -> Running | None:
    """Say which broker runs in a folder, if one does."""
    try:
        with (folder / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _read_state(folder)
    return None


def stop(folder: Path) -> Running | None:
    """Stop the broker of a folder, and wait until it is gone.

    Returns:
        What ran, or None when nothing did.

    Raises:
        BrokerError: it does not end, even when killed.
    """
    running = status(folder)
    if running is None:
        return None
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(running.pid, sign)
        except ProcessLookupError:
            return running
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if status(folder) is None:
                return running
            time.sleep(POLL_SECONDS)
    raise BrokerError(f"the broker in {folder} (process {running.pid}) does not end; kill it")


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


def _launch(
    folder: Path, port: int | None, properties: Mapping[str, str], *, tied: bool
) -> tuple[subprocess.Popen[bytes], Running]:
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
                _end(process)
                # Somebody else may take a free port before the broker does.
                taken = "Address already in use" in str(error)
                if attempt == PORT_ATTEMPTS or port is not None or not taken:
                    raise
            else:
                return process, running
    raise AssertionError("the last attempt returns or raises")


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
        running = _read_state(folder)
        where = f" at {running.bootstrap_servers}, process {running.pid}" if running else ""
        raise BrokerError(
            f"a broker already runs in {folder}{where}; stop it with `careerstream kafka stop`"
        ) from None
    return lock


def _prepare(folder: Path, port: int, controller: int, properties: Mapping[str, str]) -> None:
    """Write the configuration, and format the data folder if it is new."""
    data = folder / "data"
    text = server_properties(data, port, controller, properties)
    (folder / "server.properties").write_text(text, encoding="utf-8")
    if (data / "meta.properties").is_file():
        return
    command = [
        *_java(folder, heap="64m"),
        "kafka.tools.StorageTool",
        *("format", "--cluster-id", new_cluster_id(), "--ignore-formatted"),
        *("--config", str(folder / "server.properties")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        why = _last_words(done.stdout + done.stderr)
        raise BrokerError(f"the folder {data} cannot be made ready for Kafka: {why}")


def _spawn(folder: Path, lock: IO[bytes], *, tied: bool) -> subprocess.Popen[bytes]:
    command = [*_java(folder, heap="512m"), "kafka.Kafka", str(folder / "server.properties")]
    if tied:
        command = [sys.executable, "-IS", tether.__file__, str(os.getpid()), *command]
    if log_file(folder).exists():
        log_file(folder).replace(folder / "broker.previous.log")
    with log_file(folder).open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            pass_fds=[lock.fileno()],
            # Ctrl-C reaches the whole group: the jobs must be able to finish before the broker.
            start_new_session=True,
        )


def _java(folder: Path, *, heap: str) -> list[str]:
    """Build the command line up to the main class."""
    return [
        str(parts.java().executable),
        f"-Xmx{heap}",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1" if heap == "64m" else "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        "-Djava.net.preferIPv4Stack=true",
        f"-Djava.io.tmpdir={folder}",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
        *("-cp", os.pathsep.join(map(str, parts.kafka_jars()))),
    ]


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


def _end(process: subprocess.Popen[bytes]) -> None:
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


def _read_state(folder: Path) -> Running | None:
    try:
        return Running(**json.loads((folder / "broker.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
