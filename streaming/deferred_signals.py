"""Defers Ctrl-C and SIGTERM where an interruption would lose track of a new process."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def defer_signals() -> Iterator[None]:
    """Deliver Ctrl-C and SIGTERM after the block, and restore their handlers.

    Use it to start a process: until the parent knows the process, nobody can end it. In a thread
    other than the main one, which signals do not interrupt, the function does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in handlers:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])
