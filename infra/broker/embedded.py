"""A real Kafka broker in one process: KRaft, from the published jars, on 127.0.0.1 only.

    with Broker(folder) as broker:          # dies with this process, whatever kills it
        ... broker.bootstrap_servers ...

    detached(folder, port=9092)             # goes on until `stop(folder)`: `careerstream kafka`

One broker per folder; its data survive a restart.
"""

import atexit
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.broker.process import POLL_SECONDS, STOP_SECONDS, Running, end, launch, status
from streaming.errors import BrokerError

__all__ = ["Broker", "Running", "detached", "status", "stop"]


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
        self._process, self._running = launch(self.folder, self._port, self._properties, tied=True)
        atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Stop it, and wait until it is gone; nothing happens when it does not run."""
        atexit.unregister(self.stop)
        process, self._process, self._running = self._process, None, None
        if process is not None:
            end(process)

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
    process, running = launch(folder.absolute(), port, {}, tied=False)
    # Let go of it: a Popen that is dropped while its process runs would complain.
    process.returncode = 0
    return running


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
