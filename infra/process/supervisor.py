"""Runs programs beside this one: each in a session of its own, with a log file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from infra.process import die_with_parent
from streaming.deferred_signals import defer_signals
from streaming.errors import CareerstreamError

START_SECONDS = 900.0
"""Far above what a start takes, for a machine that is busy."""
STOP_SECONDS = 60.0
POLL_SECONDS = 0.05


class SupervisedProcess:
    """A program that this process starts, watches and ends; as a context manager it is stopped.

    Attributes:
        name: of the program, for people.
        log: what it prints.
        started: when it was started, in seconds since 1970.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        folder: Path,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
        tied: bool = True,
        inherited: Collection[int] = (),
    ) -> None:
        """Start the program in a folder; its output is appended to the log, FOLDER/NAME.log.

        If it is `tied`, the kernel kills it as soon as the thread that started it ends. It keeps
        the `inherited` file descriptors open.
        """
        self.name, self.started = name, time.time()
        self.log = log or folder / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        words = [str(word) for word in command]
        if tied:
            words = [sys.executable, "-IS", die_with_parent.__file__, str(os.getpid()), *words]
        try:
            with self.log.open("ab") as log_file, defer_signals():
                self._log_start = log_file.tell()
                self._process = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=log_file,
                    stderr=subprocess.STDOUT,
                    cwd=folder,
                    env=environment,
                    pass_fds=tuple(inherited),
                    # Ctrl-C reaches a whole group. We end our programs ourselves, in order.
                    start_new_session=True,
                )
        except BaseException:
            # A deferred signal is raised here, and nobody else knows the process yet.
            if hasattr(self, "_process"):
                self.kill()
            raise

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its session."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def check(self) -> None:
        """Do nothing while it runs.

        Raises:
            CareerstreamError: it has ended; the message holds the last line of its log.
        """
        if not self.running:
            raise CareerstreamError(
                f"{self.name} ended with code {self._process.returncode}: {self.last_line()}; "
                f"see {self.log}"
            )

    def wait_until(
        self,
        ready: Callable[[], bool],
        state: str,
        seconds: float = START_SECONDS,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        """Wait until a condition holds; `state` is what it means in a message, such as "ready".

        Raises:
            CareerstreamError: the program ended, or it takes longer.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise CareerstreamError(
                    f"{self.name} is not {state} after {seconds:.0f} s; see {self.log}"
                )
            time.sleep(poll_seconds)

    def wait_for_text(self, text: str, seconds: float = START_SECONDS) -> float:
        """Wait until it prints a text; return when that was seen, in seconds since 1970.

        Raises:
            CareerstreamError: the program ended, or it takes longer.
        """
        self.wait_until(lambda: text.encode() in self.output(), "running", seconds)
        return time.time()

    def wait_for_success(self, seconds: float) -> None:
        """Wait for a program that ends by itself.

        Raises:
            CareerstreamError: it failed, or it takes longer.
        """
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise CareerstreamError(
                f"{self.name} does not end within {seconds:.0f} s; see {self.log}"
            ) from error
        if code != 0:
            self.check()

    def stop(self, grace_seconds: float = STOP_SECONDS) -> None:
        """Send SIGTERM, and kill what is left of its session after so many seconds.

        Spark's JVM ends after the Python program that started it, and removes its folders then.
        """
        deadline = time.monotonic() + grace_seconds
        if self.running:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        while session_members(self.pid) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        self.kill()

    def kill(self) -> list[str]:
        """Kill every process of its session, whatever group it is in.

        Returns:
            The names of the programs that were hit.
        """
        killed: dict[int, str] = {}
        while members := session_members(self.pid):
            killed |= members
            for pid in members:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)
        self._process.wait()
        return sorted(killed.values())

    def release(self) -> None:
        """Let it go on by itself: a dropped Popen would complain that its process still runs."""
        self._process.returncode = 0

    def output(self) -> bytes:
        """Return what it has printed since it was started."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()

    def last_line(self) -> str:
        """Return the last line of its output that is not blank, shortened."""
        lines = self.output().decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "no output")[:500]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def session_members(session: int) -> dict[int, str]:
    """Return the processes of a session: process id to name of the program."""
    members = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")
        except OSError:
            continue  # it has just ended
        state, _, _, its_session = rest.split()[:4]
        if int(its_session) == session and state != "Z":
            members[int(stat.parent.name)] = head.partition("(")[2]
    return members
