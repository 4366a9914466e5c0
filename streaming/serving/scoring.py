"""From profiles to recommendations: one batch, one pair of versions.

Guarantee: which versions a batch uses is written down before it is scored and read again when it is
retried, and a list depends on its profile and the versions alone; so a retry repeats the same bytes
under the same keys.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from streaming.contract.records import EVERYONE, SCHEMA_VERSION
from streaming.contract.topics import PROFILES, RECOMMENDATIONS, Topic
from streaming.contract.value_decoder import Unreadable, read_value
from streaming.kafka.spark_io import MESSAGE, arrow_messages
from streaming.metrics.scoring_counters import Observed
from streaming.serving.bundles import Bundle, Versions, known_ids, ranker_of
from streaming.serving.ranker import Profile, RankedItem
from streaming.timestamps import from_text

CHUNK = 64
"""Profiles ranked in one call."""


def recommend(profiles: DataFrame, bundle: Bundle, size: int, observed: Observed) -> DataFrame:
    """Score the newest version of each profile in a batch of the topic profiles.

    A Kafka partition holds all versions of a profile, and Spark reads it in one task: the newest
    is found without a shuffle.

    Args:
        profiles: messages of the topic profiles, at least `value`. What is no profile is left out;
            archive reports it.
        bundle: the versions to use.
        size: most postings in a list.
        observed: added to as the workers score.

    Returns:
        Messages for the Kafka sink (`kafka.MESSAGE`).
    """

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        values = (value for batch in batches for value in batch.column("value").to_pylist())
        yield from _lists(newest_of(_readable(values)), bundle, size, observed)

    return profiles.select("value").mapInArrow(score, MESSAGE)


def with_lists(messages: DataFrame, bundle: Bundle, size: int, observed: Observed) -> DataFrame:
    """Score the profiles among the messages of one batch of `profiles.update_profiles`.

    Args:
        messages: for the Kafka sink (`kafka.MESSAGE`), at most one profile for each candidate.
        bundle: the versions to use.
        size: most postings in a list.
        observed: added to as the workers score.

    Returns:
        The same messages and the lists.
    """

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield batch
            pairs = zip(batch.column("topic").to_pylist(), batch.column("value"), strict=True)
            made = (orjson.loads(value.as_py()) for topic, value in pairs if topic == PROFILES.name)
            yield from _lists(made, bundle, size, observed)

    return messages.mapInArrow(score, MESSAGE)


@dataclass(frozen=True)
class Answering:
    """Answers profiles with lists in the task that folded them (`profiles.Answers`)."""

    serving: Callable[[], Bundle]
    """Says, in each task, which versions its batch uses."""
    size: int
    """Most postings in a list."""
    observed: Observed
    """Added to as the workers score."""

    def __call__(self, profiles: Sequence[Profile]) -> Iterator[tuple[Topic, str, bytes]]:
        """Make the list of each profile."""
        bundle = self.serving()
        for value in recommendations(profiles, bundle, self.size):
            yield RECOMMENDATIONS, value["candidate_id"], orjson.dumps(value)
        _observe(self.observed, profiles, bundle)


def recommend_everyone(spark: SparkSession, bundle: Bundle, as_of: str, size: int) -> DataFrame:
    """Make the list for people nobody knows, as one message for the Kafka sink."""
    profile = orjson.dumps(everyone(as_of))

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for value in batch.column("value").to_pylist():
                yield _messages(recommendations([orjson.loads(value)], bundle, size))

    return spark.createDataFrame([(profile,)], "value binary").mapInArrow(score, MESSAGE)


def warm(spark: SparkSession, bundle: Bundle, *, held: int = 1) -> None:
    """Have every worker load a bundle, by ranking for nobody on all cores at once.

    Args:
        spark: session whose workers are meant.
        bundle: to load.
        held: workers that a task holds: two where one folds and another scores. More would be
            there for good and take turns with the others, each with memories of its own.
    """
    cores = spark.sparkContext.defaultParallelism

    def load(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            recommendations([everyone("1970-01-01T00:00:00.000000Z")], bundle, 1)
            yield batch

    everywhere: DataFrame = spark.range(0, cores, 1, cores)
    for _ in range(held):
        everywhere = everywhere.mapInArrow(load, "id long")
    everywhere.count()


def recommendations(profiles: Sequence[Profile], bundle: Bundle, size: int) -> list[dict[str, Any]]:
    """Rank for some profiles; values of `records.Recommendation`, ready to be written as JSON."""
    as_of = [profile["as_of"] for profile in profiles]
    prepared = bundle.path() / "prepared"
    lists = ranker_of(bundle).rank(profiles, as_of, prepared, size)
    return [
        _value(profile, items, bundle.versions)
        for profile, items in zip(profiles, lists, strict=True)
    ]


def everyone(as_of: str) -> Profile:
    """Return the profile of nobody in particular; its version grows with `as_of`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "candidate_id": EVERYONE,
        "version": round(from_text(as_of).timestamp() * 1_000_000),
        "offsets": {},
        "as_of": as_of,
        "events": [],
        "applied": [],
        "dismissed": [],
    }


