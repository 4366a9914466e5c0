"""The hot path: events and stated parts become profiles, in keyed state, with no table in the way.

One query reads both topics. A message is read in Python (`streaming.profiles.message_reader`), by
the worker that folds it: to have Spark plan the checks for each batch took most of the batch's
time, and to read it in one worker for another most of what was left. What cannot be read leaves as
a dead letter, so that the source is read once.

Guarantee: the state is exactly the fold of what was read (Spark's checkpoint); the topic may repeat
a value after a crash, with the same bytes under the same key.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa
from pyspark.serializers import CPickleSerializer
from pyspark.sql import DataFrame, GroupedData
from pyspark.sql.streaming.stateful_processor import StatefulProcessorHandle, TimerValues

from streaming.contract.topics import PROFILES, Topic
from streaming.kafka.spark_io import MESSAGE, arrow_messages
from streaming.metrics.accumulators import Tally
from streaming.profiles.fold import Document, Seen, fold
from streaming.profiles.message_reader import Found, divide, read, sharded
from streaming.profiles.state_shards import Shards
from streaming.spark.internals.arrow_operator import ArrowProcessor
from streaming.spark.internals.state_client import Documents

Answers = Callable[[list[Document]], Iterable[tuple[Topic, str, bytes]]]
"""Some profiles to messages: topic, key and value."""
TOGETHER = 64
"""Candidates that are folded in one go."""
ANSWERED = 8
"""Profiles that are answered in one go: these answers leave while the next are made."""
JOB = "update_profiles"
_SERIALIZER: Any = CPickleSerializer()
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def update_profiles(
    messages: DataFrame,
    shards: Shards,
    processor: ArrowProcessor,
    begin: GroupedData | None = None,
) -> DataFrame:
    """Fold the messages of `events` and `candidates` into profiles.

    Args:
        messages: stream of Spark's Kafka source over both topics, `topic` without its prefix.
        shards: of the state.
        processor: a `ProfileProcessor`.
        begin: what the processor makes the first state of, by shard.

    Returns:
        Messages for Spark's Kafka sink (`topic` without prefix, key, value, headers): one profile
        for each candidate that changed in the batch, and what the processor makes of it; one dead
        letter for each unreadable message.
    """
    return (
        sharded(messages, shards)
        .groupBy("shard")
        .transformWithState(
            statefulProcessor=processor,
            outputStructType=MESSAGE,
            outputMode="update",
            timeMode="none",
            initialState=begin,
        )
    )


class ProfileProcessor(ArrowProcessor):
    """Keeps the profiles of a shard's candidates, each as the JSON document that is published.

    A document in one Avro field, written `in_ascii`: a new field of the profile needs no new state
    schema, and Python parses it in one call instead of building a row object for each of a thousand
    entries.

    Args:
        folded: counts what the fold made of the records.
        letters: counts dead letters.
        answers: makes messages of some changed profiles, sent behind them; none: nothing.
    """

    def __init__(self, folded: Tally, letters: Tally, answers: Answers | None = None) -> None:
        self._folded, self._letters = folded, letters
        # Apart: Spark has a process of its own ask each start for the state's schema, and to load a
        # model's libraries there would take seconds.
        self._answers = None if answers is None else _SERIALIZER.dumps(answers)

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Open the state."""
        self._outcomes: Counter[str] = Counter()
        self._unread: Counter[tuple[str, ...]] = Counter()
        self._profiles = Documents(handle, "profiles")

    def handleInputRows(  # noqa: N802 - Spark's name; record batches here
        self,
        key: Any,
        rows: Iterator[pa.RecordBatch],
        timerValues: TimerValues,  # noqa: N803 - Spark's name
    ) -> Iterator[pa.RecordBatch]:
        """Fold the messages of this batch, candidate by candidate; pass on the dead letters."""
        del key, timerValues
        for part in divide(list(rows)):
            yield from self._fold_part(part)

    def _fold_part(self, part: Sequence[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Fold all that there is of some candidates; send what has changed and the dead letters."""
        seen: defaultdict[str, list[Seen]] = defaultdict(list)
        for messages in part:
            found = read(messages, JOB)
            yield from self._bury(found)
            for candidate_id, records in found.seen.items():
                seen[candidate_id] += records
        everybody = iter(seen.items())
        while some := dict(islice(everybody, TOGETHER)):
            if changed := self._fold(some):
                yield arrow_messages(
                    (PROFILES.name, candidate_id, value, None)
                    for candidate_id, (_, value) in changed.items()
                )
                yield from self._answer([profile for profile, _ in changed.values()])

    def _bury(self, found: Found) -> Iterator[pa.RecordBatch]:
        """Send dead letters, and count them."""
        self._unread += found.unread
        for start in range(0, len(found.letters), TOGETHER):
            yield arrow_messages(found.letters[start : start + TOGETHER])

    def _answer(self, profiles: list[Document]) -> Iterator[pa.RecordBatch]:
        """Make what is sent behind some changed profiles."""
        if self._answers is None:
            return
        answers: Answers = _SERIALIZER.loads(self._answers)
        for start in range(0, len(profiles), ANSWERED):
            made = answers(profiles[start : start + ANSWERED])
            yield arrow_messages((topic.name, key, value, None) for topic, key, value in made)

    def _fold(self, records: Mapping[str, list[Seen]]) -> dict[str, tuple[Document, bytes]]:
        """Fold the records of some candidates; return what changed, and its bytes."""
        changed: dict[str, tuple[Document, bytes]] = {}
        held = self._profiles.get(list(records))
        for (candidate_id, seen), document in zip(records.items(), held, strict=True):
            before = None if document is None else orjson.loads(document)
            folded = fold(before, sorted(seen, key=lambda s: s.offset), candidate_id)
            for outcome, count in folded.counts.items():
                self._outcomes[outcome] += count
            if folded.profile is not None and folded.changed:
                changed[candidate_id] = folded.profile, orjson.dumps(folded.profile)
        documents = {name: in_ascii(value.decode()) for name, (_, value) in changed.items()}
        self._profiles.put(documents)
        return changed

    def close(self) -> None:
        """Tell what was counted, once a task: an accumulator costs more than the addition."""
        self._profiles.leave()
        self._folded.add(Counter({(outcome,): n for outcome, n in self._outcomes.items() if n}))
        self._letters.add(self._unread)


def in_ascii(document: str) -> str:
    """Write a JSON document with escapes for what is not ASCII.

    Of text in ASCII the JVM holds a byte a character, and a copy is all that it takes to read or
    write it as UTF-8. A single Chinese word made it go through the whole document, four times.
    """
    return document if document.isascii() else _NOT_ASCII.sub(_escaped, document)


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]
