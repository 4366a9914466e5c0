"""Latency from a click to its recommendation, from the timestamps that Kafka gave both messages."""

import time
import uuid
from collections.abc import Iterator
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
from streaming.timestamps import format_timestamp, parse_timestamp

TIMEOUT_SECONDS = 15.0
"""How long to wait for the next answer."""
POLL_SECONDS = 1.0
PERCENTILES = {"p50_ms": 50, "p90_ms": 90, "p99_ms": 99, "max_ms": 100}

Latency = tuple[datetime, float]
"""When an event was produced, and the milliseconds until its recommendation was published."""


def read_latencies(kafka: KafkaSettings, since: datetime) -> list[Latency]:
    """Read the latencies of the recommendations that events since a time have triggered.

    Each profile version counts once, with its first list. A later list of the same version comes
    from a new model and does not answer the click.

    Returns:
        In the order of the events.
    """
    first: dict[tuple[str, int], Latency] = {}
    for record in read_messages(kafka, RECOMMENDATIONS):
        if record.value is None:  # somebody was erased
            continue
        value = orjson.loads(record.value)
        trigger = value.get("triggered_by") or {}
        key = value["candidate_id"], value["profile_version"]
        if not trigger.get("event_id") or key in first:
            continue
        produced = parse_timestamp(trigger["produced_at"])
        if produced >= since:
            first[key] = produced, record.timestamp - produced.timestamp() * 1000
    return sorted(first.values())


def latency_percentiles(latencies: list[Latency]) -> dict[str, float | None]:
    """Return p50_ms, p90_ms, p99_ms and max_ms; None if there are no latencies."""
    if not latencies:
        return dict.fromkeys(PERCENTILES)
    values = np.percentile([milliseconds for _, milliseconds in latencies], [*PERCENTILES.values()])
    return dict(zip(PERCENTILES, np.round(values, 1).tolist(), strict=True))


def measure_latency(settings: Settings, events: int, rate: float) -> dict[str, Any]:
    """Send events to a running stream at a steady rate and measure the latency of the answers.

    The events are views. Their candidates and postings are those on the topics, and each event is
    a second newer than the one before. `rate` is in events a second.

    Raises:
        InputError: the topics hold no profiles or no postings.
        BrokerError: no broker answers.
    """
    clicks = _clicks(settings.kafka)
    since, client = datetime.now(tz=UTC), producer(settings.kafka)
    name = settings.kafka.topic_prefix + EVENTS.name
    start = time.monotonic()
    with broker_errors(settings.kafka):
        for index, click in enumerate(islice(clicks, events)):
            time.sleep(max(0.0, start + index / rate - time.monotonic()))
            client.send(name, key=click["candidate_id"].encode(), value=orjson.dumps(click))
        client.flush()
        client.close()
    latencies = _await_latencies(settings.kafka, since, events)
    return {
        "sent": events,
        "rate": rate,
        # Several clicks of one candidate in one batch share an answer.
        "answered": len(latencies),
        **latency_percentiles(latencies),
        "latencies_ms": [round(milliseconds, 1) for _, milliseconds in latencies],
    }


def _clicks(kafka: KafkaSettings) -> Iterator[dict[str, Any]]:
    profiles = {
        key: orjson.loads(record.value) for key, record in read_latest(kafka, PROFILES).items()
    }
    postings = sorted(read_latest(kafka, POSTINGS))
    if not profiles or not postings:
        raise InputError(
            f"the topics hold {len(profiles)} profiles and {len(postings)} postings, and both are "
            "needed; import some first, e.g. what `careerstream simulate` writes"
        )
    newest = max(parse_timestamp(profile["as_of"]) for profile in profiles.values())
    run = uuid.uuid4().hex[:12]
    pairs = zip(cycle(sorted(profiles)), cycle(postings), strict=False)
    for number, (candidate_id, posting_id) in enumerate(pairs):
        yield {
            "schema_version": 1,
            "event_id": f"latency-{run}-{number}",
            "candidate_id": candidate_id,
            "posting_id": posting_id,
            "kind": "view",
            "event_time": format_timestamp(
                min(newest + timedelta(seconds=number), datetime.now(tz=UTC))
            ),
            "source": "benchmark",
        }


def _await_latencies(kafka: KafkaSettings, since: datetime, count: int) -> list[Latency]:
    """Wait until all events are answered, or until no answer has come for a while."""
    latencies = read_latencies(kafka, since)
    last_answer = time.monotonic()
    while len(latencies) < count and time.monotonic() < last_answer + TIMEOUT_SECONDS:
        time.sleep(POLL_SECONDS)
        newest = read_latencies(kafka, since)
        if len(newest) > len(latencies):
            last_answer = time.monotonic()
        latencies = newest
    return latencies