def newest_of(profiles: Iterable[Profile]) -> list[Profile]:
    """Keep the newest version for each candidate, in the order of their ids."""
    newest: dict[str, Profile] = {}
    for profile in profiles:
        held = newest.get(profile["candidate_id"])
        if held is None or held["version"] < profile["version"]:
            newest[profile["candidate_id"]] = profile
    return [newest[candidate_id] for candidate_id in sorted(newest)]


def recommendation_id(profile: Profile, versions: Versions) -> str:
    """Hash what a list is made from: candidate, profile, model and catalogue versions."""
    parts = (
        profile["candidate_id"],
        str(profile["version"]),
        versions.model_name,
        versions.model_version,
        str(versions.catalogue_version),
    )
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def unknown_postings(profile: Mapping[str, Any], bundle: Bundle) -> int:
    """Count the events of a profile whose posting the catalogue does not hold (yet)."""
    ids = known_ids(bundle)
    return sum(event["posting_id"] not in ids for event in profile["events"])


def _readable(values: Iterable[bytes | None]) -> Iterator[Profile]:
    for value in values:
        with suppress(Unreadable):
            yield read_value(value, PROFILES)


def _triggers(profiles: Iterable[Profile]) -> list[float]:
    """When the events behind some profiles were produced; a stated part is no event."""
    named = (profile.get("triggered_by") or {} for profile in profiles)
    return [from_text(t["produced_at"]).timestamp() for t in named if t.get("event_id")]


def _value(profile: Profile, items: list[RankedItem], versions: Versions) -> dict[str, Any]:
    value = {
        "schema_version": SCHEMA_VERSION,
        "recommendation_id": recommendation_id(profile, versions),
        "candidate_id": profile["candidate_id"],
        "personal": profile["candidate_id"] != EVERYONE,
        "profile_version": profile["version"],
        "model_name": versions.model_name,
        "model_version": versions.model_version,
        "catalogue_version": versions.catalogue_version,
        "as_of": profile["as_of"],
        "items": items,
    }
    if profile.get("triggered_by"):
        value["triggered_by"] = profile["triggered_by"]
    return value


def _lists(
    profiles: Iterable[Profile], bundle: Bundle, size: int, observed: Observed
) -> Iterator[pa.RecordBatch]:
    """Rank for some profiles, as messages, a chunk at a time."""
    for chunk in _chunks(profiles, CHUNK):
        yield _messages(recommendations(chunk, bundle, size))
        _observe(observed, chunk, bundle)


def _observe(observed: Observed, profiles: Sequence[Profile], bundle: Bundle) -> None:
    """Count what was scored."""
    observed.profiles.add(len(profiles))
    observed.as_of.add(max(profile["as_of"] for profile in profiles))
    observed.unknown_postings.add(sum(unknown_postings(p, bundle) for p in profiles))
    observed.triggers.add(_triggers(profiles))


def _messages(values: list[dict[str, Any]]) -> pa.RecordBatch:
    topic = RECOMMENDATIONS.name
    return arrow_messages((topic, one["candidate_id"], orjson.dumps(one), None) for one in values)


def _chunks(profiles: Iterable[Profile], size: int) -> Iterator[list[Profile]]:
    rest = iter(profiles)
    while chunk := list(islice(rest, size)):
        yield chunk
