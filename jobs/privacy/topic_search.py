"""Searches topics: as a consumer reads them, and in the segment files of the embedded broker."""

from collections.abc import Iterator
from pathlib import Path

import orjson
from kafka.record import MemoryRecords

from jobs.privacy.findings import Place, PlaceKind
from jobs.privacy.person_traces import Traces
from streaming.contract.topics import BY_NAME, DEAD_LETTERS, MATCHES, TOPICS, Topic
from streaming.kafka.topic_reader import read_messages
from streaming.market.match_values import existing_key, opaque_id
from streaming.settings import Settings


def search_topics(settings: Settings, traces: Traces) -> Iterator[Place]:
    """Search every topic. Null values, which are fences and deletions, do not count.

    Raises:
        BrokerError: no broker answers, or a topic is missing.
    """
    key = existing_key(settings)
    for topic in TOPICS:
        place = Place(PlaceKind.TOPIC, topic.name)
        for record in read_messages(settings.kafka, topic):
            place.add(_people(traces, topic, record, key))
        yield place


def search_segments(settings: Settings, traces: Traces) -> Iterator[Place]:
    """Search the segment files below HOME/kafka, those that wait for their deletion included."""
    prefix, places = settings.kafka.topic_prefix, dict[str, Place]()
    for file in sorted((settings.home / "kafka").glob("**/*.log*")):
        topic = BY_NAME.get(file.parent.name.removeprefix(prefix).rpartition("-")[0])
        if topic is None:
            continue
        place = places.setdefault(topic.name, Place(PlaceKind.SEGMENT, topic.name))
        for record in _records(file):
            place.add(_people(traces, topic, record, existing_key(settings)))
    yield from places.values()


def _records(file: Path) -> Iterator[object]:
    """Yield the records of a segment; the end of one that is being written is left out."""
    try:
        records = MemoryRecords(file.read_bytes())
    except FileNotFoundError:  # Kafka has deleted it meanwhile
        return
    while records.has_next():
        batch = records.next_batch()
        if batch is None:
            return
        yield from batch


def _people(traces: Traces, topic: Topic, record: object, key: bytes | None) -> set[str]:
    """Return the people that a record gives away."""
    value: bytes | None = record.value  # type: ignore[attr-defined]
    if value is None and topic is not DEAD_LETTERS:
        return set()
    parts = [record.key, value, *(content for _, content in record.headers)]  # type: ignore[attr-defined]
    people = set().union(*map(traces.within, parts))
    if topic is MATCHES and key is not None and value is not None:
        people |= _matched(traces, value, key)
    return people


def _matched(traces: Traces, value: bytes, key: bytes) -> set[str]:
    """Return the people in a match, in which ids stand for them."""
    match = orjson.loads(value)
    shown = {one["candidate"] for one in match["candidates"]}
    return {
        candidate_id
        for candidate_id in traces.candidate_ids
        if opaque_id(key, match["posting_id"], candidate_id) in shown
    }
