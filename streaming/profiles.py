"""The hot path: events and stated parts become profiles, in keyed state, with no table in the way.

One query reads both topics. A message is read where its candidate is folded, in Python: to have
Spark plan the checks of `streaming.decode` for each batch took most of the batch's time. What
cannot be read leaves as a dead letter, so that the source is read once.

Guarantee: the state is exactly the fold of what was read (Spark's checkpoint); the topic may repeat
a value after a crash, with the same bytes under the same key.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import orjson
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.streaming.stateful_processor import (
    StatefulProcessor,
    StatefulProcessorHandle,
    TimerValues,
)

from streaming.clock import SPARK_FORMAT
from streaming.dead_letters import headers_of
from streaming.decode import Fault
from streaming.fold import EventSeen, Seen, StatedSeen, fold
from streaming.kafka import MESSAGE
from streaming.metrics.tally import Tally
from streaming.records import EVERYONE, MAX_ID_LENGTH
from streaming.shards import shard
from streaming.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PROFILES
from streaming.values import Unreadable, read_value

CANDIDATE = "candidate_id string"
STATE = "profile string"
EVENT_FIELDS = ("event_id", "posting_id", "kind", "event_time", "duration_seconds")
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
        .groupBy("shard")
        .transformWithState(
            statefulProcessor=ProfileProcessor(folded, letters),
            outputStructType=MESSAGE,
            outputMode="update",
            timeMode="none",
        )
        .select("topic", "key", "value", "headers")
    )


def observations(messages: DataFrame) -> DataFrame:
    """Give each message of both topics its shard; what it says is read where it is folded.

    `candidate_id` is what the key names, null for a key that can name none.
    """
    key = F.col("key").cast("string")
    is_id = F.is_valid_utf8(key) & F.char_length(key).between(1, MAX_ID_LENGTH)
    whose = F.coalesce("key", F.lit(b""))
    return messages.select(
        shard(whose),
        F.when(is_id, key).alias("candidate_id"),
        "topic",
        "partition",
        "offset",
        F.date_format("timestamp", SPARK_FORMAT).alias("produced_at"),
        "key",
        "value",
    )


class ProfileProcessor(StatefulProcessor):
    """Keeps the profiles of a shard's candidates, each as the JSON document that is published.

    A document in one Avro field: a new field of the profile needs no new state schema, and Python
    parses it in one call instead of building a row object for each of a thousand entries.
    """

    def __init__(self, folded: Tally, letters: Tally) -> None:
        self._folded, self._letters = folded, letters

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Open the state."""
        self._outcomes: Counter[str] = Counter()
        self._unread: Counter[tuple[str, ...]] = Counter()
        self._profiles = handle.getMapState("profiles", CANDIDATE, STATE)

    def handleInputRows(  # type: ignore[override]  # noqa: N802 - Spark's name; it gives rows here
        self,
        key: Any,
        rows: Iterator[Row],
        timerValues: TimerValues,  # noqa: N803 - Spark's name
    ) -> Iterator[Row]:
        """Fold the records of this batch, candidate by candidate; pass on what cannot be read."""
        del key, timerValues
        everybody: defaultdict[str, list[Seen]] = defaultdict(list)
        for row in rows:
            try:
                everybody[row.candidate_id].append(_seen(row))
            except Unreadable as unreadable:
                self._unread[JOB, row.topic, unreadable.fault.value] += 1
                yield _dead_letter(row, unreadable)
        for candidate_id, seen in everybody.items():
            if seen:
                yield from self._fold(candidate_id, seen)

    def _fold(self, candidate_id: str, seen: list[Seen]) -> Iterator[Row]:
        state = self._profiles.getValue((candidate_id,))
        before = None if state is None else orjson.loads(state[0])
        folded = fold(before, sorted(seen, key=lambda s: s.offset), candidate_id)
        for outcome, count in folded.counts.items():
            self._outcomes[outcome] += count
        if folded.changed:
            value = orjson.dumps(folded.profile)
            self._profiles.updateValue((candidate_id,), (value.decode(),))
            yield Row(topic=PROFILES.name, key=candidate_id, value=value, headers=None)

    def close(self) -> None:
        """Tell what was counted, once a task: an accumulator costs more than the addition."""
        self._folded.add(Counter({(outcome,): n for outcome, n in self._outcomes.items() if n}))
        self._letters.add(self._unread)


def _seen(row: Row) -> Seen:
    """Read a message.

    Raises:
        Unreadable: why it cannot be.
    """
    is_event, candidate_id = row.topic == EVENTS.name, row.candidate_id
    deletes = not is_event and row.value is None and candidate_id not in (None, EVERYONE)
    if deletes:
        return StatedSeen({"updated_at": row.produced_at}, row.offset, row.produced_at)
    value = None if row.value is None else bytes(row.value)
    record = read_value(value, EVENTS if is_event else CANDIDATES, row.produced_at)
    named = record.pop("candidate_id")
    if named != candidate_id:
        raise Unreadable(Fault.WRONG_KEY, f"the key must be the value's own id '{named}'")
    if is_event:
        said: Any = {name: record.get(name) for name in EVENT_FIELDS}
        return EventSeen(**said, offset=row.offset, produced_at=row.produced_at)
    del record["schema_version"]
    return StatedSeen(record, row.offset, row.produced_at)


def _dead_letter(row: Row, unreadable: Unreadable) -> Row:
    place = f"{row.topic}/{row.partition}/{row.offset}"
    key = None if row.key is None else bytes(row.key)
    headers = headers_of(place, unreadable.fault, unreadable.text, job=JOB, key=key)
    return Row(topic=DEAD_LETTERS.name, key=place, value=row.value, headers=headers)
