"""Computations that repeat themselves bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def repeatable() -> Iterator[None]:
    """Make PyTorch use deterministic algorithms inside the block; also a decorator.

    Without them, several threads add the gradients of an indexed tensor at once, and the order of
    a sum of floats shows in its last bits.
    """
    before = torch.get_deterministic_debug_mode()
    memory: Any = torch.utils.deterministic  # its one attribute is unknown to type checkers
    filled = memory.fill_uninitialized_memory
    # As use_deterministic_algorithms, without its import of the compiler, which takes seconds.
    torch.set_deterministic_debug_mode("error")
    # Nothing here reads memory before it writes it, and filling it takes a tenth of a step.
    memory.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)
        memory.fill_uninitialized_memory = filled


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Limit PyTorch to one thread: the way threads divide a sum shows in its last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
