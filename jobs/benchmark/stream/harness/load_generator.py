"""What is sent: postings, stated parts and clicks, the same for every contestant."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from streaming.contract.records import SCHEMA_VERSION
from streaming.contract.topics import Topic
from streaming.kafka.clients import broker_errors, producer
from streaming.settings import KafkaSettings
from streaming.timestamps import to_text

BEGIN = datetime(2025, 1, 6, tzinfo=UTC)
"""When the first click happens; those of a run come in this order."""
KINDS = {"view": 80, "save": 8, "apply": 6, "dismiss": 5, "hire": 1}
"""Out of a hundred clicks."""
_SOURCE = "benchmark"
TICK_SECONDS = 0.025
"""Of a steady rate. With a request to the broker for each event of 200 a second the sender took a
fifth of a core from what it measures."""
Tell = Callable[[str, float], None]
"""Told what goes on, and how much of it is done (0 to 1)."""


@dataclass(frozen=True, kw_only=True)
class Clicks:
    """Clicks of candidates on postings, drawn at random, in the order of their times."""

    candidates: Sequence[str]
    postings: Sequence[str]
    seed: int
    begin: datetime = BEGIN
    spacing: timedelta = timedelta(milliseconds=20)
    name: str = "click"
    """Beginning of the event ids."""

    def drawn(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield events of candidates drawn one by one."""
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
                "event_time": to_text(self.begin + number * self.spacing),
                "source": _SOURCE,
            }


def names(prefix: str, count: int) -> list[str]:
    """Name candidates or postings that nothing else is known of."""
    return [f"{prefix}{number:07d}" for number in range(count)]


def send(
    kafka: KafkaSettings,
    topic: Topic,
    values: Iterable[dict[str, Any]],
    key: str = "candidate_id",
    on_sent: Callable[[int], None] = lambda _: None,
) -> int:
    """Send values as fast as the broker takes them; return how many.

    Raises:
        BrokerError: no broker, or it stops taking them.
    """
    name, count = kafka.topic_prefix + topic.name, 0
    client = producer(kafka, linger_ms=20)
    try:
        with broker_errors(kafka):
            for count, value in enumerate(values, start=1):
                client.send(name, key=value[key].encode(), value=orjson.dumps(value))
                if count % 1000 == 0:
                    on_sent(count)
            client.flush()
    finally:
        client.close()
    return count


def send_steadily(
    kafka: KafkaSettings,
    topic: Topic,
    values: Iterable[dict[str, Any]],
    rate: float,
    on_sent: Callable[[int], None] = lambda _: None,
) -> float:
    """Send values at so many a second, a few at each tick, whatever those before took.

    Returns:
        By how many milliseconds it was behind its own schedule at most.

    Raises:
        BrokerError: no broker, or it stops taking them.
    """
    name, behind = kafka.topic_prefix + topic.name, 0.0
    client = producer(kafka)
    try:
        with broker_errors(kafka):
            client.partitions_for(name)  # what there is to know of the topic, before it counts
            start = time.monotonic()
            for number, value in enumerate(values):
                due = start + number // (rate * TICK_SECONDS) * TICK_SECONDS
                time.sleep(max(0.0, due - time.monotonic()))
                behind = max(behind, time.monotonic() - due)
                client.send(name, key=value["candidate_id"].encode(), value=orjson.dumps(value))
                on_sent(number + 1)
            client.flush()
    finally:
        client.close()
    return round(behind * 1000, 1)
