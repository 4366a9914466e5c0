"""torch.distributed as a group of training processes."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import torch
from torch import Tensor
from torch import distributed as dist

from training.fitting.process_group import Pending, ProcessGroup

_LOOPBACK = "127.0.0.1"
_TIMEOUT = timedelta(seconds=600)
"""How long a process waits for the others; `launching` and torchrun detect a dead one at once."""


@dataclass(frozen=True)
class TorchGroup(ProcessGroup):
    """A group that torch.distributed connects: by NCCL where each process has a GPU, else gloo."""

    @classmethod
    def join_prepared(cls, device: str) -> Self:
        """Join the group that the environment names, as torchrun does it."""
        local_rank = int(os.environ.get("LOCAL_RANK", "0"))
        local_size = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        own_gpus = device == "cuda" and local_size <= torch.cuda.device_count()
        dist.init_process_group("nccl" if own_gpus else "gloo", timeout=_TIMEOUT)
        return cls(dist.get_rank(), dist.get_world_size(), local_rank, local_size)

    def start_sum(self, tensor: Tensor, name: str) -> Pending:  # noqa: ARG002 - in order, not by name
        """Start to sum a tensor."""
        total = tensor.clone() if tensor.is_contiguous() else tensor.contiguous()
        work = dist.all_reduce(total, async_op=True)

        def wait() -> Tensor:
            work.wait()
            return total

        return wait

    def gather(self, tensor: Tensor, name: str) -> Tensor:  # noqa: ARG002 - as above
        """Concatenate tensors by rank; they are padded to equal lengths on the way."""
        own = torch.tensor([len(tensor)], device=tensor.device)
        lengths = [torch.empty_like(own) for _ in range(self.size)]
        dist.all_gather(lengths, own)
        counts = [int(length) for length in lengths]
        padded = tensor.new_zeros((max(counts), *tensor.shape[1:]))
        padded[: len(tensor)] = tensor
        parts = [torch.empty_like(padded) for _ in range(self.size)]
        dist.all_gather(parts, padded)
        return torch.cat([part[:count] for part, count in zip(parts, counts, strict=True)])

    def broadcast(self, state: Mapping[str, Tensor]) -> None:
        """Overwrite tensors with the leader's values, in place."""
        for tensor in state.values():
            dist.broadcast(tensor, src=0)

    def close(self) -> None:
        """Wait for the other processes and end the exchange."""
        dist.barrier()
        dist.destroy_process_group()


@contextmanager
def torch_rendezvous(processes: int) -> Iterator[list[dict[str, str]]]:
    """Serve the rendezvous of processes on this machine; yield the environment of each rank."""
    with socket.create_server((_LOOPBACK, 0)) as server:  # by itself the store listens everywhere
        port = server.getsockname()[1]
        # The store takes the descriptor, and closes it in the end.
        descriptor = os.dup(server.fileno())
    store = dist.TCPStore(  # type: ignore[attr-defined]
        _LOOPBACK, port, is_master=True, wait_for_workers=False, master_listen_fd=descriptor
    )
    yield [
        {
            "MASTER_ADDR": _LOOPBACK,
            "MASTER_PORT": str(port),
            "TORCHELASTIC_USE_AGENT_STORE": "True",  # the store above serves, rank 0 opens none
            "RANK": str(rank),
            "WORLD_SIZE": str(processes),
            "LOCAL_RANK": str(rank),
            "LOCAL_WORLD_SIZE": str(processes),
            "GLOO_SOCKET_IFNAME": "lo",
        }
        for rank in range(processes)
    ]
    del store
