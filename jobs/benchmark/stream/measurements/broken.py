"""Part broken: unreadable messages among good ones, against the good ones alone."""

import random
from collections import Counter
from collections.abc import Iterator

import orjson

from jobs.benchmark.stream.broken_messages import KINDS, LARGE
from jobs.benchmark.stream.harness.correctness import differences, folded_events, published
from jobs.benchmark.stream.harness.job_run import PROFILE_JOB, Span, work_off
from jobs.benchmark.stream.harness.load_generator import Clicks, Tell, names
from jobs.benchmark.stream.harness.measurement_sandbox import Place, place
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.statistics import Report, ratio, under
from streaming.contract.topics import DEAD_LETTERS, EVENTS
from streaming.kafka.clients import broker_errors, producer
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings, Settings

MOST_LARGE = 20
"""Of those above a mebibyte: more would measure the disk."""
Header = list[tuple[str, bytes]]
Message = tuple[str, bytes | None, Header]
"""Key, value and a header that names the kind of a broken one; no job reads it."""


def measure(given: Settings, plan: Plan, tell: Tell) -> Report:
    """Work off good events alone, then with broken messages among them.

    Raises:
        CareerstreamError: something ended or did not come.
    """
    with place(given, "broken-without") as here:
        tell("without: good events alone", 0.0)
        alone = _work_off(here, plan, 0)
    with place(given, "broken-with") as here:
        tell("with: broken messages among them", 0.0)
        mixed = _work_off(here, plan, plan.broken)
        tell("with: checking", 0.9)
        letters = _letters(here.kafka)
    one, other = mixed["messages_per_second"], alone["messages_per_second"]
    return under(
        "broken",
        {
            "ratio": ratio(one, other),
            "ratio_running": ratio(
                mixed["messages_per_second_running"], alone["messages_per_second_running"]
            ),
            **under("without", alone),
            **under("with", mixed),
            **letters,
        },
    )


def mixture(plan: Plan, broken: int) -> Iterator[Message]:
    """Yield the good events in their order, broken messages strewn among them."""
    clicks = Clicks(
        candidates=names("c", plan.profiles), postings=names("p", plan.postings), seed=plan.seed
    )
    draw = random.Random(f"broken {plan.seed}")
    spoilt_events = clicks.drawn(broken)
    left_good, left_broken = plan.good, broken
    good = clicks.drawn(plan.good)
    kinds = _kinds(broken)
    while left_good or left_broken:
        if draw.random() * (left_good + left_broken) < left_broken:
            kind, left_broken = kinds[left_broken - 1], left_broken - 1
            event = next(spoilt_events)
            spoilt = event | {"event_id": "broken-" + event["event_id"]}
            yield *KINDS[kind][1](spoilt), [("kind", kind.encode())]
        else:
            event, left_good = next(good), left_good - 1
            yield event["candidate_id"], orjson.dumps(event), []


def _kinds(count: int) -> list[str]:
    """Share a number out among the kinds, in turn; of the largest only a few."""
    others = [kind for kind in KINDS if kind != LARGE]
    large = min(MOST_LARGE, count // len(KINDS))
    return [LARGE] * large + [others[number % len(others)] for number in range(count - large)]


def _work_off(here: Place, plan: Plan, broken: int) -> Report:
    _send(here.kafka, mixture(plan, broken))
    count = plan.good + broken
    began, running = work_off(here, PROFILE_JOB)
    found, ended, _ = published(here.kafka)
    ended = max(
        [ended, *(letter.timestamp / 1000 for letter in read_messages(here.kafka, DEAD_LETTERS))]
    )
    expected = folded_events(here.kafka, lambda record: not record.headers)
    rates = Span(began, running, ended).rates(count)
    return {
        "messages": count,
        "messages_per_second": rates["per_second"],
        "messages_per_second_running": rates["per_second_running"],
        "seconds": rates["seconds"],
        "seconds_running": rates["seconds_running"],
        "profiles": len(found),
        "differences": differences(found, expected),
    }


def _send(kafka: KafkaSettings, mixed: Iterator[Message]) -> None:
    name = kafka.topic_prefix + EVENTS.name
    client = producer(kafka, linger_ms=20)
    try:
        with broker_errors(kafka):
            for key, value, headers in mixed:
                client.send(name, key=key.encode(), value=value, headers=headers)
            client.flush()
    finally:
        client.close()


def _letters(kafka: KafkaSettings) -> Report:
    """Compare the dead letters with what was spoilt, message by message."""
    wanted = {
        f"{EVENTS.name}/{record.partition}/{record.offset}": KINDS[record.headers[0][1].decode()][0]
        for record in read_messages(kafka, EVENTS)
        if record.headers
    }
    found: dict[str, str] = {}
    count = 0
    for record in read_messages(kafka, DEAD_LETTERS):
        found[record.key.decode()] = dict(record.headers)["reason"].decode()
        count += 1
    right = sum(found.get(key) == reason.value for key, reason in wanted.items())
    return {
        "sent": len(wanted),
        "letters": len(found),
        "repeated": count - len(found),
        "right": right,
        "wrong_or_missing": len(wanted) - right,
        "invented": len(found.keys() - wanted.keys()),
        **under("reason", dict(sorted(Counter(found.values()).items()))),
    }
