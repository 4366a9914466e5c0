"""Training that repeats itself bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def repeatable() -> Iterator[None]:
    """Have threads add up in a fixed order inside the block; also a decorator.

    Gradients of an indexed tensor are added by several threads at once otherwise, and the order of
    a sum of floats shows in its last bits.
    """
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(mode=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(mode=before)
