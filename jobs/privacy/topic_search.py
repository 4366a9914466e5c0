"""Searches topics: as a consumer reads them, and in the segment files of the embedded broker."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
from kafka.record import MemoryRecords

from jobs.privacy.findings import Place, PlaceKind
from jobs.privacy.person_traces import Traces
from streaming.contract.topics import BY_NAME, DEAD_LETTERS, MATCHES, TOPICS, Topic
from streaming.kafka.topic_reader import read_messages
from streaming.market.match_values import existing_key, opaque_id
from streaming.privacy.pseudonyms import Pseudonyms, pseudonyms_of
from streaming.privacy.sealing import unseal
from streaming.settings import Settings


def search_topics(settings: Settings, traces: Traces) -> Iterator[Place]:
    """Search every topic. Null values, which are fences and deletions, do not count.

    Raises:
        BrokerError: no broker answers, or a topic is missing.
    """
    search = _RecordSearch(traces, existing_key(settings), pseudonyms_of(settings.privacy))
    for topic in TOPICS:
        place = Place(PlaceKind.TOPIC, topic.name)
        for record in read_messages(settings.kafka, topic):
            place.add(search.people(topic, record))
        yield place


def search_segments(settings: Settings, traces: Traces) -> Iterator[Place]:
    """Search the segment files below HOME/kafka, those that wait for their deletion included."""
    search = _RecordSearch(traces, existing_key(settings), pseudonyms_of(settings.privacy))
    prefix, places = settings.kafka.topic_prefix, dict[str, Place]()
    for file in sorted((settings.home / "kafka").glob("**/*.log*")):
        topic = BY_NAME.get(file.parent.name.removeprefix(prefix).rpartition("-")[0])
        if topic is None:
            continue
        place = places.setdefault(topic.name, Place(PlaceKind.SEGMENT, topic.name))
        for record in _records(file):
            place.add(search.people(topic, record))
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


@dataclass(frozen=True)
class _RecordSearch:
    traces: Traces
    match_key: bytes | None
    """Of the ids that stand for candidates in matches."""
    pseudonyms: Pseudonyms | None
    """Open sealed letters."""

    def people(self, topic: Topic, record: object) -> set[str]:
        """Return the people that a record gives away."""
        value: bytes | None = record.value  # type: ignore[attr-defined]
        if value is None and topic is not DEAD_LETTERS:
            return set()
        parts = [("", record.key), ("", value), *record.headers]  # type: ignore[attr-defined]
        if topic is DEAD_LETTERS and self.pseudonyms is not None:
            parts = [
                (name, content and unseal(self.pseudonyms, content, self._place(record, name)))
                for name, content in parts
            ]
        people = set().union(*(self.traces.within(content) for _, content in parts))
        if topic is MATCHES and self.match_key is not None and value is not None:
            people |= self._matched(value, self.match_key)
        return people

    def _place(self, record: object, header: str) -> str:
        key: bytes = record.key or b""  # type: ignore[attr-defined]
        return f"{key.decode(errors='replace')} {header}".rstrip()

    def _matched(self, value: bytes, key: bytes) -> set[str]:
        """Return the people in a match, in which ids stand for them."""
        match = orjson.loads(value)
        shown = {one["candidate"] for one in match["candidates"]}
        return {
            candidate_id
            for name, candidate_id in self.traces.known_as.items()
            if opaque_id(key, match["posting_id"], name) in shown
        }
