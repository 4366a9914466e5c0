"""Spark's Python daemon, with libraries imported before it forks workers.

What: runs in place of `pyspark.daemon` (`spark.python.daemon.module`, a public setting) and
replaces in it the function that serves a task and the garbage collection after each task (private).
Why: a new worker would otherwise import PyTorch and MLflow when it gets its first profile, which
holds a batch up for seconds, and each worker would have its own copy of them in memory. A garbage
collection after each task takes as long as a small batch.
Brings: what `careerstream benchmark stream --part tuning` measures.
Tried on: PySpark 4.2.0. Goes when: Spark can preload modules and collects garbage less often.
"""

import gc
import importlib
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from socket import MSG_PEEK, socket

MODULE = "streaming.spark.internals.tuned.python_daemon"
SCORES = "CAREERSTREAM_SCORES"
"""Environment variable: set for workers that score."""
PRIORITY = "CAREERSTREAM_WORKER_PRIORITY"
"""Environment variable: `LOW` or `IDLE` for workers that others come before."""
LOW, IDLE = "low", "idle"
NICENESS = 10
"""Of `LOW`: a process gets a tenth of the time of one at normal priority that also wants to run."""
MODULES = ("numpy", "orjson", "pandas", "pyarrow.parquet", "streaming.profiles.profile_operator")
"""What every worker needs."""
MODEL_MODULES = ("mlflow.pyfunc", "threadpoolctl", "torch")
"""What workers that score need, too."""

COLLECTION_SECONDS = 60.0
"""The shortest time between two complete garbage collections in a worker."""
YOUNG_OBJECTS = 20_000
"""New objects after which Python looks for garbage among them. Its own limit of 700 is reached
within a few messages, none of which refer to themselves."""


class InfrequentCollector:
    """Stands for the module `gc` in Spark's daemon, which collects after each task.

    What a model caches makes a complete collection take tens of milliseconds. Python's own
    collections of young objects go on.

    Args:
        seconds: shortest time between two collections.
    """

    def __init__(self, seconds: float = COLLECTION_SECONDS) -> None:
        self._seconds, self._last = seconds, time.monotonic()

    def collect(self) -> None:
        """Collect, if the last collection is long enough ago."""
        if time.monotonic() - self._last >= self._seconds:
            gc.collect()
            self._last = time.monotonic()


def check() -> None:
    """Fail with AttributeError where the daemon does not have what is replaced."""
    from pyspark import daemon  # noqa: PLC0415 - only the daemon itself needs it

    _ = (daemon.worker, daemon.gc, daemon.manager)  # type: ignore[attr-defined]


def lower_priority(priority: str) -> None:
    """Have the system prefer other processes to this one and what it forks.

    Args:
        priority: `LOW`, or `IDLE`: it runs when nobody else wants to, and whoever wakes up
            interrupts it. Where the system does not know or allow that, `LOW`.
    """
    if priority == IDLE:
        with suppress(AttributeError, OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
            return
    os.nice(NICENESS)


def without_traceback(worker: Callable[[socket, bool], int]) -> Callable[[socket, bool], int]:
    """Wrap Spark's `worker`, which serves one task, to end silently where no task comes.

    Spark's own takes a connection that is closed between two tasks for a task that failed, so that
    an orderly stop would now and then leave a traceback in the log.
    """

    def serve(sock: socket, authenticated: bool) -> int:
        first_byte = b""
        with suppress(ConnectionError):
            first_byte = sock.recv(1, MSG_PEEK)
        # The daemon ends a worker that returns anything but 0.
        return worker(sock, authenticated) if first_byte else 1

    return serve


def preload() -> None:
    """Import the libraries; whoever needs one that is missing or broken will say so.

    They are kept out of garbage collection: a complete one took 0.15 s for PyTorch and MLflow.
    """
    # Spark reads the daemon's port from its standard output, so that imports must not print there.
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        for name in MODULES + (MODEL_MODULES if os.environ.get(SCORES) else ()):
            with suppress(Exception):
                importlib.import_module(name)
    finally:
        sys.stdout = out
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


if __name__ == "__main__":
    if PRIORITY in os.environ:
        lower_priority(os.environ[PRIORITY])
    preload()
    from pyspark import daemon

    daemon.worker = without_traceback(daemon.worker)  # type: ignore[assignment]
    daemon.gc = InfrequentCollector()  # type: ignore[assignment, attr-defined]
    daemon.manager()
