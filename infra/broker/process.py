"""One broker process for each folder: its lock, its state file, its start and its end.

The process inherits a lock on `FOLDER/lock` and holds it as long as it lives. So whether a broker
runs never depends on a stale file.
"""

import fcntl
import json
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from kafka.errors import KafkaError

from infra.broker.server_config import environment, java, new_cluster_id, server_properties
from infra.process.supervisor import SupervisedProcess
from streaming.errors import BrokerError, CareerstreamError
from streaming.kafka import clients
from streaming.settings import KafkaSettings

START_SECONDS = 90
"""Far above the usual three, for a machine that is busy with other things."""
STOP_SECONDS = 20
PORT_ATTEMPTS = 5


@dataclass(frozen=True)
class RunningBroker:
    """The process and the port of a broker that runs."""

    pid: int
    port: int

    @property
    def bootstrap_servers(self) -> str:
        """The value of the setting kafka.bootstrap_servers."""
        return f"127.0.0.1:{self.port}"


def launch(
    folder: Path,
    port: int | None,
    properties: Mapping[str, str],
    *,
    tied: bool,
    access: KafkaSettings | None = None,
    cluster_id: str | None = None,
) -> tuple[SupervisedProcess, RunningBroker]:
    """Start a broker and wait until it serves requests; a `tied` one dies with this process.

    `access` says how its port is reached, where the properties ask for TLS or a login. A new folder
    is made ready for the cluster `cluster_id`, or for a new one.

    Raises:
        BrokerError: the port or the folder is in use, or Kafka did not come up.
        MissingDependencyError: no Java or no jars.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if port is not None:
        _require_free(port)
    with _locked(folder) as lock:
        for attempt in range(1, PORT_ATTEMPTS + 1):
            free, controller = free_ports(2)
            chosen = port or free
            text = server_properties(folder / "data", chosen, controller, properties)
            _prepare(folder, text, cluster_id or new_cluster_id())
            process = _spawn(folder, lock, tied=tied)
            running = RunningBroker(process.pid, chosen)
            _write_state(folder, running)
            try:
                _wait_until_served(process, running, folder, access or KafkaSettings())
            except BaseException as error:
                process.stop(STOP_SECONDS)
                # Another program may take a free port before the broker does.
                if attempt == PORT_ATTEMPTS or "Address already in use" not in str(error):
                    raise
                if port is not None:
                    _require_free(port)
            else:
                return process, running
    raise AssertionError("the last attempt returns or raises")


def status(folder: Path) -> RunningBroker | None:
    """Return the broker that runs in a folder; None when none does."""
    try:
        with (folder / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return read_state(folder)
    return None


def free_ports(count: int) -> list[int]:
    """Find TCP ports of 127.0.0.1 that no program uses."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def cluster_of(folder: Path) -> str:
    """Read the cluster id of a broker's data."""
    text = (folder / "data" / "meta.properties").read_text(encoding="utf-8")
    return dict(line.partition("=")[::2] for line in text.splitlines())["cluster.id"]


def log_file(folder: Path) -> Path:
    """Return the log of the broker of a folder."""
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
    """Lock the folder; the broker inherits the lock and keeps it until it ends."""
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
    # A state file from before describes a broker that has ended.
    (folder / "broker.json").unlink(missing_ok=True)
    return lock


def _prepare(folder: Path, text: str, cluster_id: str) -> None:
    """Write the configuration, and format the data folder if it is new."""
    data = folder / "data"
    (folder / "server.properties").write_text(text, encoding="utf-8")
    if (data / "meta.properties").is_file():
        return
    command = [
        *java(folder, "-Xmx64m", "-XX:TieredStopAtLevel=1"),
        "kafka.tools.StorageTool",
        *("format", "--cluster-id", cluster_id, "--ignore-formatted"),
        *("--config", str(folder / "server.properties")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    if done.returncode != 0:
        why = _cause(done.stdout + done.stderr)
        raise BrokerError(f"the folder {data} cannot be made ready for Kafka: {why}")


def _spawn(folder: Path, lock: IO[bytes], *, tied: bool) -> SupervisedProcess:
    memory = ("-Xmx512m", "-XX:+ExitOnOutOfMemoryError")
    if log_file(folder).exists():
        log_file(folder).replace(folder / "broker.previous.log")
    return SupervisedProcess(
        "the Kafka broker",
        [*java(folder, *memory), "kafka.Kafka", str(folder / "server.properties")],
        folder=folder,
        log=log_file(folder),
        environment=environment(),
        tied=tied,
        inherited=[lock.fileno()],
    )


def _wait_until_served(
    process: SupervisedProcess, running: RunningBroker, folder: Path, access: KafkaSettings
) -> None:
    """Wait until the broker serves requests: it accepts connections only then.

    Raises:
        BrokerError: it ended, or took too long.
    """
    cluster = cluster_of(folder)
    own = access.model_copy(update={"bootstrap_servers": running.bootstrap_servers})
    try:
        process.wait_until(lambda: _serves(running, cluster, own), "ready", START_SECONDS)
    except CareerstreamError as error:
        if process.running:
            raise BrokerError(str(error)) from error
        reason = _cause(process.output().decode(errors="replace"))
        raise BrokerError(f"the Kafka broker ended at its start: {reason}") from error


def _serves(running: RunningBroker, cluster: str, access: KafkaSettings) -> bool:
    """Return whether our cluster serves the port: another broker may have taken it first."""
    try:
        socket.create_connection(("127.0.0.1", running.port), timeout=1).close()
        admin = clients.admin(access)
    except (OSError, BrokerError):
        return False
    try:
        return bool(admin.describe_cluster()["cluster_id"] == cluster)
    except KafkaError:
        return False
    finally:
        admin.close()


def _cause(log: str) -> str:
    """Pick the line that says why a broker failed: the last cause, error or line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    errors = [line for line in lines if "Exception" in line or "ERROR" in line]
    return (causes or errors or lines or ["no output"])[-1].removeprefix("Caused by: ")


def _write_state(folder: Path, running: RunningBroker) -> None:
    new = folder / "broker.json.new"
    new.write_text(json.dumps(asdict(running)), encoding="utf-8")
    new.replace(folder / "broker.json")


def read_state(folder: Path) -> RunningBroker | None:
    """Read the process and port of the folder's last broker, which may have ended."""
    try:
        return RunningBroker(**json.loads((folder / "broker.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
