"""Keeps rewrites fresh: a batch of postings becomes their rewrites on the topic.

A rewrite is a function of the posting's fields and of the writer (`rewrite_value`). What stands on
the topic already for both is not made again, so a batch that is repeated changes nothing, even if
the language model would answer otherwise by now. At the start, postings are rewritten whose rewrite
is by another writer; now and then those that a language model did not answer.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import orjson
from pyspark.sql import DataFrame, SparkSession

from jobs.writing.postings import vocabulary
from streaming.contract.json_parser import DecodeError
from streaming.contract.records import Posting, to_json
from streaming.contract.rewrite import ModelOutcome, Rewrite
from streaming.contract.topics import POSTINGS, REWRITES
from streaming.contract.value_decoder import read_value
from streaming.kafka.spark_io import MESSAGE_SCHEMA, write_batch
from streaming.kafka.topic_reader import read_messages
from streaming.language.models.factory import open_model
from streaming.language.writing.rewrite_value import make_rewrite, posting_version, writer_version
from streaming.language.writing.section_kind import Language
from streaming.language.writing.writer import Writer
from streaming.metrics import definitions
from streaming.metrics.registry import REGISTRY
from streaming.settings import Settings

JOB = "rewrite"
_AT_ONCE = 50
"""Postings that are rewritten before they are published; a language model takes seconds for one."""
_LANGUAGES: dict[str, Language | None] = {"same": None, "en": "en", "zh": "zh"}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Message:
    """A message of the topic postings that can be read."""

    posting_id: str
    offset: int
    """All messages of one posting are in one partition."""
    posting: Posting | None
    """None: it was closed."""


@dataclass(frozen=True)
class _Published:
    """What stands on the topic for a posting."""

    posting_version: str
    writer_version: str
    model: str | None
    digest: bytes


class Rewriter:
    """Rewrites postings and publishes them, one after the other, in the driver.

    Raises:
        SettingsError: language.model is neither a URL nor a model on this machine.
        BrokerError: no broker answers, or a topic is missing.
    """

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self._spark, self._settings = spark, settings
        hides = settings.language.hide_employer == "yes"
        self._writer = Writer(vocabulary(), open_model(settings), hide_employer=hides)
        self._language = _LANGUAGES[settings.rewrite.language]
        self._version = writer_version(self._writer, self._language)
        self._lock = threading.Lock()
        self._newest: dict[str, int] = {}
        """By posting the offset that was read last: stream and search meet the same messages."""
        self._published = _published(settings)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look for rewrites of another writer now, and now and then for what a model owes."""
        self._thread = threading.Thread(target=self._follow, name=JOB, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the postings that are being written."""
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def handle(self, messages: DataFrame, batch_id: int) -> None:
        """Publish the rewrites that a batch of the topic postings changes."""
        del batch_id
        rows = messages.select("key", "value", "offset").sort("offset").collect()
        newest = {
            own.posting_id: own
            for row in rows
            if (own := _read(row["key"], row["value"], row["offset"]))
        }
        self._publish(newest.values(), retries=False)

    def rewrite_all(self, *, retries: bool) -> None:
        """Rewrite what is by another writer; with `retries` also what a model did not answer."""
        self._publish(self._stale(retries=retries), retries=retries)

    def _follow(self) -> None:
        due, retries = 0.0, False
        while not self._stopping.is_set():
            if time.monotonic() >= due:
                try:
                    self.rewrite_all(retries=retries)
                    retries = True
                    due = time.monotonic() + self._settings.rewrite.retry_seconds
                except Exception:
                    log.exception("older postings could not be rewritten; trying once more")
            self._stopping.wait(self._settings.rewrite.interval_seconds)

    def _stale(self, *, retries: bool) -> Iterator[_Message]:
        """Yield the newest messages of postings whose rewrite is not what it should be.

        The topic is read twice, because it may be larger than the memory.
        """
        if retries and not any(_owes(own) for own in self._published.copy().values()):
            return
        newest: dict[str, tuple[int, str | None]] = {}
        for record in read_messages(self._settings.kafka, POSTINGS):
            if own := _read(record.key, record.value, record.offset):
                version = posting_version(own.posting) if own.posting else None
                newest[own.posting_id] = own.offset, version
        stale = {
            (posting_id, offset)
            for posting_id, (offset, version) in newest.items()
            if not self._stands(posting_id, version, retries=retries)
        }
        for record in read_messages(self._settings.kafka, POSTINGS) if stale else ():
            if self._stopping.is_set():
                return
            own = _read(record.key, record.value, record.offset)
            if own and (own.posting_id, own.offset) in stale:
                yield own

    def _stands(self, posting_id: str, version: str | None, *, retries: bool) -> bool:
        """Return whether the topic holds the rewrite of a version; None: whether it holds none."""
        held = self._published.get(posting_id)
        if held is None or version is None:
            return held is None and version is None
        is_same = (held.posting_version, held.writer_version) == (version, self._version)
        return is_same and not (retries and _owes(held))

    def _publish(self, messages: Iterable[_Message], *, retries: bool) -> None:
        """Write and publish part by part; between two parts the stream or the search goes on."""
        waiting = iter(messages)
        while part := list(islice(waiting, _AT_ONCE)):
            with self._lock:
                self._publish_part(part, retries=retries)

    def _publish_part(self, part: list[_Message], *, retries: bool) -> None:
        changes: list[tuple[str, bytes | None, _Published | None]] = []
        for own in part:
            if own.offset < self._newest.get(own.posting_id, -1):
                continue
            self._newest[own.posting_id] = own.offset
            version = posting_version(own.posting) if own.posting else None
            if self._stands(own.posting_id, version, retries=retries):
                continue
            value, published = self._made(own.posting) if own.posting else (None, None)
            if published != self._published.get(own.posting_id):
                changes.append((own.posting_id, value, published))
        if not changes:
            return
        rows = [(REWRITES.name, key, value, None) for key, value, _ in changes]
        write_batch(self._spark.createDataFrame(rows, MESSAGE_SCHEMA), self._settings.kafka)
        for key, _, published in changes:
            if published is None:
                self._published.pop(key, None)
            else:
                self._published[key] = published

    def _made(self, posting: Posting) -> tuple[bytes, _Published]:
        own = make_rewrite(self._writer, posting, self._language)
        REGISTRY.add(definitions.REWRITES, (_outcome(own),), 1)
        if own.model is ModelOutcome.UNANSWERED:
            log.warning("posting %s: %s", own.posting_id, own.notice)
        value = to_json(own)
        return value, _state(value)


def _outcome(own: Rewrite) -> str:
    """Return the label of the metric."""
    if not own.sections:
        return "refused"
    return "rules" if own.model is None else f"model_{own.model.value}"


def _owes(own: _Published) -> bool:
    return own.model == ModelOutcome.UNANSWERED.value


def _read(key: bytes | None, value: bytes | None, offset: int) -> _Message | None:
    """Read a message; None for what index_postings makes a dead letter of."""
    posting_id = (key or b"").decode(errors="replace")
    if value is None:
        return _Message(posting_id, offset, None)
    try:
        posting = Posting.model_validate(read_value(value, POSTINGS))
    except DecodeError:
        return None
    return _Message(posting_id, offset, posting) if posting.posting_id == posting_id else None


def _state(value: bytes) -> _Published:
    own = orjson.loads(value)
    digest = hashlib.blake2b(value, digest_size=16).digest()
    return _Published(own["posting_version"], own["writer_version"], own.get("model"), digest)


def _published(settings: Settings) -> dict[str, _Published]:
    """Read what stands on the topic; its values are as large as postings, so they are not kept."""
    found: dict[str, _Published] = {}
    for record in read_messages(settings.kafka, REWRITES):
        key = (record.key or b"").decode(errors="replace")
        if record.value is None:
            found.pop(key, None)
        else:
            found[key] = _state(record.value)
    return found
