"""What became of every row: counted from topics and tables, and held against the plain fold."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pyspark.sql import SparkSession

from streaming.contract.records import EVERYONE, Candidate, Event
from streaming.contract.topics import (
    CANDIDATES,
    DEAD_LETTERS,
    EVENTS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
)
from streaming.importing import ReadOptions, Row, SourceFile, read_rows
from streaming.kafka.topic_reader import Latest, latest, messages
from streaming.lake import tables
from streaming.profiles.fold import Document, Seen, fold
from streaming.profiles.fold_inputs import event_seen, stated_seen
from streaming.settings import Settings


@dataclass(frozen=True)
class Sources:
    """The files that were replayed."""

    events: Path
    candidates: Path | None


def account(spark: SparkSession, settings: Settings, read: int, set_aside: int) -> dict[str, Any]:
    """Account for every row of the events file.

    Args:
        spark: session.
        settings: say where topics and tables are.
        read: rows the import read.
        set_aside: rows the import could not read.
    """
    kafka = settings.kafka
    letters = Counter(
        (record.key or b"").decode().split("/")[0] for record in messages(kafka, DEAD_LETTERS)
    )
    sent = sum(1 for _ in messages(kafka, EVENTS))
    distinct = _rows(spark, settings, tables.EVENTS)
    rejected = set_aside + letters[EVENTS.name]
    duplicates = sent - letters[EVENTS.name] - distinct
    return {
        "events": {
            "read": read,
            "rejected": rejected,
            "distinct": distinct,
            "duplicates": duplicates,
            "adds_up": read == rejected + distinct + duplicates,
        },
        "dead_letters": dict(letters),
        "topics": {topic.name: len(latest(kafka, topic)) for topic in (POSTINGS, CANDIDATES)},
        "tables": {table.name: _rows(spark, settings, table) for table in tables.TABLES},
    }


def check_profiles(settings: Settings, sources: Sources) -> dict[str, Any]:
    """Hold the newest profile of each candidate against the plain fold over the files."""
    expected = plain_fold(sources)
    found = {
        key: orjson.loads(record.value) for key, record in latest(settings.kafka, PROFILES).items()
    }
    equal = sum(
        1 for key, profile in expected.items() if key in found and told(found[key]) == told(profile)
    )
    return {
        "expected": len(expected),
        "found": len(found),
        "equal_to_the_fold": equal,
        "missing": sorted(expected.keys() - found.keys())[:10],
        "invented": sorted(found.keys() - expected.keys())[:10],
    }


def plain_fold(sources: Sources) -> dict[str, Document]:
    """Fold the files in plain Python, row by row, as the oracle of the stream."""
    seen: defaultdict[str, list[Seen]] = defaultdict(list)
    for row in _read(Event, sources.events):
        mine = seen[row["candidate_id"]]
        mine.append(event_seen(row, len(mine)))
    for row in _read(Candidate, sources.candidates) if sources.candidates else ():
        seen[row["candidate_id"]].append(stated_seen(row, 0))
    folded = {key: fold(None, records, key).profile for key, records in seen.items()}
    return {key: profile for key, profile in folded.items() if profile is not None}


def told(profile: Document) -> Document:
    """What a profile says, without where on the topics it was read."""
    parts = {
        part: [{k: v for k, v in entry.items() if k != "offset"} for entry in profile[part]]
        for part in ("events", "applied", "dismissed")
    }
    return {
        "candidate_id": profile["candidate_id"],
        "as_of": profile["as_of"],
        "stated": profile.get("stated"),
        **parts,
    }


def check_recommendations(settings: Settings) -> dict[str, Any]:
    """Check that each profile has one current list of open postings, none of them known to it."""
    kafka = settings.kafka
    profiles, lists = latest(kafka, PROFILES), latest(kafka, RECOMMENDATIONS)
    postings = {key: orjson.loads(record.value) for key, record in latest(kafka, POSTINGS).items()}
    values = [orjson.loads(record.value) for key, record in lists.items() if key != EVERYONE]
    faults = [
        f"{value['candidate_id']}: {item['posting_id']} {fault}"
        for value in values
        for item in value["items"]
        if (fault := _fault(item["posting_id"], value["as_of"], postings))
    ]
    current = sum(
        orjson.loads(profiles[value["candidate_id"]].value)["version"] == value["profile_version"]
        for value in values
        if value["candidate_id"] in profiles
    )
    return {
        "profiles": len(profiles),
        "lists": len(values),
        "for_the_newest_profile": current,
        "items": sum(len(value["items"]) for value in values),
        "empty": sum(not value["items"] for value in values),
        "with_reasons": sum(all(i["reasons"] for i in value["items"]) for value in values),
        "not_open": faults[:10],
        "repeated": sum(_repeats(value) for value in values),
        "already_known": _known(values, profiles),
        "for_people_nobody_knows": EVERYONE in lists,
    }


def _fault(posting_id: str, as_of: str, postings: dict[str, Any]) -> str | None:
    posting = postings.get(posting_id)
    if posting is None:
        return "does not stand on the topic"
    if posting.get("date_posted", as_of) > as_of:
        return "is not open yet"
    return "has expired" if posting.get("valid_through", as_of) < as_of else None


def _repeats(value: dict[str, Any]) -> bool:
    ids = [item["posting_id"] for item in value["items"]]
    return len(ids) != len(set(ids))


def _known(values: list[dict[str, Any]], profiles: Latest) -> int:
    """Items that their candidate has viewed, saved, applied to or dismissed."""
    known = 0
    for value in values:
        profile = orjson.loads(profiles[value["candidate_id"]].value)
        held = {
            entry["posting_id"]
            for part in ("events", "applied", "dismissed")
            for entry in profile[part]
        }
        known += sum(item["posting_id"] in held for item in value["items"])
    return known


def _read(kind: type[Event | Candidate], file: Path) -> Iterator[dict[str, Any]]:
    rows = read_rows(kind, SourceFile(file), ReadOptions())
    return (orjson.loads(row.value) for row in rows if isinstance(row, Row))


def _rows(spark: SparkSession, settings: Settings, table: tables.Table) -> int:
    return tables.read(spark, settings, table, tables.version(spark, settings, table)).count()
