"""Training processes on this machine: their start, their end, and what went wrong.

On several machines horovodrun or torchrun start them (docs/models.md).
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import torch

from training.fitting.horovod_group import HorovodGroup, horovod_rendezvous
from training.fitting.process_group import ProcessGroup
from training.fitting.torch_group import TorchGroup, torch_rendezvous
from training.fitting.training_error import TrainingError

Backend = Literal["horovod", "torch"]
_POLL_SECONDS = 0.1
_GRACE_SECONDS = 5.0
_PARENT_VARIABLE = "CAREERSTREAM_PARENT_PROCESS"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_CONSEQUENCES = (
    "HorovodInternal",
    "DistBackendError",
    "Connection closed by peer",
    "gloo/transport",
)
"""In the last line of a process that ended because another one had."""


class LostProcessError(TrainingError):
    """A process was killed: what it did until the last checkpoint is not lost."""


def join_group(device: str = "cpu") -> ProcessGroup:
    """Join the group that a launcher prepared; without one the group is this process.

    Launchers are `launch`, horovodrun, torchrun, and Horovod on Spark. `device` is the type of the
    devices that the processes train on.
    """
    if "HOROVOD_RANK" in os.environ:
        return HorovodGroup.join_prepared()
    if {"RANK", "WORLD_SIZE", "MASTER_ADDR"} <= os.environ.keys():
        return TorchGroup.join_prepared(device)
    return ProcessGroup()


def end_with_parent() -> None:
    """End a process that `launch` started together with its parent, even where that is killed."""
    parent = os.environ.get(_PARENT_VARIABLE)
    if parent is not None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):  # the parent died before the call
            sys.exit(f"parent process {parent} is gone")


def limit_threads(processes: int) -> None:
    """Let each of the processes on this machine use its share of the cores."""
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // processes))


def launch(
    arguments: Sequence[str],
    processes: int,
    logs: Path,
    while_waiting: Callable[[], None],
    *,
    backend: Backend,
    folder: Path | None = None,
) -> None:
    """Run `python ARGUMENTS` as a group of processes on this machine, and wait for their end.

    The output of each process goes to rank-N.log in the folder `logs`; `while_waiting` is called
    several times a second. The processes work in `folder`, or where this one does.

    Raises:
        LostProcessError: a process was killed by a signal. The others were ended.
        TrainingError: a process ended by itself with an error, likewise. The message names its rank
            and the last line of its output.
    """
    logs.mkdir(parents=True, exist_ok=True)
    files = [logs / f"rank-{rank}.log" for rank in range(processes)]
    rendezvous = horovod_rendezvous if backend == "horovod" else torch_rendezvous
    with rendezvous(processes) as environments, _terminated_on_exit() as started:
        for environment, file in zip(environments, files, strict=True):
            own = {"PYTHONUNBUFFERED": "1", _PARENT_VARIABLE: str(os.getpid())}
            with file.open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, *arguments],
                    env={**os.environ, **environment, **own},
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            started.append(process)
        _wait(started, files, while_waiting)


def launch_on_hosts(
    arguments: Sequence[str], hosts: str, logs: Path, while_waiting: Callable[[], None]
) -> None:
    """Run `python ARGUMENTS` by horovodrun on hosts, `a:4,b:4`, and wait for the end.

    horovodrun reaches the hosts by ssh, in the folder and with the Python of this process; it and
    the processes listen on the interfaces that connect the hosts. Its output goes to horovodrun.log
    in the folder `logs`.

    Raises:
        TrainingError: a host does not answer, or a process died.
    """
    logs.mkdir(parents=True, exist_ok=True)
    file = logs / "horovodrun.log"
    processes = sum(int(host.partition(":")[2] or 1) for host in hosts.split(","))
    program = Path(sys.executable).with_name("horovodrun")
    command = [str(program), "--gloo", "-np", str(processes), "-H", hosts]
    with file.open("wb") as log, _terminated_on_exit() as started:
        started.append(
            subprocess.Popen(
                [*command, sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        )
        while started[0].poll() is None:
            while_waiting()
            time.sleep(_POLL_SECONDS)
    if started[0].returncode:
        raise TrainingError(
            f"horovodrun on {hosts} ended with code {started[0].returncode}: {_last_line(file)};"
            f" see {file}"
        )
    while_waiting()


def _wait(
    started: Sequence[subprocess.Popen[bytes]],
    files: Sequence[Path],
    while_waiting: Callable[[], None],
) -> None:
    while any(process.poll() is None for process in started):
        while_waiting()
        if any(process.poll() for process in started):
            break
        time.sleep(_POLL_SECONDS)
    failed = [rank for rank, process in enumerate(started) if process.poll()]
    if failed:
        # When one process dies, the others fail in their next exchange. Name the cause.
        rank = min(failed, key=lambda rank: (_is_consequence(files[rank]), rank))
        lost = any(started[rank].returncode < 0 for rank in failed)
        raise (LostProcessError if lost else TrainingError)(
            f"training process {rank} of {len(started)} ended with code"
            f" {started[rank].returncode}: {_last_line(files[rank])}; see {files[rank]}"
        )
    while_waiting()


@contextmanager
def _terminated_on_exit() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Collect processes, and end them when the block is left, also by Ctrl-C."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        yield started
    finally:
        for process in started:
            process.terminate()
        deadline = time.monotonic() + _GRACE_SECONDS
        for process in started:
            try:
                process.wait(timeout=max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_consequence(file: Path) -> bool:
    return any(words in _last_line(file) for words in _CONSEQUENCES)


def _last_line(file: Path) -> str:
    lines = file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it printed nothing"
