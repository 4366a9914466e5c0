"""Spark's Python daemon, with libraries loaded before any worker is forked.

A worker that is handed its first profile would otherwise import PyTorch and MLflow, which holds a
batch up for many seconds, and each would have its own copy of them in memory. A session that scores
nothing goes without these. Set as `spark.python.daemon.module`.
"""

import gc
import importlib
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from socket import MSG_PEEK, socket

SCORES = "CAREERSTREAM_SCORES"
"""Environment variable: set where workers score."""
GIVES_WAY = "CAREERSTREAM_GIVES_WAY"
"""Environment variable: set for workers that others come before, to `MOSTLY` or `ALWAYS`."""
MOSTLY, ALWAYS = "mostly", "always"
NICENESS = 10
"""Of `MOSTLY`: a process gets a tenth of what the system gives another that wants more."""
MODULES = ("numpy", "orjson", "pandas", "pyarrow.parquet", "streaming.profiles.processor")
"""What every worker needs."""
MODELS_MODULES = ("mlflow.pyfunc", "threadpoolctl", "torch")
"""What a model needs beside them."""

GARBAGE_SECONDS = 60.0
"""A worker searches all it holds for garbage at most so often."""
NEW_OBJECTS = 20_000
"""Python searches the newest objects each time that there are so many more; its own 700 are a few
messages, none of which refer to themselves."""


class SeldomCollector:
    """Stands for the module `gc` where Spark has every worker search for garbage after each task.

    What a model remembers from list to list makes the search take tens of milliseconds, as much as
    a small batch; meanwhile the worker, or its core, is missed by the next one. Python's own
    searches go on as ever.

    Args:
        seconds: between two searches, at least.
    """

    def __init__(self, seconds: float = GARBAGE_SECONDS) -> None:
        self._seconds, self._last = seconds, time.monotonic()

    def collect(self) -> None:
        """Search, if it is time."""
        if time.monotonic() - self._last >= self._seconds:
            gc.collect()
            self._last = time.monotonic()


def give_way(how: str) -> None:
    """Have the system serve others before this process and what it forks.

    Args:
        how: `MOSTLY`, or `ALWAYS`: it gets what nobody else wants, and whoever wakes up interrupts
            it, where others may go on for milliseconds. Where no such thing is known or allowed:
            mostly.
    """
    if how == ALWAYS:
        with suppress(AttributeError, OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
            return
    os.nice(NICENESS)


def ends_quietly(worker: Callable[[socket, bool], int]) -> Callable[[socket, bool], int]:
    """Return Spark's `worker`, which serves one task, ended without a word where none will come.

    Spark's own takes a connection that is closed between two tasks for a task that failed: now and
    then an orderly stop would leave a traceback in the log.
    """

    def served(sock: socket, authenticated: bool) -> int:
        coming = b""
        with suppress(ConnectionError):
            coming = sock.recv(1, MSG_PEEK)
        # The daemon has a worker end whose task failed.
        return worker(sock, authenticated) if coming else 1

    return served


def preload() -> None:
    """Import the libraries; what is missing or broken is missed by whoever needs it.

    They are kept out of the search for garbage: a whole one took 0.15 s among what PyTorch and
    MLflow consist of.
    """
    # What they print would be taken for the port that the daemon tells Spark.
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        for name in MODULES + (MODELS_MODULES if os.environ.get(SCORES) else ()):
            with suppress(Exception):
                importlib.import_module(name)
    finally:
        sys.stdout = out
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


if __name__ == "__main__":
    if GIVES_WAY in os.environ:
        give_way(os.environ[GIVES_WAY])
    preload()
    from pyspark import daemon

    daemon.worker = ends_quietly(daemon.worker)  # type: ignore[assignment]
    daemon.gc = SeldomCollector()  # type: ignore[assignment, attr-defined]
    daemon.manager()
