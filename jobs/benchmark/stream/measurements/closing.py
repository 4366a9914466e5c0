"""Part closing: from a posting closed to the last list that still holds it."""

import contextlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from jobs.benchmark.stream.harness.latency_samples import read_answers
from jobs.benchmark.stream.harness.load_generator import OnProgress, send_steadily
from jobs.benchmark.stream.harness.measurement_sandbox import measurement_sandbox
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.running_chain import Chain, running_chain
from jobs.benchmark.stream.harness.statistics import (
    Report,
    over_time,
    percentiles,
    prefixed,
    summary,
)
from jobs.benchmark.stream.harness.topic_ends import Offsets, end_offsets
from streaming.contract.topics import EVENTS, POSTINGS, RECOMMENDATIONS
from streaming.kafka.clients import broker_errors, producer
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings, Settings

NAME = "closing"
PROMISED_SECONDS = 30.0
"""No list published later than this after a posting closed holds it."""
_RANKS = {"p50_seconds": 50, "p90_seconds": 90, "max_seconds": 100}
_PROGRESS_EVENTS = 100
"""Events between two reports of progress."""
_FEWEST_EVENTS = 100
"""Of the warm-up, so that each partition gets some."""
Closed = dict[str, float]
"""Posting to the timestamp of the message that closed it, in seconds since 1970."""


class PublishedList(NamedTuple):
    """A list on the topic recommendations."""

    appended: float
    """When the broker had it, in seconds since 1970."""
    postings: list[str]
    catalogue_version: int


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Close the postings that most lists hold, one after the other, while events go on.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """
    with (
        measurement_sandbox(given, "closing") as sandbox,
        running_chain(sandbox, plan, on_progress) as chain,
    ):
        postings, least = _most_listed(chain, plan, on_progress)
        before = end_offsets(sandbox.kafka, RECOMMENDATIONS)
        closed = _close_steadily(chain, plan, postings, on_progress)
        followed = chain.wait_for_answers()
        samples = read_answers(sandbox.kafka, NAME, before)
        gone = last_lists(_read_lists(sandbox.kafka, before), closed)
    return {
        **prefixed("closing", {"closed": len(closed), "least_listed": least, **gone}),
        **prefixed("closing/chain", {**summary(samples, 0), "followed": followed}),
        **prefixed("closing/curve/chain", over_time(samples, 0)),
    }


def last_lists(lists: Iterable[PublishedList], closed: Closed) -> Report:
    """Measure how long after its closing each posting was still in a new list.

    Args:
        lists: all that were published meanwhile.
        closed: when each posting closed; one that no later list holds was gone after 0 s.

    Returns:
        The times, None where no list followed the last closing.
    """
    last = dict.fromkeys(closed, 0.0)
    late, newest, catalogues = 0, 0.0, Counter[int]()
    for published in lists:
        catalogues[published.catalogue_version] += 1
        newest = max(newest, published.appended)
        ages = {p: published.appended - closed[p] for p in published.postings if p in closed}
        late += any(age > PROMISED_SECONDS for age in ages.values())
        last |= {posting: max(age, last[posting]) for posting, age in ages.items()}
    known = bool(closed) and newest > max(closed.values())
    return {
        **percentiles([*last.values()] if known else [], _RANKS, digits=2),
        "promised_seconds": PROMISED_SECONDS,
        "late_lists": late,
        "lists": catalogues.total(),
        "catalogues": len(catalogues),
        "curve/closed_second": [round(at - min(closed.values()), 1) for at in closed.values()],
        "curve/gone_seconds": [round(seconds, 2) for seconds in last.values()],
    }


def _most_listed(chain: Chain, plan: Plan, on_progress: OnProgress) -> tuple[list[str], float]:
    """Warm up, and choose the postings to close: those that most lists hold, in random order.

    A posting that is hardly ever recommended would seem to be gone at once.

    Returns:
        The postings, and how many lists a second held the one that is listed least.
    """
    count = max(_FEWEST_EVENTS, round(plan.warm_up_seconds * plan.rate))
    clicks = chain.clicks(plan, plan.rate, "warming")
    kafka = chain.sandbox.kafka
    before = end_offsets(kafka, RECOMMENDATIONS)

    def on_sent(done: int) -> None:
        if done % _PROGRESS_EVENTS == 0:
            on_progress("closing: warming up", done / count)

    send_steadily(kafka, EVENTS, clicks.in_turn(count), plan.rate, on_sent)
    chain.wait_for_answers()
    lists = Counter(p for published in _read_lists(kafka, before) for p in published.postings)
    most = lists.most_common(plan.closed)
    postings = [posting for posting, _ in most]
    random.Random(f"closing {plan.seed}").shuffle(postings)
    return postings, round(min((held for _, held in most), default=0) * plan.rate / count, 3)


def _close_steadily(
    chain: Chain, plan: Plan, postings: list[str], on_progress: OnProgress
) -> Closed:
    """Close postings at equal intervals; events go on until the last has had its time."""
    kafka = chain.sandbox.kafka
    closing = max(round(plan.seconds * plan.rate), len(postings))
    count = closing + round(1.5 * PROMISED_SECONDS * plan.rate)
    due = {number * closing // len(postings): id_ for number, id_ in enumerate(postings, start=1)}
    clicks = chain.clicks(plan, plan.rate, NAME, begin_days=1)
    name, closed = kafka.topic_prefix + POSTINGS.name, Closed()

    def on_sent(done: int) -> None:
        if done % _PROGRESS_EVENTS == 0:
            on_progress("closing: postings, while events go on", done / count)
        if done in due:
            sent = client.send(name, key=due[done].encode(), value=None).get(timeout=60)
            closed[due[done]] = sent.timestamp / 1000

    with contextlib.closing(producer(kafka)) as client, broker_errors(kafka):
        send_steadily(kafka, EVENTS, clicks.in_turn(count), plan.rate, on_sent)
    return closed


def _read_lists(kafka: KafkaSettings, since: Offsets) -> Iterator[PublishedList]:
    for record in read_messages(kafka, RECOMMENDATIONS, since):
        value = orjson.loads(record.value)
        postings = [item["posting_id"] for item in value["items"]]
        yield PublishedList(record.timestamp / 1000, postings, value["catalogue_version"])
