"""The resident memory of a process and all that it started."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MIB = 2**20


def tree_mib(root: int) -> float:
    """Add up the resident memory of a process and its descendants, shared pages in each."""
    parents: dict[int, int] = {}
    sizes: dict[int, float] = {}
    page = os.sysconf("SC_PAGE_SIZE")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name of the program, in brackets, may hold anything.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        number = int(folder.name)
        parents[number], sizes[number] = int(fields[1]), int(fields[21]) * page / _MIB
    return sum(size for number, size in sizes.items() if _descends(number, root, parents))


def _descends(number: int, root: int, parents: dict[int, int]) -> bool:
    while number and number != root:
        number = parents.get(number, 0)
    return number == root


@contextmanager
def sampled_mib(root: int, interval: float) -> Iterator[list[tuple[float, float]]]:
    """Collect pairs of seconds since the start and MiB of a process tree while the block lasts."""
    samples: list[tuple[float, float]] = []
    stop, start = threading.Event(), time.monotonic()

    def sample() -> None:
        stopped = False
        while not stopped:
            samples.append((time.monotonic() - start, tree_mib(root)))
            stopped = stop.wait(interval)

    thread = threading.Thread(target=sample, name="memory", daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        stop.set()
        thread.join()
