"""Horovod: groups of training processes, and how they are started. No other module imports it.

`launch` starts processes on this machine; rendezvous and data stay on 127.0.0.1. On several
machines Horovod's own launcher starts them: `horovodrun -H a:2,b:2 python -m
training.fitting.worker SPEC.json`. `launch_on_spark` starts them inside Spark's executors.
"""

import ctypes
import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from streaming.errors import CareerstreamError

_LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.1
_GRACE_SECONDS = 5.0
_PARENT_VARIABLE = "CAREERSTREAM_PARENT_PROCESS"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class TrainingError(CareerstreamError):
    """A training process died."""


@dataclass(frozen=True)
class ProcessGroup:
    """The processes that train one model together. A single process exchanges nothing."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    """The rank among the processes on this machine."""

    @classmethod
    def join(cls) -> "ProcessGroup":
        """Join the group that a launcher prepared; without one the group is this process."""
        if "HOROVOD_RANK" not in os.environ:
            return cls()
        import horovod.torch as hvd  # noqa: PLC0415 - absent where one process is enough

        hvd.init()
        return cls(hvd.rank(), hvd.size(), hvd.local_rank())

    @property
    def is_leader(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0

    def sum_over_processes(self, tensor: Tensor) -> Tensor:
        """Return the sum of a tensor over all processes, the same bits in each, on its device.

        The exchange takes place on the CPU: every build of Horovod can do that, and NCCL refuses
        two processes that share a GPU.
        """
        if self.size == 1:
            return tensor
        import horovod.torch as hvd  # noqa: PLC0415

        total: Tensor = hvd.allreduce(tensor.cpu(), op=hvd.Sum)
        return total.to(tensor.device)

    def broadcast(self, state: Mapping[str, Tensor]) -> None:
        """Overwrite tensors with the leader's values, in place; the tensors are on the CPU."""
        if self.size > 1:
            import horovod.torch as hvd  # noqa: PLC0415

            hvd.broadcast_parameters(state, root_rank=0)

    def close(self) -> None:
        """Wait for the other processes and end the exchange."""
        if self.size > 1:
            import horovod.torch as hvd  # noqa: PLC0415

            hvd.shutdown()


def horovod_available() -> bool:
    """Return whether Horovod is installed, built for PyTorch."""
    spec = importlib.util.find_spec("horovod")
    folders = (spec and spec.submodule_search_locations) or []
    return any(any(Path(folder, "torch").glob("mpi_lib_v2*.so")) for folder in folders)


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
    arguments: Sequence[str], processes: int, logs: Path, while_waiting: Callable[[], None]
) -> None:
    """Run `python ARGUMENTS` as a group of processes on this machine, and wait for their end.

    The output of each process goes to rank-N.log in the folder `logs`; `while_waiting` is called
    several times a second.

    Raises:
        TrainingError: a process died. The others were ended; the message names its rank and the
            last line of its output.
    """
    logs.mkdir(parents=True, exist_ok=True)
    files = [logs / f"rank-{rank}.log" for rank in range(processes)]
    with _rendezvous(processes) as port, _terminated_on_exit() as started:
        for rank, file in enumerate(files):
            with file.open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, *arguments],
                    env={**os.environ, **_environment(rank, processes, port)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            started.append(process)
        _wait(started, files, while_waiting)


def launch_on_spark(function: Callable[[], Any], processes: int) -> list[Any]:
    """Run a function as a group of processes in the active Spark session; return results by rank.

    Horovod's driver and tasks then listen on all interfaces, as Spark's own do on a cluster. The
    function must be picklable; `ProcessGroup.join` works inside it. Spark must have as many free
    task slots as there are processes.

    Raises:
        TrainingError: no session is active, it has too few free slots, or a process died.
    """
    import horovod.spark  # noqa: PLC0415

    try:
        results: list[Any] = horovod.spark.run(
            function, num_proc=processes, use_gloo=True, use_mpi=False, verbose=0
        )
    except Exception as error:  # Horovod raises bare exceptions
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TrainingError(
            f"training in {processes} Spark tasks failed: {line}; check that as many task slots are"
            " free, or use training.launcher=local"
        ) from error
    return results


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
        rank = min(failed, key=lambda rank: ("HorovodInternal" in _last_line(files[rank]), rank))
        raise TrainingError(
            f"training process {rank} of {len(started)} ended with code"
            f" {started[rank].returncode}: {_last_line(files[rank])}; see {files[rank]}"
        )
    while_waiting()


@contextmanager
def _rendezvous(processes: int) -> Iterator[int]:
    """Serve Horovod's rendezvous on a free local port (its own launcher listens everywhere)."""
    from horovod.runner.common.util.hosts import get_host_assignments, parse_hosts  # noqa: PLC0415
    from horovod.runner.http.http_server import (  # noqa: PLC0415
        RendezvousHandler,
        RendezvousHTTPServer,
    )

    server = RendezvousHTTPServer((_LOOPBACK, 0), RendezvousHandler, 0)
    server.daemon_threads = True
    server.init(get_host_assignments(parse_hosts(f"{_LOOPBACK}:{processes}"), processes))
    thread = threading.Thread(target=server.serve_forever, name="rendezvous", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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


def _environment(rank: int, processes: int, port: int) -> dict[str, str]:
    return {
        "HOROVOD_HOSTNAME": _LOOPBACK,
        "HOROVOD_RANK": str(rank),
        "HOROVOD_SIZE": str(processes),
        "HOROVOD_LOCAL_RANK": str(rank),
        "HOROVOD_LOCAL_SIZE": str(processes),
        "HOROVOD_CROSS_RANK": "0",
        "HOROVOD_CROSS_SIZE": "1",
        "HOROVOD_GLOO_RENDEZVOUS_ADDR": _LOOPBACK,
        "HOROVOD_GLOO_RENDEZVOUS_PORT": str(port),
        "HOROVOD_CONTROLLER": "gloo",
        "HOROVOD_CPU_OPERATIONS": "gloo",
        "HOROVOD_GLOO_IFACE": "lo",
        # By default Gloo gives up on a peer after 30 s; a step can take longer on a busy machine.
        # `_wait` detects a dead process at once.
        "HOROVOD_GLOO_TIMEOUT_SECONDS": "600",
        "PYTHONUNBUFFERED": "1",
        _PARENT_VARIABLE: str(os.getpid()),
    }


def _last_line(file: Path) -> str:
    lines = file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it printed nothing"
