"""Part memory: the resident memory of the chain over a long time at a steady rate."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean

from jobs.benchmark.stream.harness.load_generator import OnProgress, send_steadily
from jobs.benchmark.stream.harness.measurement_sandbox import measurement_sandbox
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.running_chain import running_chain
from jobs.benchmark.stream.harness.statistics import Report, prefixed, ratio
from streaming.contract.topics import EVENTS
from streaming.settings import Settings

SAMPLES = 360
"""Over the whole time, but at most one a second."""
_MIB = 2**20


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Send events for a long time and sample the memory of `careerstream up` and all it started.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """
    seconds = 60 * plan.minutes
    count = round(seconds * plan.memory_rate)
    with (
        measurement_sandbox(given, "memory") as sandbox,
        running_chain(sandbox, plan, on_progress) as chain,
    ):
        clicks = chain.clicks(plan, plan.memory_rate, "long")

        def on_sent(done: int) -> None:
            if done % 100 == 0:
                on_progress("memory: events at a steady rate", done / count)
                chain.up.check()

        with _sampled(chain.up.pid, max(1.0, seconds / SAMPLES)) as samples:
            behind = send_steadily(
                sandbox.kafka, EVENTS, clicks.in_turn(count), plan.memory_rate, on_sent
            )
    thirds = [_mean(samples, third, seconds) for third in range(3)]
    return prefixed(
        "memory",
        {
            "sent": count,
            "sender_behind_ms": behind,
            "first_third_mib": thirds[0],
            "middle_third_mib": thirds[1],
            "last_third_mib": thirds[2],
            "most_mib": round(max((mib for _, mib in samples), default=0.0), 1),
            "ratio": ratio(thirds[2], thirds[1], 4),
            "curve/minute": [round(second / 60, 2) for second, _ in samples],
            "curve/rss_mib": [round(mib, 1) for _, mib in samples],
        },
    )


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
def _sampled(root: int, interval: float) -> Iterator[list[tuple[float, float]]]:
    """Collect pairs of seconds since the start and MiB while the block lasts."""
    samples: list[tuple[float, float]] = []
    stop, start = threading.Event(), time.monotonic()

    def sample() -> None:
        while not stop.wait(interval):
            samples.append((time.monotonic() - start, tree_mib(root)))

    thread = threading.Thread(target=sample, name="memory", daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        stop.set()
        thread.join()


def _mean(samples: list[tuple[float, float]], third: int, seconds: float) -> float | None:
    within = [mib for at, mib in samples if third <= 3 * at / seconds < third + 1]
    return round(mean(within), 1) if within else None
