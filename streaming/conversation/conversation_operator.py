"""The operator that answers turns, in keyed state: it follows profiles and lists, too.

One query reads `conversations`, `profiles` and `recommendations`. The state holds, for each
candidate, the newest profile and list, and what was said and done in the conversation. A batch that
is tried again has the same state, messages, model and catalogue, so it says and does the same.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.streaming.stateful_processor import StatefulProcessorHandle

from streaming.contract.conversation import Speaker
from streaming.contract.json_parser import DecodeError
from streaming.contract.topics import (
    BY_NAME,
    CONVERSATIONS,
    PROFILES,
    RECOMMENDATIONS,
)
from streaming.conversation.dialogue import Document, Memory, ServingMarket, remember, reply
from streaming.kafka.dead_letters import dead_letter
from streaming.kafka.spark_io import MESSAGE_SCHEMA, OutgoingMessage, to_arrow
from streaming.language.vocabulary import Vocabulary, posting_names
from streaming.language.wish_values import WishField
from streaming.privacy.personal_values import candidate_of, read_personal
from streaming.privacy.pseudonyms import Pseudonyms, is_pseudonym
from streaming.profiles.documents import open_documents
from streaming.profiles.message_reader import Message, with_shards
from streaming.profiles.profile_operator import to_ascii
from streaming.profiles.state_shards import Shards
from streaming.serving.bundles import Bundle
from streaming.serving.ranker import Profile, RankedItem
from streaming.settings import Tuning
from streaming.spark.keyed_operator import stateful_processor

JOB = "converse"
_ORDER = {PROFILES.name: 0, RECOMMENDATIONS.name: 1, CONVERSATIONS.name: 2}
"""Of a batch, profiles and lists come first: a turn is about what its candidate sees."""


class ConversationOperator:
    """Keeps what is remembered of a shard's candidates; a `BatchOperator`.

    `bundle` returns, in each task, the bundle of its batch. With `pseudonyms`, state and answers
    hold these; the effects of a turn go to `events` and `candidates` under the turn's own id.
    """

    def __init__(
        self,
        bundle: Callable[[], Bundle],
        tuned: Collection[Tuning],
        pseudonyms: Pseudonyms | None = None,
    ) -> None:
        self.tuned = frozenset(tuned)
        self._bundle, self._pseudonyms = bundle, pseudonyms

    def open(self, handle: StatefulProcessorHandle) -> None:
        """Open the state."""
        self._memories = open_documents(handle, "conversations", self.tuned)

    def load_initial(self, rows: pa.RecordBatch) -> None:
        """Refuse rows: the query has no first state."""
        raise ValueError(f"{rows.num_rows} conversations came as a first state; there is none")

    def close(self) -> None:
        """Close the state."""
        self._memories.close()

    def process(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Answer the turns of a shard, candidate by candidate; pass on the dead letters."""
        by_key: defaultdict[str, list[Message]] = defaultdict(list)
        for batch in batches:
            columns = (batch.column(name).to_pylist() for name in Message._fields)
            for message in map(Message._make, zip(*columns, strict=True)):
                by_key[self._known_as(message.key)].append(message)
        documents = self._memories.get(list(by_key))
        kept: dict[str, str] = {}
        for (key, messages), document in zip(by_key.items(), documents, strict=True):
            ordered = sorted(messages, key=lambda m: (_ORDER[m.topic], m.partition, m.offset))
            memory = Memory.of(document)
            sent = list(self._handle(memory, ordered))
            kept[key] = to_ascii(memory.document())
            if sent:
                yield to_arrow(sent)
        self._memories.put(kept)

    def _known_as(self, key: bytes | None) -> str:
        """Return under what the state knows the candidate of a message."""
        candidate_id = candidate_of(key)
        if candidate_id is None or self._pseudonyms is None or is_pseudonym(candidate_id):
            return (key or b"").decode(errors="replace")
        return self._pseudonyms.of(candidate_id)

    def _handle(self, memory: Memory, messages: Sequence[Message]) -> Iterator[OutgoingMessage]:
        turns: list[tuple[str, Document]] = []
        yield from self._read(memory, messages, turns)
        for own_id, turn in turns:
            for topic, known_as, sent in reply(memory, turn, serving_market(self._bundle())):
                if topic is CONVERSATIONS:
                    yield topic.name, known_as, sent, None
                else:
                    yield topic.name, own_id, _under(own_id, sent), None

    def _read(
        self, memory: Memory, messages: Sequence[Message], turns: list[tuple[str, Document]]
    ) -> Iterator[OutgoingMessage]:
        """Remember profiles and lists, and collect the turns to answer, each with its own id."""
        for message in messages:
            topic = BY_NAME[message.topic]
            if message.value is None:
                memory.forget()  # the candidate was erased
                continue
            try:
                value = read_personal(
                    message.value, topic, message.produced_at, message.key, self._pseudonyms
                )
            except DecodeError as error:
                if topic is CONVERSATIONS:  # the job archive reports the other topics
                    yield dead_letter(message, error, JOB, self._pseudonyms)
                continue
            if topic is not CONVERSATIONS:
                remember(memory, topic, value)
            elif value["speaker"] == Speaker.CANDIDATE.value:
                turns.append((str(candidate_of(message.key)), value))
            elif "answers" in value:  # of an earlier run, whose checkpoint was lost
                memory.answered.setdefault(value["answers"], None)


def converse(messages: DataFrame, shards: Shards, operator: ConversationOperator) -> DataFrame:
    """Answer the turns among the messages of `conversations`, `profiles` and `recommendations`.

    The messages are a stream of Spark's Kafka source over these topics, without their prefix.

    Returns:
        Messages for Spark's Kafka sink (`spark_io.MESSAGE_SCHEMA`).
    """
    return (
        with_shards(messages, shards)
        .groupBy("shard")
        .transformWithState(
            statefulProcessor=stateful_processor(operator, operator.tuned),
            outputStructType=MESSAGE_SCHEMA,
            outputMode="update",
            timeMode="none",
        )
    )


@lru_cache(maxsize=2)
def serving_market(bundle: Bundle) -> ServingMarket:
    """Return what a dialogue needs of a bundle, read once per process."""
    catalogue, prepared = bundle.catalogue(), bundle.prepared_path()

    def rank(profiles: Sequence[Profile], size: int) -> list[list[RankedItem]]:
        times = [profile["as_of"] for profile in profiles]
        return bundle.ranker().rank(profiles, times, prepared, size)

    columns = ["place", "industry", "employer", "occupation", "skills"]
    rows = catalogue.table.select(columns).to_pylist()
    return ServingMarket(catalogue, catalogue_vocabulary(rows), rank)


def catalogue_vocabulary(postings: Sequence[Mapping[str, Any]]) -> Vocabulary:
    """Return the names that postings are described with."""
    names = posting_names(postings)
    names[WishField.SKILL] = [skill for one in postings for skill in one["skills"] or ()]
    names[WishField.OCCUPATION] = [one["occupation"] for one in postings if one["occupation"]]
    return Vocabulary.of({field: dict.fromkeys(texts) for field, texts in names.items()})


def _under(candidate_id: str, value: bytes) -> bytes:
    """Return the value of an effect under the id that its turn came with."""
    document = orjson.loads(value)
    if document["candidate_id"] == candidate_id:
        return value
    return orjson.dumps(document | {"candidate_id": candidate_id})
