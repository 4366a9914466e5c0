"""Part memory: the resident memory of the chain over a long time at a steady rate."""

from statistics import mean

from jobs.benchmark.process_memory import sampled_mib
from jobs.benchmark.stream.harness.load_generator import OnProgress, send_steadily
from jobs.benchmark.stream.harness.measurement_sandbox import measurement_sandbox
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.running_chain import running_chain
from jobs.benchmark.stream.harness.statistics import Report, prefixed, ratio
from streaming.contract.topics import EVENTS
from streaming.settings import Settings

SAMPLES = 360
"""Over the whole time, but at most one a second."""


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

        with sampled_mib(chain.up.pid, max(1.0, seconds / SAMPLES)) as samples:
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


def _mean(samples: list[tuple[float, float]], third: int, seconds: float) -> float | None:
    within = [mib for at, mib in samples if third <= 3 * at / seconds < third + 1]
    return round(mean(within), 1) if within else None
