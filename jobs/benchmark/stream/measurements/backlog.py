"""Part backlog: events that wait already, into profiles, against a mere copy and Quix Streams."""

from collections.abc import Mapping
from typing import Any

from jobs.benchmark.stream.harness.correctness import (
    Profiles,
    differences,
    fingerprint,
    folded_events,
    published,
)
from jobs.benchmark.stream.harness.job_run import COPYING_JOB, PROFILE_JOB, Span, work_off
from jobs.benchmark.stream.harness.load_generator import Clicks, Tell, names, send
from jobs.benchmark.stream.harness.measurement_sandbox import COPIES, QUIX_PROFILES, Place, place
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.statistics import Report, ratio, under
from jobs.benchmark.stream.harness.topic_progress import ends
from jobs.benchmark.stream.measurements import quix
from streaming.contract.topics import EVENTS
from streaming.kafka.topic_reader import read_messages
from streaming.settings import Settings

_RATES = {"": "per_second", "_running": "per_second_running"}


def measure(given: Settings, plan: Plan, tell: Tell) -> Report:
    """Have each contestant work the same backlog off, one after the other, and compare.

    Raises:
        CareerstreamError: something ended or did not come.
        MissingPartError: Quix Streams is wanted and cannot be installed.
    """
    environment = quix.environment(tell) if plan.quix else None
    with place(given, "backlog") as here:
        send_backlog(here, plan, plan.backlog, tell)
        tell("floor: the pass-through works it off", 0.0)
        floor = _floor(here, plan)
        tell("ours: the job works it off", 0.0)
        began, running = work_off(here, PROFILE_JOB)
        tell("checking: the plain fold", 0.0)
        found, ended, count = published(here.kafka)
        expected = folded_events(here.kafka, lambda _: True)
        ours = Span(began, running, ended).rates(plan.backlog)
        ours |= {"messages": count, "differences": differences(found, expected)}
        report = {
            "candidates": len(expected),
            **under("floor", floor),
            **under("ours", ours),
            **_ratios("floor", ours, floor),
        }
        if environment is not None:
            report |= _quix(here, plan, environment, expected, ours, tell)
    return under("backlog", report)


def send_backlog(here: Place, plan: Plan, count: int, tell: Tell) -> None:
    """Send the events, of candidates drawn at random."""
    clicks = Clicks(
        candidates=names("c", plan.profiles), postings=names("p", plan.postings), seed=plan.seed
    )
    words = "backlog: events sent"
    send(here.kafka, EVENTS, clicks.drawn(count), on_sent=lambda done: tell(words, done / count))


def _floor(here: Place, plan: Plan) -> Report:
    began, running = work_off(here, COPYING_JOB)
    count, digest, ended = fingerprint(read_messages(here.kafka, COPIES))
    sent, wanted, _ = fingerprint(read_messages(here.kafka, EVENTS))
    rates = Span(began, running, ended).rates(plan.backlog)
    return rates | {"messages": count, "same": (count, digest) == (sent, wanted)}


def _quix(  # noqa: PLR0917 - only ever called in this module
    here: Place,
    plan: Plan,
    environment: quix.Environment,
    expected: Profiles,
    ours: Mapping[str, Any],
    tell: Tell,
) -> Report:
    """Try one process and one a core; the faster one, start-up included, counts."""
    tries: list[Report] = []
    for processes in quix.processes_to_try():
        tell(f"Quix Streams: {processes} process(es) work it off", 0.0)
        before = ends(here.kafka, QUIX_PROFILES)
        began, running = quix.work_off(here, environment, processes, plan.backlog)
        found, ended, count = published(here.kafka, QUIX_PROFILES, before)
        rates = Span(began, running, ended).rates(plan.backlog)
        wrong = differences(found, expected)
        tries.append(rates | {"processes": processes, "messages": count, "differences": wrong})
    best = max(tries, key=lambda one: one["per_second"])
    return {
        **under("quix", best),
        **{f"quix/processes/{one['processes']}/per_second": one["per_second"] for one in tries},
        "quix/version": quix.VERSION,
        **_ratios("quix", ours, best),
    }


def _ratios(name: str, ours: Mapping[str, Any], other: Mapping[str, Any]) -> Report:
    return {
        f"ratio_{name}{ending}": ratio(ours[rate], other[rate]) for ending, rate in _RATES.items()
    }
