"""The operator that folds events and stated parts into profiles, in keyed state.

One query reads both topics. A message is read in Python (`message_reader`), by the worker that
folds it: Spark would plan the checks anew for each batch, and a worker for reading alone would make
each batch wait for two. A message that cannot be read leaves as a dead letter by the same sink, so
that the source is read once.

Guarantee: the state is exactly the fold of what was read (Spark's checkpoint). After a crash the
topic may repeat a value, with the same bytes under the same key.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

import orjson
import pyarrow as pa
from pyspark.serializers import CPickleSerializer
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.streaming.stateful_processor import StatefulProcessorHandle

from streaming.contract.topics import LIST_TOPICS, PROFILES, Topic
from streaming.kafka.spark_io import MESSAGE_SCHEMA, to_arrow
from streaming.metrics.accumulators import LabelledCounter
from streaming.privacy.pseudonyms import Pseudonyms
from streaming.profiles.documents import open_documents
from streaming.profiles.fences import Fence, fold_behind, is_fenced
from streaming.profiles.fold import Document, Received, fold
from streaming.profiles.message_reader import (
    ReadMessages,
    read_messages,
    split_by_key,
    with_shards,
)
from streaming.profiles.state_shards import Shards
from streaming.settings import Tuning
from streaming.spark.keyed_operator import stateful_processor

ProfileScorer = Callable[[list[Document]], Iterable[tuple[Topic, str, bytes]]]
"""From some profiles to messages: topic, key and value."""
JOB = "update_profiles"
FOLD_SIZE = 64
"""Candidates whose documents are read, folded and written together."""
SCORE_SIZE = 8
"""Profiles that are scored together; their lists leave while the next are made."""
Changed = dict[str, tuple[Document | None, bytes | None]]
"""By candidate the changed profile and its bytes; None where the candidate was erased."""
_SERIALIZER: Any = CPickleSerializer()
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


class ProfileOperator:
    """Keeps the profiles of a shard's candidates, each as the JSON document that is published.

    It is a `BatchOperator` of `streaming.spark.internals`. A document is one string, written by
    `to_ascii`: a new field of the profile needs no new state schema, and Python parses it in one
    call instead of building a row object for each of a thousand entries.

    `tuned` holds the parts of `streaming.spark.tuning` that are on. The messages that `scorer`
    makes from changed profiles are sent after them. `pseudonyms` stand in place of ids, if given.
    """

    def __init__(
        self,
        fold_counts: LabelledCounter,
        dead_letter_counts: LabelledCounter,
        tuned: Collection[Tuning],
        scorer: ProfileScorer | None = None,
        *,
        pseudonyms: Pseudonyms | None = None,
    ) -> None:
        self.tuned = frozenset(tuned)
        self._pseudonyms = pseudonyms
        self._fold_counts, self._dead_letter_counts = fold_counts, dead_letter_counts
        # Pickled apart: at each start Spark has a process of its own unpickle the operator to ask
        # for the state's schema, and to import a model's libraries there would take seconds.
        self._scorer = None if scorer is None else _SERIALIZER.dumps(scorer)

    def open(self, handle: StatefulProcessorHandle) -> None:
        """Open the state."""
        self._outcomes: Counter[str] = Counter()
        self._unreadable: Counter[tuple[str, ...]] = Counter()
        self._profiles = open_documents(handle, "profiles", self.tuned)

    def load_initial(self, rows: pa.RecordBatch) -> None:
        """Keep rebuilt profiles (`rebuild.REBUILT`) as they are."""
        ids, documents = rows.column("candidate_id").to_pylist(), rows.column("profile").to_pylist()
        self._profiles.put({who: to_ascii(own) for who, own in zip(ids, documents, strict=True)})

    def process(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Fold a shard's messages, candidate by candidate; pass on the dead letters."""
        for part in split_by_key(list(batches)):
            yield from self._fold_part(part)

    def close(self) -> None:
        """Close the state, and add the counts: an accumulator costs more than an addition."""
        self._profiles.close()
        self._fold_counts.add(Counter({(name,): n for name, n in self._outcomes.items() if n}))
        self._dead_letter_counts.add(self._unreadable)

    def _fold_part(self, part: Sequence[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        received: defaultdict[str, list[Received]] = defaultdict(list)
        fences: dict[str, Fence] = {}
        for batch in part:
            messages = read_messages(batch, JOB, self._pseudonyms)
            fences |= messages.fences
            yield from self._dead_letters(messages)
            for candidate_id, records in messages.received.items():
                received[candidate_id] += records
        candidates = iter(received.items())
        while group := dict(islice(candidates, FOLD_SIZE)):
            if changed := self._fold(group, fences):
                yield to_arrow(
                    (PROFILES.name, candidate_id, value, None)
                    for candidate_id, (_, value) in changed.items()
                )
                yield from self._score([p for p, _ in changed.values() if p is not None])
                yield from self._forget([key for key, (p, _) in changed.items() if p is None])

    def _dead_letters(self, messages: ReadMessages) -> Iterator[pa.RecordBatch]:
        self._unreadable += messages.unreadable
        letters = messages.dead_letters
        for start in range(0, len(letters), FOLD_SIZE):
            yield to_arrow(letters[start : start + FOLD_SIZE])

    def _score(self, profiles: list[Document]) -> Iterator[pa.RecordBatch]:
        if self._scorer is None:
            return
        scorer: ProfileScorer = _SERIALIZER.loads(self._scorer)
        for start in range(0, len(profiles), SCORE_SIZE):
            messages = scorer(profiles[start : start + SCORE_SIZE])
            yield to_arrow((topic.name, key, value, None) for topic, key, value in messages)

    def _forget(self, candidate_ids: list[str]) -> Iterator[pa.RecordBatch]:
        """Delete the lists of candidates that were erased, where this query makes lists."""
        if self._scorer is not None and candidate_ids:
            pairs = product(LIST_TOPICS, candidate_ids)
            yield to_arrow((topic.name, key, None, None) for topic, key in pairs)

    def _fold(self, records: Mapping[str, list[Received]], fences: Mapping[str, Fence]) -> Changed:
        """Fold the records of some candidates."""
        changed: Changed = {}
        kept: dict[str, bytes] = {}
        documents = self._profiles.get(list(records))
        for (candidate_id, received), document in zip(records.items(), documents, strict=True):
            before = None if document is None else orjson.loads(document)
            ordered = sorted(received, key=lambda r: r.offset)
            if candidate_id in fences or is_fenced(before):
                fenced = fold_behind(before, ordered, candidate_id, fences.get(candidate_id))
                self._outcomes.update(fenced.counts)
                kept[candidate_id] = orjson.dumps(fenced.document())
                if fenced.changed:
                    value = None if fenced.profile is None else orjson.dumps(fenced.profile)
                    changed[candidate_id] = fenced.profile, value
                continue
            folded = fold(before, ordered, candidate_id)
            for outcome, count in folded.counts.items():
                self._outcomes[outcome] += count
            if folded.profile is not None and folded.changed:
                value = kept[candidate_id] = orjson.dumps(folded.profile)
                changed[candidate_id] = folded.profile, value
        self._profiles.put({key: to_ascii(value.decode()) for key, value in kept.items()})
        return changed


def update_profiles(
    messages: DataFrame,
    shards: Shards,
    operator: ProfileOperator,
    initial_state: DataFrame | None = None,
) -> DataFrame:
    """Fold the messages of `events` and `candidates` into profiles.

    The messages are a stream of Spark's Kafka source over both topics, `topic` without its prefix.
    `initial_state` holds rows of `rebuild.REBUILT`.

    Returns:
        Messages for Spark's Kafka sink (`spark_io.MESSAGE_SCHEMA`): one profile for each candidate
        that changed in the batch, what the operator's scorer makes of it, and one dead letter for
        each unreadable message.
    """
    initial = None
    if initial_state is not None:
        shard = shards.column(F.col("candidate_id").cast("binary"))
        initial = initial_state.select(shard, "candidate_id", "profile").groupBy("shard")
    return (
        with_shards(messages, shards)
        .groupBy("shard")
        .transformWithState(
            statefulProcessor=stateful_processor(operator, operator.tuned),
            outputStructType=MESSAGE_SCHEMA,
            outputMode="update",
            timeMode="none",
            initialState=initial,
        )
    )


def to_ascii(document: str) -> str:
    """Write a JSON document with escapes for what is not ASCII.

    The JVM holds ASCII text a byte a character and copies it to read or write it as UTF-8. A single
    Chinese word made it go through the whole document, four times.
    """
    return (
        document
        if document.isascii()
        else _NOT_ASCII.sub(lambda match: json.dumps(match[0])[1:-1], document)
    )
