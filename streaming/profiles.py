"""The hot path: events and stated parts become profiles, in keyed state, with no table in the way.

One query reads both topics. What cannot be read rides along and leaves as a dead letter, so that
the source is read once.

Guarantee: the state is exactly the fold of what was read (Spark's checkpoint); the topic may repeat
a value after a crash, with the same bytes under the same key.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.streaming.stateful_processor import (
    StatefulProcessor,
    StatefulProcessorHandle,
    TimerValues,
)

from streaming.clock import SPARK_FORMAT
from streaming.dead_letters import dead_letter_headers, dead_letter_key, deletion, wrong_key
from streaming.decode import ERROR_TYPE, decode
from streaming.fold import EventSeen, Seen, StatedSeen, fold
from streaming.metrics.tally import Tally
from streaming.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PROFILES

OUTPUT = "topic string, key string, value binary, headers array<struct<key: string, value: binary>>"
STATE = "profile string"
EVENT_FIELDS = ("event_id", "posting_id", "kind", "duration_seconds")
JOB = "update_profiles"


def update_profiles(messages: DataFrame, folded: Tally, letters: Tally) -> DataFrame:
    """Fold the messages of `events` and `candidates` into profiles.

    Args:
        messages: stream of Spark's Kafka source over both topics, `topic` without its prefix.
        folded: counts what the fold made of the records.
        letters: counts dead letters.

    Returns:
        Messages for Spark's Kafka sink (`topic` without prefix, key, value, headers): one profile
        for each candidate that changed in the batch, one dead letter for each unreadable message.
    """
    return (
        observations(messages)
        .groupBy("route")
        .transformWithState(
            statefulProcessor=ProfileProcessor(folded, letters),
            outputStructType=OUTPUT,
            outputMode="update",
            timeMode="none",
        )
        .select("topic", "key", "value", "headers")
    )


def observations(messages: DataFrame) -> DataFrame:
    """Decode both topics into one shape: an event, a stated part or an error, and its route.

    The route is the candidate; for an error, which belongs to nobody, its own place in Kafka.
    """
    is_event = F.col("topic") == EVENTS.name
    # Each topic's values are hidden from the other's decoding, which a null costs nothing.
    as_events = messages.withColumns({"raw": F.col("value"), "value": _only(is_event)})
    events = decode(as_events, EVENTS).withColumnsRenamed({"record": "event", "error": "bad_event"})
    both = decode(events.withColumn("value", _only(~is_event, "raw")), CANDIDATES)
    error = (
        F.when(is_event, F.coalesce("bad_event", wrong_key(F.col("event.candidate_id"))))
        .when(F.col("deleted"), F.lit(None).cast(ERROR_TYPE))
        .otherwise(F.coalesce("error", wrong_key(F.col("record.candidate_id"))))
    )
    candidate_id = F.when(is_event, F.col("event.candidate_id")).otherwise(
        F.col("key").cast("string")
    )
    named = (
        both.withColumn("deleted", ~is_event & deletion())
        .withColumn("error", error)
        .withColumn("candidate_id", candidate_id)
    )
    bad = F.col("error").isNotNull()
    return named.select(
        F.when(bad, F.concat(F.lit("!"), dead_letter_key()))
        .otherwise(F.concat(F.lit("="), "candidate_id"))
        .alias("route"),
        "topic",
        F.col("offset"),
        _text_time("timestamp").alias("produced_at"),
        *(F.col(f"event.{name}").alias(name) for name in EVENT_FIELDS),
        _text_time("event.event_time").alias("event_time"),
        F.when(~is_event & ~bad, _stated_json()).alias("stated"),
        F.when(bad, dead_letter_key()).alias("dead_key"),
        F.when(bad, F.col("raw")).alias("dead_value"),
        F.when(bad, dead_letter_headers(JOB)).alias("dead_headers"),
    )


def _only(condition: Column, column: str = "value") -> Column:
    return F.when(condition, F.col(column))


def _text_time(column: str) -> Column:
    return F.date_format(column, SPARK_FORMAT)


def _stated_json() -> Column:
    """The stated part as JSON; of a deleted one only when that was."""
    told = F.col("record").dropFields("candidate_id", "schema_version")
    told = told.withField("updated_at", _text_time("record.updated_at"))
    empty = F.struct(_text_time("timestamp").alias("updated_at"))
    return F.when(F.col("deleted"), F.to_json(empty)).otherwise(F.to_json(told))


class ProfileProcessor(StatefulProcessor):
    """Keeps one profile for each candidate, as the JSON document that is also published.

    A document in one Avro field: a new field of the profile needs no new state schema, and Python
    parses it in one call instead of building a row object for each of a thousand entries.
    """

    def __init__(self, folded: Tally, letters: Tally) -> None:
        self._folded, self._letters = folded, letters

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Open the state."""
        self._outcomes: Counter[str] = Counter()
        self._profile = handle.getValueState("profile", STATE)

    def handleInputRows(  # type: ignore[override]  # noqa: N802 - Spark's name; it gives rows here
        self,
        key: Any,
        rows: Iterator[Row],
        timerValues: TimerValues,  # noqa: N803 - Spark's name
    ) -> Iterator[Row]:
        """Fold a candidate's records of this batch, or pass a broken message on."""
        del timerValues
        route: str = key[0]
        if route.startswith("!"):
            for row in rows:
                told = {header["key"]: bytes(header["value"]) for header in row.dead_headers}
                self._letters.add(Counter({(JOB, row.topic, told["reason"].decode()): 1}))
                yield _dead_letter(row)
            return
        seen = sorted((_seen(row) for row in rows), key=lambda s: s.offset)
        state = self._profile.get()
        before = None if state is None else orjson.loads(state[0])
        folded = fold(before, seen, route[1:])
        for outcome, count in folded.counts.items():
            self._outcomes[outcome] += count
        if folded.changed:
            value = orjson.dumps(folded.profile)
            self._profile.update((value.decode(),))
            yield Row(topic=PROFILES.name, key=route[1:], value=value, headers=None)

    def close(self) -> None:
        """Tell what was counted, once a task: an accumulator costs more than the addition."""
        self._folded.add(Counter({(outcome,): n for outcome, n in self._outcomes.items() if n}))


def _seen(row: Row) -> Seen:
    if row.stated is not None:
        return StatedSeen(orjson.loads(row.stated), row.offset, row.produced_at)
    return EventSeen(
        event_id=row.event_id,
        posting_id=row.posting_id,
        kind=row.kind,
        event_time=row.event_time,
        offset=row.offset,
        produced_at=row.produced_at,
        duration_seconds=row.duration_seconds,
    )


def _dead_letter(row: Row) -> Row:
    return Row(
        topic=DEAD_LETTERS.name, key=row.dead_key, value=row.dead_value, headers=row.dead_headers
    )
