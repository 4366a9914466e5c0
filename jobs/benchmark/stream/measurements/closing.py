"""Part closing: from a posting closed to the last list that still holds it."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import orjson

from jobs.benchmark.stream.harness.latency_samples import answered
from jobs.benchmark.stream.harness.load_generator import Tell, send_steadily
from jobs.benchmark.stream.harness.measurement_sandbox import Place, place
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.running_chain import Chain, answer_ends, await_answers, chain
from jobs.benchmark.stream.harness.statistics import Report, over_time, summary, under
from jobs.benchmark.stream.harness.topic_progress import Offsets
from streaming.contract.topics import EVENTS, POSTINGS, RECOMMENDATIONS
from streaming.kafka.clients import broker_errors, producer
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings, Settings

NAME = "closing"
PROMISED_SECONDS = 30.0
"""No list published later than this after a posting closed holds it."""
_RANKS = {"p50_seconds": 50, "p90_seconds": 90, "max_seconds": 100}
_TOLD = 100
"""Events between two words on progress."""
_FEWEST = 100
"""Events of the warm-up, so that each partition gets some."""
Closed = dict[str, float]
"""Posting to the timestamp of the message that closed it, seconds since 1970."""


class Listed(NamedTuple):
    """What a published list holds."""

    appended: float
    """When the broker had it, seconds since 1970."""
    postings: list[str]
    catalogue_version: int


def measure(given: Settings, plan: Plan, tell: Tell) -> Report:
    """Close the postings that most lists hold, one after the other, while events go on.

    Raises:
        CareerstreamError: something ended or did not come.
    """
    with place(given, "closing") as here, chain(here, plan, tell) as running:
        chosen, least = _most_listed(here, running, plan, tell)
        before = answer_ends(here)
        closed = _close_steadily(here, running, plan, chosen, tell)
        followed = await_answers(here, running.up, before)
        timed = answered(here.kafka, NAME, before[1])
        told = last_lists(_lists(here.kafka, before[1]), closed)
    return {
        **under("closing", {"closed": len(closed), "least_listed": least, **told}),
        **under("closing/chain", {**summary(timed, 0), "followed": followed}),
        **under("closing/curve/chain", over_time(timed, 0)),
    }


def last_lists(lists: Iterable[Listed], closed: Closed) -> Report:
    """Tell how long after its closing each posting was still in a new list.

    Args:
        lists: all that were published meanwhile.
        closed: when each posting closed; one that no later list holds was gone after 0 s.

    Returns:
        The times, None where no list followed the last closing.
    """
    last = dict.fromkeys(closed, 0.0)
    late, newest, catalogues = 0, 0.0, Counter[int]()
    for one in lists:
        catalogues[one.catalogue_version] += 1
        newest = max(newest, one.appended)
        ages = {p: one.appended - closed[p] for p in one.postings if p in closed}
        late += any(age > PROMISED_SECONDS for age in ages.values())
        last |= {posting: max(age, last[posting]) for posting, age in ages.items()}
    known = bool(closed) and newest > max(closed.values())
    return {
        **{
            name: round(float(np.percentile([*last.values()], rank)), 2) if known else None
            for name, rank in _RANKS.items()
        },
        "promised_seconds": PROMISED_SECONDS,
        "late_lists": late,
        "lists": catalogues.total(),
        "catalogues": len(catalogues),
        "curve/closed_second": [round(at - min(closed.values()), 1) for at in closed.values()],
        "curve/gone_seconds": [round(seconds, 2) for seconds in last.values()],
    }


def _most_listed(here: Place, running: Chain, plan: Plan, tell: Tell) -> tuple[list[str], float]:
    """Warm up, and find what to close: the postings that most lists hold, in a random order.

    One that hardly anybody is recommended would seem to be gone at once.

    Returns:
        The postings, and how many lists a second held the one that is listed least.
    """
    count = max(_FEWEST, round(plan.warm_up_seconds * plan.rate))
    clicks = running.clicks(plan, plan.rate, "warming")
    before = answer_ends(here)

    def on_sent(done: int) -> None:
        if done % _TOLD == 0:
            tell("closing: warming up", done / count)

    send_steadily(here.kafka, EVENTS, clicks.in_turn(count), plan.rate, on_sent)
    await_answers(here, running.up, before)
    holding = Counter(p for one in _lists(here.kafka, before[1]) for p in one.postings)
    listed = holding.most_common(plan.closed)
    chosen = [posting for posting, _ in listed]
    random.Random(f"closing {plan.seed}").shuffle(chosen)
    return chosen, round(min((lists for _, lists in listed), default=0) * plan.rate / count, 3)


def _close_steadily(
    here: Place, running: Chain, plan: Plan, chosen: list[str], tell: Tell
) -> Closed:
    """Close the postings at equal distances; events go on until the last has had its time."""
    closing = max(round(plan.seconds * plan.rate), len(chosen))
    count = closing + round(1.5 * PROMISED_SECONDS * plan.rate)
    due = {number * closing // len(chosen): one for number, one in enumerate(chosen, start=1)}
    clicks = running.clicks(plan, plan.rate, NAME, begin_days=1)
    name, closed = here.kafka.topic_prefix + POSTINGS.name, Closed()
    client = producer(here.kafka)

    def on_sent(done: int) -> None:
        if done % _TOLD == 0:
            tell("closing: postings, while events go on", done / count)
        if done in due:
            sent = client.send(name, key=due[done].encode(), value=None).get(timeout=60)
            closed[due[done]] = sent.timestamp / 1000

    try:
        with broker_errors(here.kafka):
            send_steadily(here.kafka, EVENTS, clicks.in_turn(count), plan.rate, on_sent)
    finally:
        client.close()
    return closed


def _lists(kafka: KafkaSettings, since: Offsets) -> Iterator[Listed]:
    for record in read_messages(kafka, RECOMMENDATIONS, since):
        value = orjson.loads(record.value)
        postings = [item["posting_id"] for item in value["items"]]
        yield Listed(record.timestamp / 1000, postings, value["catalogue_version"])
