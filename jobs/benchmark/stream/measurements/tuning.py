"""Part tuning: what each private part of Spark brings to a click and to a backlog.

`hot_path` runs with every part of `spark.tuned`, and with every part but one, in alternating pairs.
Each run has a process, topics and a checkpoint of its own, processes a backlog and then answers
clicks at a steady rate. The most-popular baseline makes the lists.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from scipy import stats

from infra.broker import provisioning
from jobs.benchmark.stream.harness.job_run import JOB_RUNNING, wait_until_caught_up
from jobs.benchmark.stream.harness.latency_samples import read_answers
from jobs.benchmark.stream.harness.load_generator import (
    BEGIN,
    OnProgress,
    make_ids,
    planned_clicks,
    send,
    send_steadily,
)
from jobs.benchmark.stream.harness.measurement_sandbox import (
    measurement_sandbox,
    use_append_time,
)
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.query_output import published_profiles
from jobs.benchmark.stream.harness.statistics import Report, prefixed, summary
from jobs.benchmark.stream.harness.topic_ends import end_offsets
from jobs.runtime.sandbox import Sandbox, delete_topics
from streaming.contract.topics import EVENTS, POSTINGS, RECOMMENDATIONS
from streaming.settings import Settings, StorageSettings, Tuning

HOT_PATH, INDEX = "jobs.hot_path", "jobs.index_postings"
CONFIDENCE = 0.9
INIT_SECONDS = 300.0


class Run(NamedTuple):
    """What one run measures."""

    p50_ms: float
    events_per_second: float
    """Of the backlog, from when the query runs."""


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Measure every part of `spark.tuned`.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """
    report: Report = {}
    with measurement_sandbox(given, "tuning") as sandbox:
        on_progress("tuning: the catalogue and the baseline", 0.0)
        _prepare(sandbox, plan)
        runs = 0
        for number, part in enumerate(Tuning):
            without = ",".join(sorted({*Tuning} - {part}))
            pairs: list[tuple[Run, Run]] = []
            for pair in range(plan.pairs):
                order = ("on", without) if pair % 2 == 0 else (without, "on")
                results = {}
                for tuned in order:
                    done = (number * plan.pairs + pair) / (len(Tuning) * plan.pairs)
                    on_progress(f"tuning: {part}, pair {pair + 1} of {plan.pairs}", done)
                    results[tuned] = _run(sandbox, plan, tuned, runs)
                    runs += 1
                pairs.append((results["on"], results[without]))
            report |= prefixed(part.value, _gains(pairs))
    return prefixed("tuning", report)


def interval(ratios: Sequence[float]) -> tuple[float, float, float]:
    """Return the geometric mean of ratios and its confidence interval (Student's t of the logs)."""
    logs = np.log(ratios)
    mean, error = float(logs.mean()), float(stats.sem(logs)) if len(logs) > 1 else float("inf")
    half = error * float(stats.t.ppf((1 + CONFIDENCE) / 2, max(1, len(logs) - 1)))
    return float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half))


def _gains(pairs: Sequence[tuple[Run, Run]]) -> Report:
    """Return by how much a run without a part is slower than one with it, as ratios."""
    ratios = {
        "p50": [without.p50_ms / on.p50_ms for on, without in pairs],
        "backlog": [on.events_per_second / without.events_per_second for on, without in pairs],
    }
    report: Report = {}
    for name, values in ratios.items():
        mean, low, high = interval(values)
        report |= prefixed(
            name, {"gain": round(mean - 1, 4), "low": round(low - 1, 4), "high": round(high - 1, 4)}
        )
        report[f"{name}/ratios"] = [round(value, 4) for value in values]
    report["p50_ms"] = [round(on.p50_ms, 1) for on, _ in pairs]
    report["events_per_second"] = [round(on.events_per_second) for on, _ in pairs]
    return report


def _prepare(sandbox: Sandbox, plan: Plan) -> None:
    """Index the postings and register the most-popular baseline."""
    date = (BEGIN - timedelta(days=1)).isoformat()
    postings = (
        {"schema_version": 1, "posting_id": name, "title": f"Posting {name}", "date_posted": date}
        for name in make_ids("p", plan.postings)
    )
    send(sandbox.kafka, POSTINGS, postings, "posting_id")
    with sandbox.start_job(INDEX) as job:
        job.wait_for_text(JOB_RUNNING)
        wait_until_caught_up(sandbox, job)
    with sandbox.start_command("models", "init") as command:
        command.wait_for_success(INIT_SECONDS)


def _run(sandbox: Sandbox, plan: Plan, tuned: str, number: int) -> Run:
    """Work off a backlog, then answer clicks, in a process of its own."""
    own = _own_topics(sandbox, tuned, number)
    candidates = make_ids("c", plan.tuning_profiles)
    backlog = planned_clicks(plan, candidates=candidates)
    send(own.kafka, EVENTS, backlog.drawn(plan.tuning_backlog))
    with own.start_job(HOT_PATH) as job:
        running = job.wait_for_text(JOB_RUNNING)
        wait_until_caught_up(own, job)
        _, ended, _ = published_profiles(own.kafka)
        before = end_offsets(own.kafka, RECOMMENDATIONS)
        live = planned_clicks(
            plan, candidates=candidates, name="live",
            begin=BEGIN + timedelta(days=30), spacing=timedelta(seconds=1 / plan.rate),
        )  # fmt: skip
        first = round(plan.tuning_warm_up_seconds * plan.rate)
        count = first + round(plan.tuning_seconds * plan.rate)
        send_steadily(own.kafka, EVENTS, live.in_turn(count), plan.rate)
        wait_until_caught_up(own, job)
    latency = summary(read_answers(own.kafka, live.name, before), first)
    delete_topics(own.kafka)
    shutil.rmtree(own.settings.checkpoints)
    return Run(latency["p50_ms"], plan.tuning_backlog / (ended - running))


def _own_topics(sandbox: Sandbox, tuned: str, number: int) -> Sandbox:
    """Return the sandbox with other settings, empty topics and no checkpoint."""
    settings = sandbox.settings.model_copy(
        update={
            "kafka": sandbox.kafka.model_copy(update={"topic_prefix": f"run{number}."}),
            "storage": StorageSettings(checkpoints=str(sandbox.home / f"checkpoints-{number}")),
            "spark": sandbox.settings.spark.model_copy(update={"tuned": tuned}),
        }
    )
    provisioning.create(settings.kafka)
    use_append_time(settings.kafka)
    return replace(sandbox, settings=settings)
