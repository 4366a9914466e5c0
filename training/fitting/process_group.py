"""Groups of training processes: what the loop needs of Horovod or of torch.distributed.

`launching.join_group` joins the group that a launcher prepared. Sums have the same bits in every
process.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Pending = Callable[[], Tensor]
"""Waits for an exchange that has been started, and returns its result."""
_BUCKET_NUMBERS = 250_000
"""Gradients are exchanged in pieces of at least so many numbers, 1 MB."""


@dataclass(frozen=True)
class ProcessGroup:
    """The processes that train one model together. This class is one alone: it exchanges nothing.

    Each process calls the same methods in the same order, with tensors of the same shapes.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    """The rank among the processes on this machine."""
    local_size: int = 1
    """How many of the processes are on this machine."""

    @property
    def is_leader(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0

    def start_sum(self, tensor: Tensor, name: str) -> Pending:  # noqa: ARG002 - alone
        """Start to sum a tensor over the processes; `name` is unique among those under way."""
        return lambda: tensor

    def gather(self, tensor: Tensor, name: str) -> Tensor:  # noqa: ARG002 - alone
        """Concatenate tensors, of any length each, by rank: (n, ...) to (sum of n, ...)."""
        return tensor

    def sum_over_processes(self, tensor: Tensor) -> Tensor:
        """Return the sum of a tensor over all processes, on its device."""
        return self.start_sum(tensor, "sum")()

    def broadcast(self, state: Mapping[str, Tensor]) -> None:
        """Overwrite tensors with the leader's values, in place."""

    def note_changes(self) -> None:
        """Begin again from the checkpoint, by an exception, where machines have come or gone."""

    def close(self) -> None:
        """Wait for the other processes and end the exchange."""


class GradientExchange:
    """Sums gradients over the processes while the backward pass goes on.

    Dense gradients travel in buckets, in the same order in every process, each as soon as it and
    those before it are complete (Li et al. 2020, PyTorch Distributed). The gradient of `sparse`,
    of which each process has other rows, follows at the end. With `half` float16 is exchanged: half
    the bytes, and 11 bits of precision.
    """

    def __init__(
        self,
        group: ProcessGroup,
        dense: Sequence[nn.Parameter],
        sparse: nn.Parameter,
        *,
        half: bool = False,
    ) -> None:
        self._group = group
        self._half = half
        self._sparse = sparse
        self._buckets = _buckets(dense) if group.size > 1 else []
        self._complete: set[nn.Parameter] = set()
        self._pending: list[Pending] = []
        for parameter in (parameter for bucket in self._buckets for parameter in bucket):
            parameter.register_post_accumulate_grad_hook(self._completed)  # type: ignore[no-untyped-call]

    def _completed(self, parameter: Tensor) -> None:
        self._complete.add(parameter)  # type: ignore[arg-type]
        while len(self._pending) < len(self._buckets):
            number = len(self._pending)
            bucket = self._buckets[number]
            if not self._complete.issuperset(bucket):
                break
            flat = torch.cat([_gradient(parameter).flatten() for parameter in bucket])
            sent = flat.half() if self._half else flat
            self._pending.append(self._group.start_sum(sent, f"bucket {number}"))

    def finish(self) -> None:
        """Wait until the gradients of this step are those of all processes together."""
        if self._group.size == 1:
            return
        own = _gradient(self._sparse).coalesce()
        # The bits of the rows' numbers travel beside the values: one exchange, not two.
        rows = own.indices()[0].int().view(torch.float32)
        sent = torch.cat([rows[:, None], own.values()], dim=1)
        gathered = self._group.gather(sent, "sparse gradient")
        rows = gathered[:, 0].contiguous().view(torch.int32).long()
        total = torch.sparse_coo_tensor(
            rows[None], gathered[:, 1:], own.shape, check_invariants=False
        )
        self._sparse.grad = total.coalesce()
        for bucket, wait in zip(self._buckets, self._pending, strict=True):
            sizes = [parameter.numel() for parameter in bucket]
            parts = torch.split(wait().float(), sizes)
            for parameter, part in zip(bucket, parts, strict=True):
                parameter.grad = part.view_as(parameter)
        self._pending.clear()
        self._complete.clear()


def _gradient(parameter: nn.Parameter) -> Tensor:
    if parameter.grad is None:
        raise RuntimeError("a parameter has no part in the loss")
    return parameter.grad


def _buckets(parameters: Sequence[nn.Parameter]) -> list[list[nn.Parameter]]:
    """Group parameters, the last first: backward goes from the loss to the input."""
    buckets: list[list[nn.Parameter]] = [[]]
    for parameter in reversed(parameters):
        if sum(own.numel() for own in buckets[-1]) >= _BUCKET_NUMBERS:
            buckets.append([])
        buckets[-1].append(parameter)
    return buckets
