"""A Kafka broker in one process: KRaft mode, from the published jars, on 127.0.0.1 only.

    with Broker(folder) as broker:          # ends with this process
        ... broker.bootstrap_servers ...

    detached(folder, port=9092)             # runs until `stop(folder)`: `careerstream kafka`

A folder holds one broker. Its data survive a restart.
"""

import atexit
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from infra.broker.process import STOP_SECONDS, RunningBroker, launch, status
from infra.process.supervisor import POLL_SECONDS, SupervisedProcess
from streaming.errors import BrokerError
from streaming.settings import KafkaSettings

__all__ = ["Broker", "RunningBroker", "detached", "status", "stop"]


class Broker:
    """An embedded broker as a child of this process.

    It ends with `stop`, with the `with` block, with the interpreter, and when this process is
    killed or the thread that started it ends.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        properties: Mapping[str, str] | None = None,
        access: KafkaSettings | None = None,
        cluster_id: str | None = None,
    ) -> None:
        """Configure a broker without starting it.

        An existing folder is used again. The default port is a free one, which the broker keeps
        over restarts. Server properties replace the ones chosen here. Where they ask for TLS or a
        login at that port, `access` says how it is reached. Brokers of one cluster share the id of
        the cluster; by default a new folder has a new one.
        """
        self.folder = folder.absolute()
        self._port = port
        self._properties = dict(properties or {})
        self._access, self._cluster_id = access, cluster_id
        self._process: SupervisedProcess | None = None
        self._running: RunningBroker | None = None

    @property
    def bootstrap_servers(self) -> str:
        """The address; BrokerError when the broker is not started."""
        if self._running is None:
            raise BrokerError(f"the broker in {self.folder} is not started; call start() first")
        return self._running.bootstrap_servers

    @property
    def pid(self) -> int | None:
        """The process id, None when it does not run."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start and wait until the broker answers.

        Raises:
            BrokerError: port in use, folder in use, or Kafka did not start (with its last line).
            MissingDependencyError: no Java or no jars.
        """
        self._process, self._running = launch(
            self.folder,
            self._port,
            self._properties,
            tied=True,
            access=self._access,
            cluster_id=self._cluster_id,
        )
        self._port = self._running.port
        atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Stop the broker and wait for its end; does nothing when it does not run."""
        atexit.unregister(self.stop)
        process, self._process, self._running = self._process, None, None
        if process is not None:
            process.stop(STOP_SECONDS)

    def kill(self) -> None:
        """Kill the broker, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def detached(folder: Path, port: int) -> RunningBroker:
    """Start a broker that outlives this process; raises as `Broker.start` does."""
    process, running = launch(folder.absolute(), port, {}, tied=False)
    process.release()
    return running


def stop(folder: Path) -> RunningBroker | None:
    """Stop the broker of a folder and wait for its end.

    Returns:
        The broker that ran, or None when none did.

    Raises:
        BrokerError: the broker does not end even when it is killed.
    """
    running = status(folder)
    if running is None:
        return None
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(running.pid, number)
        except ProcessLookupError:
            return running
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if status(folder) is None:
                return running
            time.sleep(POLL_SECONDS)
    raise BrokerError(f"the broker in {folder} (process {running.pid}) does not end; kill it")
