"""Scoring: from a batch of profiles to recommendations, with the versions of the batch.

Guarantee: a retry repeats the same bytes under the same keys. The versions of a batch are recorded
before it is scored (`batch_versions`), and a list depends on its profile and the versions alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession

from streaming.contract.json_parser import DecodeError
from streaming.contract.topics import LIST_TOPICS, PROFILES, RECOMMENDATIONS, Topic
from streaming.contract.value_decoder import read_value
from streaming.kafka.spark_io import MESSAGE_SCHEMA, to_arrow
from streaming.metrics.scoring_counters import ScoringCounters
from streaming.serving.bundles import Bundle
from streaming.serving.list_values import anonymous_profile, make_recommendations
from streaming.serving.ranker import Profile
from streaming.serving.rollouts.assigned_lists import make_assigned_lists
from streaming.timestamps import parse_timestamp

CHUNK = 64
"""Profiles ranked in one call."""


def recommend(
    profiles: DataFrame, bundle: Bundle, size: int, counters: ScoringCounters
) -> DataFrame:
    """Score the newest version of each profile in a batch of the topic profiles.

    A Kafka partition holds all versions of a profile, and Spark reads it in one task. So no shuffle
    is needed to find the newest. What is no profile is left out; the job archive reports it.

    Returns:
        Messages for the Kafka sink (`spark_io.MESSAGE_SCHEMA`): lists of at most `size` postings,
        and a null value for each candidate who was erased.
    """

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        newest = read_newest(batches)
        yield from _nulls(newest.erased)
        yield from _list_batches(newest.profiles, bundle, size, counters)

    return profiles.select("key", "value").mapInArrow(score, MESSAGE_SCHEMA)


def add_recommendations(
    messages: DataFrame, bundle: Bundle, size: int, counters: ScoringCounters
) -> DataFrame:
    """Score the profiles among the messages that one batch of the profile operator emits.

    The messages are for the Kafka sink (`spark_io.MESSAGE_SCHEMA`), with at most one profile for
    each candidate. Returned are the same ones, and lists of at most `size` postings; a null value
    where the profile is one.
    """

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield batch
            values = batch.filter(pc.equal(batch.column("topic"), PROFILES.name))
            is_null = pc.is_null(values.column("value"))
            yield from _nulls(values.filter(is_null).column("key").to_pylist())
            kept = values.filter(pc.invert(is_null)).column("value")
            profiles = (orjson.loads(value.as_py()) for value in kept)
            yield from _list_batches(profiles, bundle, size, counters)

    return messages.mapInArrow(score, MESSAGE_SCHEMA)


@dataclass(frozen=True)
class InlineScorer:
    """Scores profiles in the task that folded them: a callback of the profile operator."""

    bundle: Callable[[], Bundle]
    """Returns, in each task, the bundle of its batch."""
    size: int
    """Maximum number of postings in a list."""
    counters: ScoringCounters
    """Incremented as the workers score."""

    def __call__(self, profiles: Sequence[Profile]) -> Iterator[tuple[Topic, str, bytes]]:
        """Yield topic, key and value of each profile's list."""
        bundle = self.bundle()
        for topic, value in make_assigned_lists(profiles, bundle, self.size, self.counters):
            yield topic, value["candidate_id"], orjson.dumps(value)
        _count(self.counters, profiles, bundle)


def recommend_anonymous(spark: SparkSession, bundle: Bundle, as_of: str, size: int) -> DataFrame:
    """Make the list for anonymous visitors, as one message for the Kafka sink."""
    profile = orjson.dumps(anonymous_profile(as_of))

    def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for value in batch.column("value").to_pylist():
                made = make_recommendations([orjson.loads(value)], bundle, size)
                yield _messages((RECOMMENDATIONS, one) for one in made)

    return spark.createDataFrame([(profile,)], "value binary").mapInArrow(score, MESSAGE_SCHEMA)


