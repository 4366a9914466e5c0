"""Part broken: unreadable messages among good ones, against the good ones alone."""

import random
from collections import Counter
from collections.abc import Iterator

import orjson

from jobs.benchmark.stream.harness.job_run import PROFILE_JOB, run_job
from jobs.benchmark.stream.harness.load_generator import (
    Message,
    OnProgress,
    planned_clicks,
    send_messages,
)
from jobs.benchmark.stream.harness.measurement_sandbox import measurement_sandbox
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.query_output import count_differences, published_profiles
from jobs.benchmark.stream.harness.statistics import Report, prefixed, ratio
from jobs.runtime.sandbox import Sandbox
from jobs.verify.broken_messages import KINDS, TOO_LARGE
from jobs.verify.plain_fold import fold_topic
from streaming.contract.topics import DEAD_LETTERS, EVENTS
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings, Settings

MOST_TOO_LARGE = 20
"""Messages above a mebibyte: more of them would measure the disk."""


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Process good events alone, then with broken messages among them.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """
    with measurement_sandbox(given, "broken-without") as sandbox:
        on_progress("without: good events alone", 0.0)
        alone = _measure(sandbox, plan, 0)
    with measurement_sandbox(given, "broken-with") as sandbox:
        on_progress("with: broken messages among them", 0.0)
        mixed = _measure(sandbox, plan, plan.broken)
        on_progress("with: checking", 0.9)
        dead_letters = _check_dead_letters(sandbox.kafka)
    return prefixed(
        "broken",
        {
            "ratio": ratio(mixed["messages_per_second"], alone["messages_per_second"]),
            "ratio_running": ratio(
                mixed["messages_per_second_running"], alone["messages_per_second_running"]
            ),
            **prefixed("without", alone),
            **prefixed("with", mixed),
            **dead_letters,
        },
    )


def mixture(plan: Plan, broken: int) -> Iterator[Message]:
    """Yield the good events in their order, with broken messages at random places among them.

    A broken message has a header that names its kind. No job reads it.
    """
    clicks = planned_clicks(plan)
    rng = random.Random(f"broken {plan.seed}")
    good, to_break, kinds = clicks.drawn(plan.good), clicks.drawn(broken), _kinds(broken)
    left_good, left_broken = plan.good, broken
    while left_good or left_broken:
        if rng.random() * (left_good + left_broken) < left_broken:
            left_broken -= 1
            name, event = kinds[left_broken], next(to_break)
            event |= {"event_id": f"broken-{event['event_id']}"}
            kind = KINDS[name]
            yield kind.key(event), kind.value(event), [("kind", name.encode())]
        else:
            left_good -= 1
            event = next(good)
            yield event["candidate_id"], orjson.dumps(event), []


def _kinds(count: int) -> list[str]:
    """Return so many kinds, equally often but for the largest messages."""
    others = [kind for kind in KINDS if kind != TOO_LARGE]
    large = min(MOST_TOO_LARGE, count // len(KINDS))
    return [TOO_LARGE] * large + [others[n % len(others)] for n in range(count - large)]


def _measure(sandbox: Sandbox, plan: Plan, broken: int) -> Report:
    send_messages(sandbox.kafka, EVENTS, mixture(plan, broken))
    run = run_job(sandbox, PROFILE_JOB)
    profiles, last_profile, _ = published_profiles(sandbox.kafka)
    dead_letters = read_messages(sandbox.kafka, DEAD_LETTERS)
    ended = max([last_profile, *(letter.timestamp / 1000 for letter in dead_letters)])
    expected = fold_topic(sandbox.kafka, lambda record: not record.headers)
    rates = run.rates(plan.good + broken, ended)
    return {
        "messages": plan.good + broken,
        "messages_per_second": rates["per_second"],
        "messages_per_second_running": rates["per_second_running"],
        "seconds": rates["seconds"],
        "seconds_running": rates["seconds_running"],
        "profiles": len(profiles),
        "differences": count_differences(profiles, expected),
    }


def _check_dead_letters(kafka: KafkaSettings) -> Report:
    """Compare the dead letters with the broken messages, one by one."""
    expected = {
        f"{EVENTS.name}/{record.partition}/{record.offset}": KINDS[
            record.headers[0][1].decode()
        ].reason.value
        for record in read_messages(kafka, EVENTS)
        if record.headers
    }
    letters = [
        (record.key.decode(), dict(record.headers)["reason"].decode())
        for record in read_messages(kafka, DEAD_LETTERS)
    ]
    reasons = dict(letters)
    right = sum(reasons.get(key) == reason for key, reason in expected.items())
    return {
        "sent": len(expected),
        "dead_letters": len(reasons),
        "repeated": len(letters) - len(reasons),
        "right": right,
        "wrong_or_missing": len(expected) - right,
        "invented": len(reasons.keys() - expected.keys()),
        **prefixed("reason", dict(sorted(Counter(reasons.values()).items()))),
    }
