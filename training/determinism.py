"""Computations that repeat themselves bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def repeatable() -> Iterator[None]:
    """Make PyTorch use deterministic algorithms inside the block; also a decorator.

    Without them, several threads add the gradients of an indexed tensor at once, and the order of
    a sum of floats shows in its last bits.
    """
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(mode=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(mode=before)


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Limit PyTorch to one thread: the way threads divide a sum shows in its last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
