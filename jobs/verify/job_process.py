"""A job that is killed and started again: Python and JVM at once, as when a machine dies."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from infra.process.supervisor import STOP_SECONDS, SupervisedProcess
from jobs.runtime.sandbox import Sandbox
from streaming.contract.topics import CANDIDATES, EVENTS, PROFILES, Topic
from streaming.errors import CareerstreamError
from streaming.lake.archive_rows import DESTINATIONS
from streaming.spark.configuration import is_folder
from streaming.spark.internals.hadoop_files import HadoopFiles

JOBS: dict[str, dict[str, tuple[Topic, ...]]] = {
    "update_profiles": {"update_profiles": (EVENTS, CANDIDATES)},
    "recommend": {"recommend": (PROFILES,)},
    "archive": {f"archive_{topic.name}": (topic,) for topic, _ in DESTINATIONS},
    "match": {"match": (PROFILES,)},
}
"""The jobs, in the order of the flow: their checkpoints and the topics that each of these reads."""
LIST_JOBS = ("update_profiles", "recommend", "archive")
MATCH_JOBS = ("update_profiles", "match")
"""What is killed; the last one ends last, when it has read what the others wrote at their end."""
MOST_FAILURES = 5
"""A job may end so often in a row without having committed a batch."""
RETRY_SECONDS = 2.0
REMOTE_POLL_SECONDS = 2.0
"""How long the progress of a checkpoint that is no local folder is taken as it was."""


@dataclass(frozen=True)
class CheckpointProgress:
    """How far the query of a checkpoint is."""

    committed: int
    """The newest committed batch, -1 before the first."""
    planned: int
    """The newest batch that was begun."""
    offsets: Mapping[tuple[str, int], int]
    """Where the committed batches end, by topic (with prefix) and partition."""

    @property
    def in_flight(self) -> bool:
        """Whether a batch was begun and not committed."""
        return self.planned > self.committed


def read_progress(files: HadoopFiles, checkpoint: str) -> CheckpointProgress:
    """Read how far a checkpoint is; Spark writes a file for each batch begun and committed."""
    committed = _newest(files, f"{checkpoint}/commits")
    planned = _newest(files, f"{checkpoint}/offsets")
    if committed < 0:
        return CheckpointProgress(committed, planned, {})
    lines = files.read_bytes(f"{checkpoint}/offsets/{committed}").decode().splitlines()
    offsets = {
        (topic, int(partition)): int(offset)
        for topic, partitions in json.loads(lines[-1]).items()
        for partition, offset in partitions.items()
    }
    return CheckpointProgress(committed, planned, offsets)


class JobProcess:
    """One job in a process and a Spark session of its own."""

    def __init__(self, name: str, sandbox: Sandbox, files: HadoopFiles) -> None:
        self.name = name
        self.restarts: list[str] = []
        """The last line of its log each time that it ended on its own."""
        self._sandbox, self._files = sandbox, files
        checkpoints = sandbox.settings.checkpoints
        self._checkpoints = {key: f"{checkpoints}/{key}" for key in JOBS[name]}
        self._polls = 0.0 if is_folder(checkpoints) else REMOTE_POLL_SECONDS
        self._progress: dict[str, CheckpointProgress] = {}
        self._read_at = -math.inf
        self._process: SupervisedProcess | None = None
        self._committed_before: dict[str, int] = {}
        self._failures, self._ended = 0, 0.0

    def start(self) -> None:
        """Start it; `working` tells when it has done something."""
        self._read_at = -math.inf
        self._committed_before = {key: at.committed for key, at in self.progress().items()}
        self._process = self._sandbox.start_job(f"jobs.{self.name}")

    def progress(self) -> dict[str, CheckpointProgress]:
        """Return how far each of its checkpoints is."""
        if time.monotonic() - self._read_at >= self._polls:
            self._progress = {
                key: read_progress(self._files, at) for key, at in self._checkpoints.items()
            }
            self._read_at = time.monotonic()
        return self._progress

    def sources(self, checkpoint: str) -> set[str]:
        """Return the topics that a checkpoint reads, with prefix."""
        prefix = self._sandbox.kafka.topic_prefix
        return {prefix + topic.name for topic in JOBS[self.name][checkpoint]}

    def working(self) -> bool:
        """Return whether it has committed a batch since it was started."""
        progress = self.progress()
        before = self._committed_before
        working = any(progress[key].committed > batch for key, batch in before.items())
        self._failures = 0 if working else self._failures
        return working

    def supervise(self) -> None:
        """Start it again if it has ended on its own, as an orchestrator would.

        Raises:
            CareerstreamError: it ends again and again.
        """
        if self._process is None or self._process.running:
            return
        if not self._ended:
            self._ended = time.monotonic()
            self._failures = 0 if self.working() else self._failures + 1
            self.restarts.append(self._process.last_line())
            self._process.kill()  # Spark's workers may still run
            if self._failures >= MOST_FAILURES:
                raise CareerstreamError(
                    f"the job {self.name} ended {self._failures} times in a row before its first "
                    f"batch: {self.restarts[-1]}; its log is {self._process.log}"
                )
        if time.monotonic() - self._ended > RETRY_SECONDS:
            self._ended = 0.0
            self.start()

    def kill(self) -> list[str]:
        """Kill all its processes with SIGKILL; returns the names of the programs."""
        killed = self._process.kill() if self._process else []
        self._read_at = -math.inf
        self._process, self._ended = None, 0.0
        return killed

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self._process is not None:
            self._process.stop(STOP_SECONDS)
        self._process, self._ended = None, 0.0


def _newest(files: HadoopFiles, folder: str) -> int:
    return max((int(name) for name in files.list(folder) if name.isdecimal()), default=-1)
