"""Whether what was made is right: against the plain fold, and against the events themselves."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from kafka.consumer.fetcher import ConsumerRecord

from jobs.benchmark.stream.harness.topic_progress import Offsets
from streaming.contract.topics import EVENTS, PROFILES, Topic
from streaming.kafka.topic_reader import read_messages
from streaming.profiles.fold import ReceivedEvent, fold
from streaming.settings import KafkaSettings
from streaming.timestamps import to_text

Profiles = dict[str, dict[str, Any]]
"""Candidate to profile."""
_FIELDS = ("event_id", "posting_id", "kind", "event_time", "duration_seconds")
_WORD = 2**64


def folded_events(kafka: KafkaSettings, readable: Callable[[ConsumerRecord], bool]) -> Profiles:
    """Fold the topic events in plain Python, a candidate at a time.

    Args:
        kafka: the cluster.
        readable: tells which messages are events.
    """
    seen: dict[str, list[ReceivedEvent]] = {}
    for record in read_messages(kafka, EVENTS):
        if readable(record):
            value = orjson.loads(record.value)
            seen.setdefault(value["candidate_id"], []).append(received_event(record, value))
    folded = {key: fold(None, events, key).profile for key, events in seen.items()}
    return {key: _settled(profile) for key, profile in folded.items() if profile is not None}


def received_event(record: ConsumerRecord, value: dict[str, Any]) -> ReceivedEvent:
    """Turn a message of the topic events into what the fold takes."""
    produced = to_text(datetime.fromtimestamp(record.timestamp / 1000, tz=UTC))
    fields: dict[str, Any] = {name: value.get(name) for name in _FIELDS}
    return ReceivedEvent(
        **fields,
        offset=record.offset,
        produced_at=produced,
    )


def published(
    kafka: KafkaSettings, topic: Topic = PROFILES, since: Offsets | None = None
) -> tuple[Profiles, float, int]:
    """Read profiles from a topic.

    Returns:
        The newest of each candidate, when the last was there (seconds since 1970), and how many
        messages there were.
    """
    newest: dict[str, bytes] = {}
    last, count = 0.0, 0
    for record in read_messages(kafka, topic, since):
        newest[record.key.decode()] = record.value
        last, count = max(last, record.timestamp / 1000), count + 1
    return {key: _settled(orjson.loads(value)) for key, value in newest.items()}, last, count


def differences(found: Profiles, expected: Profiles) -> int:
    """Count candidates whose profile is missing, invented or another one."""
    return sum(found.get(key) != expected.get(key) for key in found.keys() | expected.keys())


def fingerprint(records: Iterator[ConsumerRecord]) -> tuple[int, int, float]:
    """Sum up messages whatever their order.

    Returns:
        Their number, a sum of the digests of key and value, and when the last was there.
    """
    count, total, last = 0, 0, 0.0
    for record in records:
        digest = hashlib.blake2b(record.key or b"", digest_size=8)
        digest.update(b"\0" + (record.value or b""))
        total = (total + int.from_bytes(digest.digest())) % _WORD
        count, last = count + 1, max(last, record.timestamp / 1000)
    return count, total, last


def _settled(profile: dict[str, Any]) -> dict[str, Any]:
    """Leave out the record that caused the newest version, which depends on how batches are cut."""
    return {name: value for name, value in profile.items() if name != "triggered_by"}
