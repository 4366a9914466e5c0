"""Quix Streams as a contestant: in a virtual environment in the cache, never a dependency."""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import streaming
from infra.process.supervisor import SupervisedProcess
from jobs.benchmark.stream.harness.job_run import JobRun
from jobs.benchmark.stream.harness.load_generator import OnProgress
from jobs.benchmark.stream.harness.measurement_sandbox import QUIX_PROFILES
from jobs.benchmark.stream.harness.topic_ends import size, wait_for_size
from jobs.benchmark.stream.measurements import quix_fold
from jobs.runtime.sandbox import Sandbox
from streaming import dependencies
from streaming.contract.topics import EVENTS
from streaming.errors import MissingDependencyError

VERSION = "3.28.1"
PATIENCE_SECONDS = 3600.0
REMEDY = "leave out --quix, or make package installation work (`uv pip install quixstreams`)"


def install(on_progress: OnProgress) -> Path:
    """Return a Python that has Quix Streams; the first time, uv creates its environment.

    Raises:
        MissingDependencyError: there is no uv, or it cannot install.
    """
    folder = dependencies.cache_folder() / f"quixstreams-{VERSION}"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        on_progress("Quix Streams: creating its environment", 0.0)
        shutil.rmtree(folder, ignore_errors=True)
        _uv("venv", "--quiet", "--python", sys.executable, str(folder))
        _uv("pip", "install", "--quiet", "--python", str(python), f"quixstreams=={VERSION}")
        done.touch()
    return python


def processes_to_try() -> list[int]:
    """Return one, and as many as there are cores."""
    return sorted({1, len(os.sched_getaffinity(0))})


@dataclass(frozen=True)
class Group:
    """A consumer group of Quix Streams processes."""

    python: Path
    processes: int

    def run(self, sandbox: Sandbox, count: int) -> JobRun:
        """Fold the events; each of them gives a profile.

        Returns:
            When the first process was started, and when the last one ran.

        Raises:
            CareerstreamError: a process ended, or takes too long.
        """
        wanted = size(sandbox.kafka, QUIX_PROFILES) + count
        program = _copy_program(sandbox.home / "code")
        with ExitStack() as stack:
            running = [
                stack.enter_context(self._start(sandbox, program, number))
                for number in range(self.processes)
            ]
            ran = max(process.wait_for_text(quix_fold.RUNNING) for process in running)
            wait_for_size(sandbox.kafka, QUIX_PROFILES, wanted, running, PATIENCE_SECONDS)
        return JobRun(running[0].started, ran)

    def _start(self, sandbox: Sandbox, program: Path, number: int) -> SupervisedProcess:
        group = f"quix-{self.processes}"
        name = f"{group}-{number}"
        topics = [sandbox.kafka.topic_prefix + topic.name for topic in (EVENTS, QUIX_PROFILES)]
        state = sandbox.home / "state" / name
        return SupervisedProcess(
            name,
            [self.python, program, sandbox.kafka.bootstrap_servers, group, *topics, state],
            folder=sandbox.home,
            log=sandbox.home / "logs" / f"{name}.log",
        )


def _copy_program(folder: Path) -> Path:
    """Copy the application and the fold away from our other packages and their dependencies."""
    shutil.copytree(Path(streaming.__file__).parent, folder / "streaming", dirs_exist_ok=True)
    return Path(shutil.copy(quix_fold.__file__, folder))


def _uv(*arguments: str) -> None:
    """Run uv: the one beside this Python, or on PATH."""
    beside = Path(sys.executable).with_name("uv")
    program = str(beside) if beside.exists() else shutil.which("uv")
    if program is None:
        raise MissingDependencyError(f"there is no uv beside {sys.executable} or on PATH; {REMEDY}")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no output"])[0]
        raise MissingDependencyError(
            f"uv cannot create the environment of Quix Streams: {reason}; {REMEDY}"
        )
