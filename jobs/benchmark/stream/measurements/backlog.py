"""Part backlog: waiting events into profiles, against a mere copy and Quix Streams."""

from collections.abc import Mapping
from typing import Any

from jobs.benchmark.stream.harness.job_run import COPY_JOB, PROFILE_JOB, run_job
from jobs.benchmark.stream.harness.load_generator import OnProgress, planned_clicks, send
from jobs.benchmark.stream.harness.measurement_sandbox import (
    COPIES,
    QUIX_PROFILES,
    measurement_sandbox,
)
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.query_output import (
    count_differences,
    fingerprint,
    published_profiles,
)
from jobs.benchmark.stream.harness.statistics import Report, prefixed, ratio
from jobs.benchmark.stream.harness.topic_ends import end_offsets
from jobs.benchmark.stream.measurements import quix
from jobs.runtime.sandbox import Sandbox
from jobs.verify.plain_fold import Profiles, fold_topic
from streaming.contract.topics import EVENTS
from streaming.kafka.topic_reader import read_messages
from streaming.settings import Settings

_RATES = {"": "per_second", "_running": "per_second_running"}


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Let each contestant process the same events, one after the other, and compare.

    Raises:
        CareerstreamError: a process ended, or takes too long.
        MissingDependencyError: Quix Streams is wanted and cannot be installed.
    """
    python = quix.install(on_progress) if plan.quix else None
    with measurement_sandbox(given, "backlog") as sandbox:
        _send_backlog(sandbox, plan, on_progress)
        on_progress("floor: the pass-through runs", 0.0)
        floor = _measure_floor(sandbox, plan)
        on_progress("ours: the job runs", 0.0)
        run = run_job(sandbox, PROFILE_JOB)
        on_progress("checking: the plain fold", 0.0)
        profiles, ended, count = published_profiles(sandbox.kafka)
        expected = fold_topic(sandbox.kafka)
        ours = run.rates(plan.backlog, ended)
        ours |= {"messages": count, "differences": count_differences(profiles, expected)}
        report = {
            "candidates": len(expected),
            **prefixed("floor", floor),
            **prefixed("ours", ours),
            **_ratios("floor", ours, floor),
        }
        if python is not None:
            tries = [
                _measure_quix(sandbox, plan, quix.Group(python, processes), expected, on_progress)
                for processes in quix.processes_to_try()
            ]
            report |= _quix_report(tries, ours)
    return prefixed("backlog", report)


def _send_backlog(sandbox: Sandbox, plan: Plan, on_progress: OnProgress) -> None:
    def on_sent(count: int) -> None:
        on_progress("backlog: events sent", count / plan.backlog)

    send(sandbox.kafka, EVENTS, planned_clicks(plan).drawn(plan.backlog), on_sent=on_sent)


def _measure_floor(sandbox: Sandbox, plan: Plan) -> Report:
    run = run_job(sandbox, COPY_JOB)
    count, digest, ended = fingerprint(read_messages(sandbox.kafka, COPIES))
    sent, sent_digest, _ = fingerprint(read_messages(sandbox.kafka, EVENTS))
    rates = run.rates(plan.backlog, ended)
    return rates | {"messages": count, "same": (count, digest) == (sent, sent_digest)}


def _measure_quix(
    sandbox: Sandbox, plan: Plan, group: quix.Group, expected: Profiles, on_progress: OnProgress
) -> Report:
    on_progress(f"Quix Streams: {group.processes} process(es) run", 0.0)
    before = end_offsets(sandbox.kafka, QUIX_PROFILES)
    run = group.run(sandbox, plan.backlog)
    profiles, ended, count = published_profiles(sandbox.kafka, QUIX_PROFILES, before)
    return run.rates(plan.backlog, ended) | {
        "processes": group.processes,
        "messages": count,
        "differences": count_differences(profiles, expected),
    }


def _quix_report(tries: list[Report], ours: Mapping[str, Any]) -> Report:
    """Report the fastest number of processes, start-up included, and the rate of each."""
    best = max(tries, key=lambda rates: rates["per_second"])
    return {
        **prefixed("quix", best),
        **{
            f"quix/processes/{rates['processes']}/per_second": rates["per_second"]
            for rates in tries
        },
        "quix/version": quix.VERSION,
        **_ratios("quix", ours, best),
    }


def _ratios(name: str, ours: Mapping[str, Any], other: Mapping[str, Any]) -> Report:
    return {
        f"ratio_{name}{ending}": ratio(ours[rate], other[rate]) for ending, rate in _RATES.items()
    }
