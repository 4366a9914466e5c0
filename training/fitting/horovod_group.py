"""Horovod as a group of training processes. No other module imports Horovod."""

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Self

from torch import Tensor

from training.fitting.process_group import Pending, ProcessGroup
from training.fitting.training_error import TrainingError

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class HorovodGroup(ProcessGroup):
    """A group that Horovod connects."""

    on_gpu: bool = False
    """Whether tensors are exchanged where they are: Horovod was built with NCCL."""

    @classmethod
    def join_prepared(cls) -> Self:
        """Join the group that the environment names."""
        import horovod.torch as hvd  # noqa: PLC0415 - absent where one process is enough

        hvd.init()
        return cls(
            hvd.rank(), hvd.size(), hvd.local_rank(), hvd.local_size(), bool(hvd.nccl_built())
        )

    def start_sum(self, tensor: Tensor, name: str) -> Pending:
        """Start to sum a tensor; Horovod fuses small ones that are under way together."""
        import horovod.torch as hvd  # noqa: PLC0415

        sent = tensor if self.on_gpu else tensor.cpu()
        handle = hvd.allreduce_async(sent, name=name, op=hvd.Sum)
        return lambda: hvd.synchronize(handle).to(tensor.device)

    def gather(self, tensor: Tensor, name: str) -> Tensor:
        """Concatenate tensors by rank."""
        import horovod.torch as hvd  # noqa: PLC0415

        sent = tensor if self.on_gpu else tensor.cpu()
        gathered: Tensor = hvd.allgather(sent, name=name)
        return gathered.to(tensor.device)

    def broadcast(self, state: Mapping[str, Tensor]) -> None:
        """Overwrite tensors with the leader's values, in place; the tensors are on the CPU."""
        import horovod.torch as hvd  # noqa: PLC0415

        hvd.broadcast_parameters(state, root_rank=0)

    def note_changes(self) -> None:
        """See `run_elastic`."""
        if _elastic_state:
            _elastic_state[0].check_host_updates()

    def close(self) -> None:
        """Wait for the other processes and end the exchange."""
        import horovod.torch as hvd  # noqa: PLC0415

        hvd.shutdown()


def run_elastic(function: Callable[[], None]) -> None:
    """Run a function anew whenever `horovodrun --min-np ...` gains or loses a process.

    A lost process is noticed in the next exchange, and one that joins by `note_changes`.
    """
    import horovod.torch as hvd  # noqa: PLC0415

    hvd.init()
    state = hvd.elastic.TorchState()
    _elastic_state.append(state)
    hvd.elastic.run(lambda _: function())(state)


_elastic_state: list[Any] = []
"""The state that Horovod tells of changes, in a process of an elastic run."""


def horovod_available() -> bool:
    """Return whether Horovod is installed, built for PyTorch."""
    spec = importlib.util.find_spec("horovod")
    folders = (spec and spec.submodule_search_locations) or []
    return any(any(Path(folder, "torch").glob("mpi_lib_v2*.so")) for folder in folders)


@contextmanager
def horovod_rendezvous(processes: int) -> Iterator[list[dict[str, str]]]:
    """Serve the rendezvous of processes on this machine; yield the environment of each rank.

    Rendezvous and data stay on 127.0.0.1; Horovod's own launcher listens everywhere.
    """
    from horovod.runner.common.util.hosts import get_host_assignments, parse_hosts  # noqa: PLC0415
    from horovod.runner.http.http_server import (  # noqa: PLC0415
        RendezvousHandler,
        RendezvousHTTPServer,
    )

    server = RendezvousHTTPServer((_LOOPBACK, 0), RendezvousHandler, 0)
    server.daemon_threads = True
    server.init(get_host_assignments(parse_hosts(f"{_LOOPBACK}:{processes}"), processes))
    thread = Thread(target=server.serve_forever, name="rendezvous", daemon=True)
    thread.start()
    try:
        port = server.server_address[1]
        yield [_environment(rank, processes, port) for rank in range(processes)]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def launch_on_spark(function: Callable[[], Any], processes: int) -> list[Any]:
    """Run a function as a group of processes in the active Spark session; return results by rank.

    Horovod's driver and tasks then listen on all interfaces, as Spark's own do on a cluster. The
    function must be picklable; `launching.join_group` works inside it. Spark must have as many free
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
        # `launching` detects a dead process at once.
        "HOROVOD_GLOO_TIMEOUT_SECONDS": "600",
    }
