"""Latency from a click to its recommendation, from the timestamps that Kafka gave both."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

import numpy as np
import orjson

from streaming.contract.topics import EVENTS, POSTINGS, PROFILES, RECOMMENDATIONS
from streaming.errors import InputError
from streaming.kafka.clients import broker_errors, producer
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.settings import KafkaSettings, Settings
from streaming.timestamps import from_text, to_text

PATIENCE_SECONDS = 15.0
POLL_SECONDS = 1.0


def latencies(kafka: KafkaSettings, since: datetime) -> list[tuple[datetime, float]]:
    """Time the recommendations that events produced from a moment on have led to.

    Each profile version counts once, at its first list; a later model's list is no answer to the
    click any more.

    Returns:
        For each the event's Kafka timestamp and the milliseconds until the recommendation's, in
        the order of the former.
    """
    first: dict[tuple[str, int], tuple[datetime, float]] = {}
    for record in read_messages(kafka, RECOMMENDATIONS):
        value = orjson.loads(record.value)
        trigger = value.get("triggered_by") or {}
        key = value["candidate_id"], value["profile_version"]
        if not trigger.get("event_id") or key in first:
            continue
        produced = from_text(trigger["produced_at"])
        if produced >= since:
            first[key] = produced, record.timestamp - produced.timestamp() * 1000
    return sorted(first.values())


def percentiles(found: list[tuple[datetime, float]]) -> dict[str, float | None]:
    """Return p50_ms, p90_ms, p99_ms and max_ms; None where there is nothing."""
    values = [milliseconds for _, milliseconds in found]
    ranks = {"p50_ms": 50, "p90_ms": 90, "p99_ms": 99, "max_ms": 100}
    return {
        name: round(float(np.percentile(values, rank)), 1) if values else None
        for name, rank in ranks.items()
    }


def measure_latency(
    settings: Settings,
    events: int,
    rate: float,
    on_sent: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Send events to a running chain at a steady rate and time the answers.

    The events are views by the candidates and of the postings that stand on the topics, each a
    second newer than the one before.

    Raises:
        InputError: there are no profiles or postings to click with.
        BrokerError: no broker.
    """
    values = _clicks(settings.kafka)
    since, send = datetime.now(tz=UTC), producer(settings.kafka)
    name = settings.kafka.topic_prefix + EVENTS.name
    start = time.monotonic()
    with broker_errors(settings.kafka):
        for index, value in enumerate(islice(values, events)):
            time.sleep(max(0.0, start + index / rate - time.monotonic()))
            send.send(name, key=value["candidate_id"].encode(), value=orjson.dumps(value))
            on_sent(index + 1)
        send.flush()
        send.close()
    found = _answers(settings.kafka, since, events)
    return {
        "sent": events,
        "rate": rate,
        # Several clicks of one person in one batch share an answer.
        "answered": len(found),
        **percentiles(found),
        "latencies_ms": [round(milliseconds, 1) for _, milliseconds in found],
    }


def _clicks(kafka: KafkaSettings) -> Any:
    profiles = {
        key: json.loads(record.value) for key, record in read_latest(kafka, PROFILES).items()
    }
    postings = sorted(read_latest(kafka, POSTINGS))
    if not profiles or not postings:
        raise InputError(
            f"{len(profiles)} profiles and {len(postings)} postings stand on the topics, both are "
            "needed; import some first, e.g. what `careerstream simulate` writes"
        )
    newest = max(from_text(profile["as_of"]) for profile in profiles.values())
    run = uuid.uuid4().hex[:12]
    pairs = zip(cycle(sorted(profiles)), cycle(postings), strict=False)
    for number, (candidate_id, posting_id) in enumerate(pairs):
        yield {
            "schema_version": 1,
            "event_id": f"latency-{run}-{number}",
            "candidate_id": candidate_id,
            "posting_id": posting_id,
            "kind": "view",
            "event_time": to_text(min(newest + timedelta(seconds=number), datetime.now(tz=UTC))),
            "source": "benchmark",
        }


def _answers(kafka: KafkaSettings, since: datetime, wanted: int) -> list[tuple[datetime, float]]:
    """Wait until all are answered, or no further answer has come for a while."""
    found = latencies(kafka, since)
    last = time.monotonic()
    while len(found) < wanted and time.monotonic() < last + PATIENCE_SECONDS:
        time.sleep(POLL_SECONDS)
        now = latencies(kafka, since)
        last = time.monotonic() if len(now) > len(found) else last
        found = now
    return found
