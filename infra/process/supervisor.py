"""Programs that run beside the benchmark, each in a process of its own, as users run them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.process import die_with_parent
from streaming.dependencies import CACHE_VARIABLE
from streaming.errors import CareerstreamError

START_SECONDS = 900.0
"""Far above what a start takes, for a machine that is busy."""
STOP_SECONDS = 60.0
POLL_SECONDS = 0.05
RUNNING = '"message":"running"'
"""What the log of a job says as soon as its queries run."""
_PREFIX = "CAREERSTREAM_"


@dataclass(frozen=True)
class Child:
    """A program under way."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    started: float
    """When it was asked for, seconds since 1970."""

    def check(self) -> None:
        """Raise when it has ended.

        Raises:
            CareerstreamError: one line with its last words.
        """
        code = self.process.poll()
        if code is not None:
            raise CareerstreamError(
                f"{self.name} ended with code {code}: {_last_words(self.log)}; see {self.log}"
            )

    def await_words(self, words: str, patience: float = START_SECONDS) -> float:
        """Wait until it has said something; return when that was seen, seconds since 1970.

        Raises:
            CareerstreamError: it has ended, or does not say it.
        """
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if words.encode() in self.log.read_bytes():
                return time.time()
            self.check()
            time.sleep(POLL_SECONDS)
        raise CareerstreamError(
            f"{self.name} does not say {words!r} within {patience:.0f} s; see {self.log}"
        )

    def await_end(self, patience: float) -> None:
        """Wait for a program that ends by itself.

        Raises:
            CareerstreamError: it failed or did not end.
        """
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired as error:
            raise CareerstreamError(
                f"{self.name} does not end within {patience:.0f} s; see {self.log}"
            ) from error
        if code != 0:
            self.check()

    def stop(self) -> None:
        """Ask it to end, and kill it and all it started when it takes too long."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


@contextmanager
def child(name: str, command: Sequence[str], folder: Path) -> Iterator[Child]:
    """Run a program for a block; it ends with the block, and with this process.

    Args:
        name: for people, and of its log.
        command: program and arguments.
        folder: where it runs and where its log goes.
    """
    log = folder / f"{name.replace(' ', '-')}.log"
    tied = [sys.executable, "-IS", die_with_parent.__file__, str(os.getpid()), *command]
    with log.open("wb") as out:
        process = subprocess.Popen(
            tied,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(),
            # Ctrl-C ends the benchmark, which then ends its programs in order.
            start_new_session=True,
        )
    running = Child(name, process, log, time.time())
    try:
        yield running
    finally:
        running.stop()


def _environment() -> dict[str, str]:
    """This process's variables without settings, which would win over the benchmark's own file."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_PREFIX) or name == CACHE_VARIABLE
    }


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
