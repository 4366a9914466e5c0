"""Checks of the demo: every row accounted for, profiles equal to the plain fold, lists valid."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
from pyspark.sql import SparkSession

from jobs.verify.plain_fold import fold_files, without_offsets
from streaming.contract.records import ANONYMOUS
from streaming.contract.topics import (
    CANDIDATES,
    DEAD_LETTERS,
    EVENTS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
    Topic,
)
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.lake import tables
from streaming.profiles.fold import Document
from streaming.settings import KafkaSettings, Settings


def count_rows(
    spark: SparkSession, settings: Settings, read: int, unreadable: int
) -> dict[str, Any]:
    """Count what became of every row of the events file.

    `read` and `unreadable` are the rows that the import read, and could not read.
    """
    kafka = settings.kafka
    dead_letters = Counter(
        (record.key or b"").decode().split("/")[0] for record in read_messages(kafka, DEAD_LETTERS)
    )
    sent = sum(1 for _ in read_messages(kafka, EVENTS))
    distinct = _count(spark, settings, tables.EVENTS)
    rejected = unreadable + dead_letters[EVENTS.name]
    duplicates = sent - dead_letters[EVENTS.name] - distinct
    return {
        "events": {
            "read": read,
            "rejected": rejected,
            "distinct": distinct,
            "duplicates": duplicates,
            "adds_up": read == rejected + distinct + duplicates,
        },
        "dead_letters": dict(dead_letters),
        "topics": {topic.name: len(read_latest(kafka, topic)) for topic in (POSTINGS, CANDIDATES)},
        "tables": {table.name: _count(spark, settings, table) for table in tables.STREAMED_TABLES},
    }


def check_profiles(settings: Settings, events: Path, candidates: Path | None) -> dict[str, Any]:
    """Compare the newest profile of each candidate with the plain fold over the files."""
    expected = fold_files(events, candidates)
    published = newest_values(settings.kafka, PROFILES)
    equal = sum(
        key in published and without_offsets(published[key]) == without_offsets(profile)
        for key, profile in expected.items()
    )
    return {
        "expected": len(expected),
        "found": len(published),
        "equal_to_the_fold": equal,
        "missing": sorted(expected.keys() - published.keys())[:10],
        "invented": sorted(published.keys() - expected.keys())[:10],
    }


def check_recommendations(settings: Settings) -> dict[str, Any]:
    """Check that each profile has one current list of open postings, none of them known to it."""
    profiles = newest_values(settings.kafka, PROFILES)
    postings = newest_values(settings.kafka, POSTINGS)
    recommendations = newest_values(settings.kafka, RECOMMENDATIONS)
    lists = [value for key, value in recommendations.items() if key != ANONYMOUS]
    faults = [
        f"{value['candidate_id']}: {item['posting_id']} {fault}"
        for value in lists
        for item in value["items"]
        if (fault := _fault(postings.get(item["posting_id"]), value["as_of"]))
    ]
    current = [value for value in lists if _is_current(value, profiles)]
    return {
        "profiles": len(profiles),
        "lists": len(lists),
        "for_the_newest_profile": len(current),
        "items": sum(len(value["items"]) for value in lists),
        "empty": sum(not value["items"] for value in lists),
        "with_reasons": sum(all(i["reasons"] for i in value["items"]) for value in lists),
        "not_open": faults[:10],
        "repeated": sum(len(ids) != len(set(ids)) for ids in map(_posting_ids, lists)),
        "already_known": sum(_count_known(value, profiles) for value in lists),
        "for_people_nobody_knows": ANONYMOUS in recommendations,
    }


def newest_values(kafka: KafkaSettings, topic: Topic) -> dict[str, Document]:
    """Return the newest value of each key of a topic."""
    return {key: orjson.loads(record.value) for key, record in read_latest(kafka, topic).items()}


def _fault(posting: Document | None, as_of: str) -> str | None:
    if posting is None:
        return "does not stand on the topic"
    if posting.get("date_posted", as_of) > as_of:
        return "is not open yet"
    return "has expired" if posting.get("valid_through", as_of) < as_of else None


def _is_current(value: Document, profiles: dict[str, Document]) -> bool:
    profile = profiles.get(value["candidate_id"])
    return profile is not None and profile["version"] == value["profile_version"]


def _posting_ids(value: Document) -> list[str]:
    return [item["posting_id"] for item in value["items"]]


def _count_known(value: Document, profiles: dict[str, Document]) -> int:
    """Count items that their candidate has viewed, saved, applied to or dismissed."""
    profile = profiles[value["candidate_id"]]
    parts = ("events", "applied", "dismissed")
    known = {entry["posting_id"] for part in parts for entry in profile[part]}
    return sum(posting_id in known for posting_id in _posting_ids(value))


def _count(spark: SparkSession, settings: Settings, table: tables.Table) -> int:
    return tables.read(spark, settings, table, tables.version(spark, settings, table)).count()
