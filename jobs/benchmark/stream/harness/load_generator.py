"""Generates clicks and sends records, the same for every contestant."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from jobs.benchmark.stream.harness.plan import Plan
from streaming.contract.records import SCHEMA_VERSION
from streaming.contract.topics import Topic
from streaming.kafka.clients import broker_errors, producer
from streaming.settings import KafkaSettings
from streaming.timestamps import format_timestamp

BEGIN = datetime(2025, 1, 6, tzinfo=UTC)
"""Time of the first click of a run."""
KINDS = {"view": 80, "save": 8, "apply": 6, "dismiss": 5, "hire": 1}
"""Percentages of the kinds of clicks."""
_SOURCE = "benchmark"
TICK_SECONDS = 0.025
"""At a steady rate, events are sent in ticks: with a request to the broker for each of 200 events a
second, the sender took a fifth of a core from what it measures."""
OnProgress = Callable[[str, float], None]
"""Called with `STAGE: what goes on` and the share of the stage that is done (0 to 1)."""
Message = tuple[str, bytes | None, list[tuple[str, bytes]]]
"""Key, value and headers."""


@dataclass(frozen=True, kw_only=True)
class Clicks:
    """Random clicks of candidates on postings, in the order of their times."""

    candidates: Sequence[str]
    postings: Sequence[str]
    seed: int
    begin: datetime = BEGIN
    spacing: timedelta = timedelta(milliseconds=20)
    name: str = "click"
    """Prefix of the event ids."""

    def drawn(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield events of randomly drawn candidates."""
        draw = random.Random(f"{self.name} {self.seed}")
        return self._of(count, lambda _: draw.choice(self.candidates))

    def in_turn(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield events of candidates in a random order, each once before any a second time."""
        shuffled = list(self.candidates)
        random.Random(f"{self.name} turn {self.seed}").shuffle(shuffled)
        return self._of(count, lambda number: shuffled[number % len(shuffled)])

    def _of(self, count: int, candidate: Callable[[int], str]) -> Iterator[dict[str, Any]]:
        draw = random.Random(f"{self.name} rest {self.seed}")
        kinds = [kind for kind, share in KINDS.items() for _ in range(share)]
        for number in range(count):
            yield {
                "schema_version": SCHEMA_VERSION,
                "event_id": f"{self.name}-{number}",
                "candidate_id": candidate(number),
                "posting_id": draw.choice(self.postings),
                "kind": draw.choice(kinds),
                "event_time": format_timestamp(self.begin + number * self.spacing),
                "source": _SOURCE,
            }


def make_ids(prefix: str, count: int) -> list[str]:
    """Return ids of candidates or postings."""
    return [f"{prefix}{number:07d}" for number in range(count)]


def planned_clicks(plan: Plan, **changes: Any) -> Clicks:
    """Return clicks of the planned candidates on the planned postings, but for some changes."""
    planned: dict[str, Any] = {
        "candidates": make_ids("c", plan.profiles),
        "postings": make_ids("p", plan.postings),
        "seed": plan.seed,
    }
    return Clicks(**planned | changes)


def send(
    kafka: KafkaSettings,
    topic: Topic,
    values: Iterable[dict[str, Any]],
    key: str = "candidate_id",
    on_sent: Callable[[int], None] = lambda _: None,
) -> None:
    """Send records, each with its field `key` as the message's key; see `send_messages`."""
    send_messages(kafka, topic, ((v[key], orjson.dumps(v), []) for v in values), on_sent)


def send_messages(
    kafka: KafkaSettings,
    topic: Topic,
    messages: Iterable[Message],
    on_sent: Callable[[int], None] = lambda _: None,
) -> None:
    """Send messages as fast as the broker takes them; call `on_sent` every 1,000 messages.

    Raises:
        BrokerError: no broker, or it takes no more.
    """
    name = kafka.topic_prefix + topic.name
    with closing(producer(kafka, linger_ms=20)) as client, broker_errors(kafka):
        for count, (key, value, headers) in enumerate(messages, start=1):
            client.send(name, key=key.encode(), value=value, headers=headers)
            if count % 1000 == 0:
                on_sent(count)
        client.flush()


def send_steadily(
    kafka: KafkaSettings,
    topic: Topic,
    values: Iterable[dict[str, Any]],
    rate: float,
    on_sent: Callable[[int], None] = lambda _: None,
) -> float:
    """Send values at a steady rate (events a second), a few at each tick.

    Returns:
        The most milliseconds that it was behind schedule.

    Raises:
        BrokerError: no broker, or it takes no more.
    """
    name, behind = kafka.topic_prefix + topic.name, 0.0
    with closing(producer(kafka)) as client, broker_errors(kafka):
        client.partitions_for(name)  # fetch metadata before the clock starts
        start = time.monotonic()
        for number, value in enumerate(values):
            due = start + number // (rate * TICK_SECONDS) * TICK_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))
            behind = max(behind, time.monotonic() - due)
            client.send(name, key=value["candidate_id"].encode(), value=orjson.dumps(value))
            on_sent(number + 1)
        client.flush()
    return round(behind * 1000, 1)
