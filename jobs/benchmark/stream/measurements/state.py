"""Part state: batches that touch as many candidates, with few and with many profiles in state."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from infra.process.supervisor import RUNNING
from jobs.benchmark.stream.harness.job_run import PROFILE_JOB, await_caught_up
from jobs.benchmark.stream.harness.load_generator import Clicks, Tell, names, send
from jobs.benchmark.stream.harness.measurement_sandbox import Place, place
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.statistics import Report, ratio, under
from streaming.contract.topics import EVENTS
from streaming.settings import Settings

FIRST = 3
"""Batches after a start that do not count: code is still being compiled, files are opened."""
_WHOLE = 0.9
"""A batch with less of what it may take is the last one."""


def measure(given: Settings, plan: Plan, tell: Tell) -> Report:
    """Fill the state through the topic, measure, fill it further, measure again.

    As many candidates are touched both times, spread over all of them, and their profiles hold as
    much: one half of the first ones with few, the other half with many.

    Raises:
        CareerstreamError: something ended or did not come.
    """
    people = names("c", plan.many)
    first = people[:: max(1, plan.many // plan.few)][: plan.few]
    rest = sorted({*people} - {*first})
    with place(given, "state") as here:
        few = _measured(here, plan, first, first[::2], "few", tell)
        many = _measured(here, plan, rest, first[1::2], "many", tell)
    return under(
        "state",
        {
            "ratio": ratio(many["batch_seconds"], few["batch_seconds"]),
            "few/profiles": len(first),
            **under("few", few),
            "many/profiles": len(first) + len(rest),
            **under("many", many),
        },
    )


def _measured(  # noqa: PLR0917 - only ever called in this module
    here: Place, plan: Plan, newcomers: list[str], touched: list[str], name: str, tell: Tell
) -> Report:
    """Load newcomers, then have batches of exactly so many messages, as many as planned."""
    clicks = _clicks(plan, newcomers, f"load-{name}")
    words = f"{name}: profiles loaded"
    send(here.kafka, EVENTS, clicks.in_turn(len(newcomers)))
    tell(words, 0.3)
    with here.job(PROFILE_JOB) as job:
        job.await_words(RUNNING)
        await_caught_up(here, job)
        loading = job.log
        loaded = sum(batch["seconds"] for batch in _batches(loading))
    count = plan.touched * (plan.batches + FIRST)
    send(here.kafka, EVENTS, _clicks(plan, touched, f"touch-{name}").in_turn(count))
    tell(f"{name}: batches measured", 0.7)
    with here.job(PROFILE_JOB, {"kafka.max_offsets_per_trigger": plan.touched}) as job:
        job.await_words(RUNNING)
        await_caught_up(here, job)
        whole = _WHOLE * plan.touched
        batches = [batch for batch in _batches(job.log) if batch["rows"] >= whole]
    counted = [batch["seconds"] for batch in batches[FIRST:]]
    return {
        "loading_seconds": round(loaded, 1),
        "batches": len(counted),
        "rows": round(median(batch["rows"] for batch in batches[FIRST:])),
        "batch_seconds": round(median(counted), 3),
        "slowest_batch_seconds": round(max(counted), 3),
        "first_batch_seconds": batches[0]["seconds"],
        "curve/batch_seconds": [round(batch["seconds"], 3) for batch in batches],
    }


def _clicks(plan: Plan, people: list[str], name: str) -> Clicks:
    return Clicks(candidates=people, postings=names("p", plan.postings), seed=plan.seed, name=name)


def _batches(log: Path) -> Iterator[dict[str, Any]]:
    """Read what a job's log says of each of its batches."""
    for line in log.read_bytes().splitlines():
        if line.startswith(b"{") and b'"batch_id"' in line and b'"seconds"' in line:
            yield orjson.loads(line)