def warm_up_workers(spark: SparkSession, bundle: Bundle, *, workers_per_task: int = 1) -> None:
    """Have every worker load a bundle: on all cores at once, each ranks for profiles of each kind.

    A ranker may read other files for a profile with an event than for an empty one or for one that
    states something, and needs other libraries. A task uses
    `workers_per_task` Python workers at a time: two where one folds and another scores. Any more
    would stay and take turns with the others, each with a model in its memory.
    """
    cores, moment = spark.sparkContext.defaultParallelism, "1970-01-01T00:00:00.000000Z"
    empty = anonymous_profile(moment)

    def load(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        viewed = [
            {"event_id": "", "posting_id": one, "kind": "view", "event_time": moment, "offset": 0}
            for one in islice(bundle.posting_ids(), 1)
        ]
        stated = {"updated_at": moment, "wishes": ["work"]}
        kinds = [empty, {**empty, "events": viewed}, {**empty, "stated": stated}]
        for batch in batches:
            for one in filter(None, (bundle, bundle.challenger)):
                make_recommendations(kinds, one, 1)
            yield batch

    one_row_per_core: DataFrame = spark.range(0, cores, 1, cores)
    for _ in range(workers_per_task):
        one_row_per_core = one_row_per_core.mapInArrow(load, "id long")
    one_row_per_core.count()


@dataclass(frozen=True)
class NewestProfiles:
    """What some messages of the topic profiles say at last."""

    profiles: list[Profile]
    """The newest version for each candidate, in the order of their ids."""
    erased: list[str]
    """Candidates whose last message is a null value."""


def read_newest(batches: Iterable[pa.RecordBatch]) -> NewestProfiles:
    """Read messages of the topic profiles: `key` and `value`, in the order of each partition.

    A null value forgets the versions before it. What is no profile is left out.
    """
    newest: dict[str, Profile | None] = {}
    for batch in batches:
        pairs = zip(batch.column("key").to_pylist(), batch.column("value").to_pylist(), strict=True)
        for key, value in pairs:
            if value is None:
                newest[(key or b"").decode(errors="replace")] = None
                continue
            with suppress(DecodeError):
                profile = read_value(value, PROFILES)
                held = newest.get(profile["candidate_id"])
                if held is None or held["version"] < profile["version"]:
                    newest[profile["candidate_id"]] = profile
    in_order = [newest[candidate_id] for candidate_id in sorted(newest)]
    return NewestProfiles(
        [profile for profile in in_order if profile is not None],
        sorted(key for key, profile in newest.items() if profile is None),
    )


def _list_batches(
    profiles: Iterable[Profile], bundle: Bundle, size: int, counters: ScoringCounters
) -> Iterator[pa.RecordBatch]:
    for chunk in _chunks(profiles):
        yield _messages(make_assigned_lists(chunk, bundle, size, counters))
        _count(counters, chunk, bundle)


def _chunks(profiles: Iterable[Profile]) -> Iterator[list[Profile]]:
    rest = iter(profiles)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _nulls(candidate_ids: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if candidate_ids:
        yield to_arrow((to.name, key, None, None) for to in LIST_TOPICS for key in candidate_ids)


def _messages(values: Iterable[tuple[Topic, dict[str, Any]]]) -> pa.RecordBatch:
    return to_arrow((to.name, v["candidate_id"], orjson.dumps(v), None) for to, v in values)


def _count(counters: ScoringCounters, profiles: Sequence[Profile], bundle: Bundle) -> None:
    counters.profiles.add(len(profiles))
    counters.newest_as_of.add(max(profile["as_of"] for profile in profiles))
    known = bundle.posting_ids()
    events = (event for profile in profiles for event in profile["events"])
    counters.unknown_postings.add(sum(event["posting_id"] not in known for event in events))
    counters.trigger_times.add(_trigger_times(profiles))


def _trigger_times(profiles: Iterable[Profile]) -> list[float]:
    """Return when the events that changed the profiles were produced, seconds since 1970."""
    triggers = (profile.get("triggered_by") or {} for profile in profiles)
    # A stated part also changes a profile, but is no event.
    return [parse_timestamp(t["produced_at"]).timestamp() for t in triggers if t.get("event_id")]
