"""The plain fold: profiles computed in Python from a topic or from files.

It is the oracle that verifier, demo and benchmark compare the stream's profiles with.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import orjson
from kafka.consumer.fetcher import ConsumerRecord

from streaming.contract.records import Candidate, Event
from streaming.contract.topics import EVENTS
from streaming.importing import ReadOptions, Row, SourceFile, read_rows
from streaming.kafka.topic_reader import read_messages
from streaming.profiles.fold import Document, Received, fold
from streaming.profiles.fold_inputs import received_event, received_stated_part, without_trigger
from streaming.settings import KafkaSettings

Profiles = dict[str, Document]
"""Candidate to profile, without the record that triggered it."""


def fold_topic(
    kafka: KafkaSettings, readable: Callable[[ConsumerRecord], bool] = lambda _: True
) -> Profiles:
    """Fold the messages of the topic events; those that are not `readable` are left out."""
    received: defaultdict[str, list[Received]] = defaultdict(list)
    for record in read_messages(kafka, EVENTS):
        if readable(record):
            value = orjson.loads(record.value)
            received[value["candidate_id"]].append(received_event(value, record.offset))
    return _fold(received)


def fold_files(events: Path, candidates: Path | None) -> Profiles:
    """Fold the rows of files that were imported."""
    received: defaultdict[str, list[Received]] = defaultdict(list)
    for value in _values(Event, events):
        records = received[value["candidate_id"]]
        records.append(received_event(value, len(records)))
    for value in _values(Candidate, candidates) if candidates else ():
        records = received[value["candidate_id"]]
        records.append(received_stated_part(value, len(records)))
    return _fold(received)


def without_offsets(profile: Document) -> Document:
    """Return the parts of a profile that do not depend on positions on the topics."""
    entries = {
        part: [{k: v for k, v in entry.items() if k != "offset"} for entry in profile[part]]
        for part in ("events", "applied", "dismissed")
    }
    return {
        "candidate_id": profile["candidate_id"],
        "as_of": profile["as_of"],
        "stated": profile.get("stated"),
        **entries,
    }


def _fold(received: Mapping[str, Iterable[Received]]) -> Profiles:
    profiles = {key: fold(None, records, key).profile for key, records in received.items()}
    return {key: without_trigger(profile) for key, profile in profiles.items() if profile}


def _values(kind: type[Event | Candidate], file: Path) -> Iterator[Document]:
    rows = read_rows(kind, SourceFile(file), ReadOptions())
    return (orjson.loads(row.value) for row in rows if isinstance(row, Row))
