"""Part state: batches that touch as many candidates, with few and with many profiles in state."""

from statistics import median
from typing import Any

import orjson

from jobs.benchmark.stream.harness.job_run import (
    JOB_RUNNING,
    PROFILE_JOB,
    wait_until_caught_up,
)
from jobs.benchmark.stream.harness.load_generator import (
    OnProgress,
    make_ids,
    planned_clicks,
    send,
)
from jobs.benchmark.stream.harness.measurement_sandbox import measurement_sandbox
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.statistics import Report, prefixed, ratio
from jobs.runtime.sandbox import Sandbox
from streaming.contract.topics import EVENTS
from streaming.settings import Settings

FIRST_BATCHES = 3
"""Batches after a start that do not count: the JVM still compiles code and opens files."""
_FULL = 0.9
"""A batch with a smaller share of what it may take is the last one."""
Batch = dict[str, Any]
"""A line of the job's log about a batch."""


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Fill the state through the topic, measure, fill it further, measure again.

    As many candidates are touched both times, spread over all of them, and their profiles hold as
    much: one half of the first ones with few, the other half with many.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """
    candidates = make_ids("c", plan.many)
    first = candidates[:: max(1, plan.many // plan.few)][: plan.few]
    rest = sorted({*candidates} - {*first})
    with measurement_sandbox(given, "state") as sandbox:
        on_progress("few: profiles loaded and batches measured", 0.0)
        few = _measure(sandbox, plan, first, first[::2], "few")
        on_progress("many: profiles loaded and batches measured", 0.0)
        many = _measure(sandbox, plan, rest, first[1::2], "many")
    return prefixed(
        "state",
        {
            "ratio": ratio(many["batch_seconds"], few["batch_seconds"]),
            "few/profiles": len(first),
            **prefixed("few", few),
            "many/profiles": len(first) + len(rest),
            **prefixed("many", many),
        },
    )


def _measure(sandbox: Sandbox, plan: Plan, new: list[str], touched: list[str], name: str) -> Report:
    """Load new candidates, then have as many batches as planned, each of so many messages."""
    loads = planned_clicks(plan, candidates=new, name=f"load-{name}")
    send(sandbox.kafka, EVENTS, loads.in_turn(len(new)))
    loading = _run_batches(sandbox)
    count = plan.touched * (plan.batches + FIRST_BATCHES)
    touches = planned_clicks(plan, candidates=touched, name=f"touch-{name}")
    send(sandbox.kafka, EVENTS, touches.in_turn(count))
    batches = [
        batch
        for batch in _run_batches(sandbox, {"kafka.max_offsets_per_trigger": plan.touched})
        if batch["rows"] >= _FULL * plan.touched
    ]
    counted = batches[FIRST_BATCHES:]
    seconds = [batch["seconds"] for batch in counted]
    return {
        "loading_seconds": round(sum(batch["seconds"] for batch in loading), 1),
        "batches": len(counted),
        "rows": round(median(batch["rows"] for batch in counted)),
        "batch_seconds": round(median(seconds), 3),
        "slowest_batch_seconds": round(max(seconds), 3),
        "first_batch_seconds": batches[0]["seconds"],
        "curve/batch_seconds": [round(batch["seconds"], 3) for batch in batches],
    }


def _run_batches(sandbox: Sandbox, changes: dict[str, Any] | None = None) -> list[Batch]:
    """Run the profile job until it has processed every event; return its batches."""
    with sandbox.start_job(PROFILE_JOB, changes) as job:
        job.wait_for_text(JOB_RUNNING)
        wait_until_caught_up(sandbox, job)
        lines = job.output().splitlines()
    entries = [orjson.loads(line) for line in lines if line.startswith(b"{")]
    return [entry for entry in entries if "batch_id" in entry and "seconds" in entry]
