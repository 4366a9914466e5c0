"""Quix Streams beside us: in an environment of its own in the cache, never a dependency."""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import streaming
from infra.process.supervisor import child
from jobs.benchmark.stream.harness.load_generator import Tell
from jobs.benchmark.stream.harness.measurement_sandbox import QUIX_PROFILES, Place
from jobs.benchmark.stream.harness.topic_progress import await_size, size
from jobs.benchmark.stream.measurements import quix_fold
from streaming import dependencies
from streaming.contract.topics import EVENTS
from streaming.errors import MissingPartError

VERSION = "3.28.1"
PATIENCE = 3600.0
REMEDY = "leave out --quix, or make package installation work (`uv pip install quixstreams`)"


@dataclass(frozen=True)
class Environment:
    """A Python that has Quix Streams."""

    python: Path


def environment(tell: Tell) -> Environment:
    """Return the environment, made with uv the first time.

    Raises:
        MissingPartError: there is no uv, or it cannot install.
    """
    folder = dependencies.cache_folder() / f"quixstreams-{VERSION}"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        tell("Quix Streams: making its environment", 0.0)
        shutil.rmtree(folder, ignore_errors=True)
        _uv("venv", "--quiet", "--python", sys.executable, str(folder))
        _uv("pip", "install", "--quiet", "--python", str(python), f"quixstreams=={VERSION}")
        done.touch()
    return Environment(python)


def processes_to_try() -> list[int]:
    """Return one, and as many as there are cores."""
    return sorted({1, len(os.sched_getaffinity(0))})


def work_off(
    here: Place, installed: Environment, processes: int, count: int
) -> tuple[float, float]:
    """Have processes of one consumer group work the events off, a profile for each event.

    Returns:
        When they were asked for, and when the last of them said that it runs.

    Raises:
        CareerstreamError: one ended, or the profiles did not come.
    """
    wanted = size(here.kafka, QUIX_PROFILES) + count
    group = f"quix-{processes}"
    program = _copied(here.folder / "code")
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                child(
                    f"{group}-{number}",
                    [str(installed.python), str(program), *_arguments(here, group, number)],
                    here.folder,
                )
            )
            for number in range(processes)
        ]
        said = max(one.await_words(quix_fold.RUNNING) for one in running)

        def alive() -> None:
            for one in running:
                one.check()

        await_size(here.kafka, QUIX_PROFILES, wanted, alive, PATIENCE)
    return running[0].started, said


def _copied(folder: Path) -> Path:
    """Put the application and the fold where nothing else of ours is, least of all its packages."""
    shutil.copytree(Path(streaming.__file__).parent, folder / "streaming", dirs_exist_ok=True)
    return Path(shutil.copy(quix_fold.__file__, folder))


def _arguments(here: Place, group: str, number: int) -> list[str]:
    prefix, state = here.kafka.topic_prefix, here.folder / "state" / f"{group}-{number}"
    topics = [prefix + topic.name for topic in (EVENTS, QUIX_PROFILES)]
    return [here.kafka.bootstrap_servers, group, *topics, str(state)]


def _uv(*words: str) -> None:
    """Run uv: the one beside this Python, or on PATH."""
    beside = Path(sys.executable).with_name("uv")
    program = str(beside) if beside.exists() else shutil.which("uv")
    if program is None:
        raise MissingPartError(f"there is no uv beside {sys.executable} or on PATH; {REMEDY}")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or ["it said nothing"])[0]
        raise MissingPartError(f"uv cannot make the environment of Quix Streams: {why}; {REMEDY}")
