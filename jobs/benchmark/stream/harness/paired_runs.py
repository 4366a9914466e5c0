"""`hot_path` with some settings and with others, in alternating pairs of runs.

Each run has a process, topics and a checkpoint of its own, processes a backlog and then answers
clicks at a steady rate. The most-popular baseline makes the lists.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import NamedTuple

import numpy as np
from scipy import stats

from infra.broker import provisioning
from jobs.benchmark.stream.harness.job_run import JOB_RUNNING, wait_until_caught_up
from jobs.benchmark.stream.harness.latency_samples import read_answers
from jobs.benchmark.stream.harness.load_generator import (
    BEGIN,
    make_ids,
    planned_clicks,
    send,
    send_steadily,
)
from jobs.benchmark.stream.harness.measurement_sandbox import use_append_time
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.query_output import published_profiles
from jobs.benchmark.stream.harness.statistics import Report, prefixed, summary
from jobs.benchmark.stream.harness.topic_ends import end_offsets
from jobs.runtime.sandbox import Sandbox, delete_topics
from streaming.contract.topics import EVENTS, POSTINGS, RECOMMENDATIONS
from streaming.settings import Settings, StorageSettings

HOT_PATH, INDEX = "jobs.hot_path", "jobs.index_postings"
CONFIDENCE = 0.9
INIT_SECONDS = 300.0


class Run(NamedTuple):
    """What one run measures."""

    p50_ms: float
    events_per_second: float
    """Of the backlog, from when the query runs."""


class PairedRuns:
    """Compares settings in a sandbox, whose catalogue and baseline it makes first.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """

    def __init__(self, sandbox: Sandbox, plan: Plan) -> None:
        self._sandbox, self._plan, self._numbers = sandbox, plan, count()
        _prepare(sandbox, plan)

    def compare(self, usual: Settings, other: Settings, on_pair: Callable[[int], None]) -> Report:
        """Return by how much a run with the other settings is slower, as ratios less one.

        `on_pair` is called with the number of each pair before it begins.
        """
        pairs: list[tuple[Run, Run]] = []
        for pair in range(self._plan.pairs):
            on_pair(pair)
            if pair % 2 == 0:
                first, second = self._run(usual), self._run(other)
            else:
                second, first = self._run(other), self._run(usual)
            pairs.append((first, second))
        return _slower(pairs)

    def _run(self, settings: Settings) -> Run:
        return _run(self._sandbox, self._plan, settings, next(self._numbers))


def interval(ratios: Sequence[float]) -> tuple[float, float, float]:
    """Return the geometric mean of ratios and its confidence interval (Student's t of the logs)."""
    logs = np.log(ratios)
    mean, error = float(logs.mean()), float(stats.sem(logs)) if len(logs) > 1 else float("inf")
    half = error * float(stats.t.ppf((1 + CONFIDENCE) / 2, max(1, len(logs) - 1)))
    return float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half))


def _slower(pairs: Sequence[tuple[Run, Run]]) -> Report:
    """Return by how much the second run of each pair is slower than the first."""
    ratios = {
        "p50": [other.p50_ms / usual.p50_ms for usual, other in pairs],
        "backlog": [usual.events_per_second / other.events_per_second for usual, other in pairs],
    }
    report: Report = {}
    for name, values in ratios.items():
        mean, low, high = interval(values)
        report |= prefixed(
            name,
            {"slower": round(mean - 1, 4), "low": round(low - 1, 4), "high": round(high - 1, 4)},
        )
        report[f"{name}/ratios"] = [round(value, 4) for value in values]
    report["p50_ms"] = [round(usual.p50_ms, 1) for usual, _ in pairs]
    report["events_per_second"] = [round(usual.events_per_second) for usual, _ in pairs]
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


def _run(sandbox: Sandbox, plan: Plan, settings: Settings, number: int) -> Run:
    """Work off a backlog, then answer clicks, in a process of its own."""
    own = _own_topics(sandbox, settings, number)
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
        events = first + round(plan.tuning_seconds * plan.rate)
        send_steadily(own.kafka, EVENTS, live.in_turn(events), plan.rate)
        wait_until_caught_up(own, job)
    latency = summary(read_answers(own.kafka, live.name, before), first)
    delete_topics(own.kafka)
    shutil.rmtree(own.settings.checkpoints)
    return Run(latency["p50_ms"], plan.tuning_backlog / (ended - running))


def _own_topics(sandbox: Sandbox, settings: Settings, number: int) -> Sandbox:
    """Return the sandbox with other settings, empty topics and no checkpoint."""
    own = settings.model_copy(
        update={
            "kafka": sandbox.kafka.model_copy(update={"topic_prefix": f"run{number}."}),
            "storage": StorageSettings(checkpoints=str(sandbox.home / f"checkpoints-{number}")),
        }
    )
    provisioning.create(own.kafka)
    use_append_time(own.kafka)
    return replace(sandbox, settings=own)
