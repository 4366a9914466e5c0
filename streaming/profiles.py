"""The hot path: events and stated parts become profiles, in keyed state, with no table in the way.

One query reads both topics. A message is read in Python (`streaming.reading`): to have Spark plan
the checks of `streaming.decode` for each batch took most of the batch's time. What cannot be read
leaves as a dead letter, so that the source is read once.

Guarantee: the state is exactly the fold of what was read (Spark's checkpoint); the topic may repeat
a value after a crash, with the same bytes under the same key.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import orjson
from pyspark.sql import DataFrame, Row
from pyspark.sql.streaming.stateful_processor import (
    StatefulProcessor,
    StatefulProcessorHandle,
    TimerValues,
)

from streaming.fold import Seen, fold
from streaming.kafka import MESSAGE
from streaming.metrics.tally import Tally
from streaming.reading import read_packed, unpack
from streaming.topics import PROFILES

CANDIDATE = "candidate_id string"
STATE = "profile string"
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
        read_packed(messages, JOB, letters)
        .groupBy("shard")
        .transformWithState(
            statefulProcessor=ProfileProcessor(folded),
            outputStructType=MESSAGE,
            outputMode="update",
            timeMode="none",
        )
        .select("topic", "key", "value", "headers")
    )


class ProfileProcessor(StatefulProcessor):
    """Keeps the profiles of a shard's candidates, each as the JSON document that is published.

    A document in one Avro field: a new field of the profile needs no new state schema, and Python
    parses it in one call instead of building a row object for each of a thousand entries.
    """

    def __init__(self, folded: Tally) -> None:
        self._folded = folded

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Open the state."""
        self._outcomes: Counter[str] = Counter()
        self._profiles = handle.getMapState("profiles", CANDIDATE, STATE)

    def handleInputRows(  # type: ignore[override]  # noqa: N802 - Spark's name; it gives rows here
        self,
        key: Any,
        rows: Iterator[Row],
        timerValues: TimerValues,  # noqa: N803 - Spark's name
    ) -> Iterator[Row]:
        """Fold the records of this batch, candidate by candidate; pass on the dead letters."""
        del key, timerValues
        everybody: defaultdict[str, list[Seen]] = defaultdict(list)
        for row in rows:
            if row.records is None:
                yield Row(topic=row.topic, key=row.key, value=row.value, headers=row.headers)
                continue
            for candidate_id, seen in unpack(row.records):
                everybody[candidate_id] += seen
        for candidate_id, seen in everybody.items():
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
