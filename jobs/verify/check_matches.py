"""Compares the topic matches with scoring every contactable candidate, in plain Python."""

from collections import defaultdict
from collections.abc import Mapping

import orjson
from pyspark.sql import SparkSession

from jobs.verify.comparison import Comparison
from streaming.contract.topics import MATCHES, PROFILES
from streaming.kafka.topic_reader import read_latest
from streaming.market.match_index import Entry
from streaming.market.match_values import MatchWriter, opaque_key
from streaming.market.reach import make_reaches
from streaming.serving.bundles import BundleStore
from streaming.settings import Settings


def check_matches(
    name: str, actual: Mapping[str, bytes], expected: Mapping[str, bytes]
) -> Comparison:
    """Compare the newest value of each posting, byte for byte."""
    comparison = Comparison(name, expected=len(expected), actual=len(actual))
    comparison.lost = sorted(expected.keys() - actual.keys())
    comparison.invented = sorted(actual.keys() - expected.keys())
    comparison.duplicated = [
        f"{posting_id}: other bytes"
        for posting_id in sorted(expected.keys() & actual.keys())
        if expected[posting_id] != actual[posting_id]
    ]
    return comparison


def published_matches(settings: Settings) -> dict[str, bytes]:
    """Return the newest value of each posting that has a match."""
    return {key: record.value for key, record in read_latest(settings.kafka, MATCHES).items()}


def matches_from_scratch(spark: SparkSession, settings: Settings) -> dict[str, bytes]:
    """Score every contactable candidate on the topic profiles, and sort.

    It shares the ranker and the writer of values with the job match, and neither its index of the
    best nor its table.
    """
    profiles = [orjson.loads(own.value) for own in read_latest(settings.kafka, PROFILES).values()]
    half_life, store = settings.match.activity_half_life_days, BundleStore(spark, settings)
    with store.lease(store.newest_versions()) as bundle:
        table = bundle.catalogue().table
        languages = {
            posting_id: language or ""
            for posting_id, language in zip(
                table["posting_id"].to_pylist(), table["language"].to_pylist(), strict=True
            )
        }
        writer = MatchWriter(opaque_key(settings), bundle.versions, languages, half_life)
        entries: defaultdict[str, list[Entry]] = defaultdict(list)
        for reach in make_reaches(profiles, bundle, settings.match.reach, half_life):
            for each in reach.postings:
                entries[each.posting_id].append(Entry(reach, each))
    found = {}
    for posting_id, own in entries.items():
        best = sorted(own, key=lambda entry: entry.key)[: settings.match.size]
        if made := writer.value(posting_id, best):
            found[posting_id] = made[1]
    return found
