"""The jobs as processes that can be killed: Python and JVM at once, as when a machine dies."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from infra.process import die_with_parent
from streaming.contract.topics import CANDIDATES, EVENTS, PROFILES, Topic
from streaming.deferred_signals import held
from streaming.errors import CareerstreamError
from streaming.lake.archive_rows import DESTINATIONS
from streaming.settings import CONFIG_VARIABLE, Settings, environment_name

JOBS: dict[str, dict[str, tuple[Topic, ...]]] = {
    "update_profiles": {"update_profiles": (EVENTS, CANDIDATES)},
    "recommend": {"recommend": (PROFILES,)},
    "archive": {f"archive_{topic.name}": (topic,) for topic, _ in DESTINATIONS},
}
"""The jobs, in the order of the flow: their checkpoints and the topics that each of these reads."""
STOP_SECONDS = 60.0
MOST_FAILURES = 5
"""So often in a row a job may end on its own before it has committed anything."""
RETRY_SECONDS = 2.0
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Standing:
    """How far a checkpoint is."""

    committed: int
    """The newest batch that was committed, -1 before the first."""
    planned: int
    """The newest batch that was begun."""
    ends: Mapping[tuple[str, int], int]
    """Up to where, by topic (with prefix) and partition, the committed batches go."""

    @property
    def in_flight(self) -> bool:
        """Whether a batch was begun and not committed."""
        return self.planned > self.committed


def standing(checkpoint: Path) -> Standing:
    """Read how far a checkpoint is; Spark writes both of its logs file by file."""
    committed, planned = _newest(checkpoint / "commits"), _newest(checkpoint / "offsets")
    if committed < 0:
        return Standing(committed, planned, {})
    lines = (checkpoint / "offsets" / str(committed)).read_text(encoding="utf-8").splitlines()
    ends = {
        (topic, int(part)): int(end)
        for topic, parts in json.loads(lines[-1]).items()
        for part, end in parts.items()
    }
    return Standing(committed, planned, ends)


def environment(settings: Settings) -> dict[str, str]:
    """Spell complete settings as environment variables: a password never reaches a file."""
    sections = set(type(settings).model_fields)
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != CONFIG_VARIABLE
        and name.removeprefix("CAREERSTREAM_").partition("__")[0].lower() not in sections
    }
    return kept | {environment_name(name): text for name, text in _leaves(settings)}


class JobProcess:
    """One job in a session of its own; it dies with this process.

    Args:
        name: of the job.
        settings: complete ones.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.log = settings.home / "logs" / f"{name}.log"
        self.restarts: list[str] = []
        """What it said when it ended on its own."""
        self._prefix = settings.kafka.topic_prefix
        self._home, self._environment = settings.home, environment(settings)
        self._checkpoints = {key: Path(settings.checkpoints) / key for key in JOBS[name]}
        self._process: subprocess.Popen[bytes] | None = None
        self._before: dict[str, int] = {}
        self._failures, self._ended = 0, 0.0

    def start(self) -> None:
        """Start it; it works once `working` says so."""
        self._before = {key: found.committed for key, found in self.standings().items()}
        job = [sys.executable, "-P", "-m", f"jobs.{self.name}"]
        command = [sys.executable, "-IS", die_with_parent.__file__, str(os.getpid()), *job]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log, held():
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home,
                env=self._environment,
                start_new_session=True,
            )

    def standings(self) -> dict[str, Standing]:
        """How far each of its checkpoints is."""
        return {key: standing(folder) for key, folder in self._checkpoints.items()}

    def sources(self, checkpoint: str) -> set[str]:
        """The topics that a checkpoint reads, with prefix."""
        return {self._prefix + topic.name for topic in JOBS[self.name][checkpoint]}

    def working(self) -> bool:
        """Whether it has committed a batch since it was started."""
        found = self.standings()
        working = any(found[key].committed > before for key, before in self._before.items())
        self._failures = 0 if working else self._failures
        return working

    def supervise(self) -> None:
        """Start it again if it has ended on its own, as an orchestrator would.

        Raises:
            CareerstreamError: it ends again and again.
        """
        if self._process is None or self._process.poll() is None:
            return
        if not self._ended:
            self._ended = time.monotonic()
            self._failures = 0 if self.working() else self._failures + 1
            self.restarts.append(self._last_words())
            self._clear()
            if self._failures >= MOST_FAILURES:
                raise CareerstreamError(
                    f"the job {self.name} ended {self._failures} times in a row before its first "
                    f"batch: {self.restarts[-1]}; its log is {self.log}"
                )
        if time.monotonic() - self._ended > RETRY_SECONDS:
            self._ended = 0.0
            self.start()

    def kill(self) -> list[str]:
        """Kill everything of its session with -9; returns the programs that were hit."""
        if self._process is None:
            return []
        hit = self._clear()
        self._process.wait()
        self._process, self._ended = None, 0.0
        return hit

    def terminate(self) -> int:
        """Ask it to end, and wait; returns its exit code, that of SIGKILL when it does not."""
        if self._process is None:
            return 0
        self._process.terminate()
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        self.kill()
        return code

    def _clear(self) -> list[str]:
        """Kill what is left of its session: Spark's Python workers have a group of their own."""
        if self._process is None:
            return []
        hit: dict[int, str] = {}
        while found := session_members(self._process.pid):
            hit |= found
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)
        return sorted(hit.values())

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")[:500]


def session_members(session: int) -> dict[int, str]:
    """Find the processes of a session: id and name of the program."""
    members = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")
        except OSError:
            continue
        state, _, _, its_session = rest.split()[:4]
        if int(its_session) == session and state != "Z":
            members[int(stat.parent.name)] = head.partition("(")[2]
    return members


def _newest(folder: Path) -> int:
    return max(
        (int(file.name) for file in folder.glob("[0-9]*") if file.name.isdecimal()), default=-1
    )


def _leaves(section: BaseModel, prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name in type(section).model_fields:
        value: Any = getattr(section, name)
        if isinstance(value, BaseModel):
            found += _leaves(value, f"{prefix}{name}.")
        elif value is not None:
            found.append((prefix + name, _text(value)))
    return found


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.absolute())
    return json.dumps(value) if isinstance(value, (dict, list, bool)) else str(value)
