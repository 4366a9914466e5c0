"""Gives a person everything that is kept about them, each part with where it stands.

The places are those of an erasure. Nothing about other people leaves: of a match only the person's
own entry, of files and models the name.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from kafka.consumer.fetcher import ConsumerRecord
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.operations.dead_letter_browser import DeadLetterFilter, decode_value, read_dead_letters
from jobs.privacy.erase import require_ids
from jobs.privacy.file_search import search_files
from jobs.privacy.findings import Place
from jobs.privacy.lake_search import PERSONAL, newest_documents
from jobs.privacy.person_traces import Traces
from jobs.privacy.trained_models import models_trained_on
from streaming.contract.topics import DEAD_LETTERS, MATCHES, TOPICS, Topic
from streaming.kafka.topic_reader import read_messages
from streaming.lake import tables
from streaming.market.match_values import existing_key, opaque_id
from streaming.privacy.pseudonyms import pseudonyms_of
from streaming.settings import Settings
from streaming.spark.internals.delta_versions import current_version
from streaming.timestamps import SPARK_FORMAT, format_timestamp

VERSION = 1
Found = dict[str, Any]
"""Where something stands, and what."""


def export(spark: SparkSession, settings: Settings, candidate_id: str) -> dict[str, Any]:
    """Return everything about a person, ready for JSON.

    Returns:
        `messages` by topic, each with its partition, offset, time and value; `dead_letters`; `rows`
        by table; `state`; `files` and `models` in which there is a trace.

    Raises:
        InputError: the id cannot be one.
        BrokerError: no broker answers, or a topic is missing.
        ModelError: MLflow cannot be reached.
    """
    require_ids([candidate_id])
    traces = Traces([candidate_id], pseudonyms=pseudonyms_of(settings.privacy))
    files = [place for place in search_files(settings, traces) if place.found]
    return {
        "version": VERSION,
        "candidate_id": candidate_id,
        "known_as": next(iter(traces.known_as)),
        "messages": {
            topic.name: list(_messages(settings, topic, traces))
            for topic in TOPICS
            if topic is not DEAD_LETTERS
        },
        "dead_letters": list(_dead_letters(settings, traces)),
        "rows": {table.name: _rows(spark, settings, table, traces) for table in _tables()},
        "state": newest_documents(spark, settings, traces),
        "files": [place.name for place in files],
        "models": _models(settings, files),
    }


def _messages(settings: Settings, topic: Topic, traces: Traces) -> Iterator[Found]:
    names, key = {*traces.known_as, *traces.candidate_ids}, existing_key(settings)
    for record in read_messages(settings.kafka, topic):
        value = _json(record.value)
        if topic is MATCHES:
            value = _own_entries(value, traces, key)
            if value is None:
                continue
        elif (record.key or b"").decode(errors="replace") not in names:
            continue
        yield {**_position(record), "value": value}


def _own_entries(match: Any, traces: Traces, key: bytes | None) -> Found | None:
    """Return a match with the person's own entries alone; None where there is none."""
    if not isinstance(match, dict):
        return None
    posting_id, names = str(match.get("posting_id")), set(traces.known_as)
    if key is not None:
        names |= {opaque_id(key, posting_id, name) for name in traces.known_as}
    own = [one for one in match.get("candidates", ()) if one["candidate"] in names]
    return match | {"candidates": own} if own else None


def _dead_letters(settings: Settings, traces: Traces) -> Iterator[Found]:
    pseudonyms = pseudonyms_of(settings.privacy)
    for letter, value in read_dead_letters(settings.kafka, DeadLetterFilter(), pseudonyms):
        if traces.within(letter.original_key) or traces.within(value):
            yield letter.to_dict() | {"value": decode_value(value, letter.topic).value}


def _tables() -> tuple[tables.Table, ...]:
    return (*PERSONAL, tables.ERASURES)


def _rows(
    spark: SparkSession, settings: Settings, table: tables.Table, traces: Traces
) -> list[Found]:
    path = table.path(settings)
    if current_version(spark, path) is None:
        return []
    rows = spark.read.format("delta").load(path)
    own = rows.where(F.col("candidate_id").isin(*traces.known_as))
    text = F.to_json(F.struct("*"), {"timestampFormat": SPARK_FORMAT})
    return [orjson.loads(row[0]) for row in own.select(text).collect()]


def _models(settings: Settings, files: list[Place]) -> list[Mapping[str, Any]]:
    return [
        {"model": one.reference.name, "version": one.reference.version, "serves": one.serving}
        for one in models_trained_on(settings, files)
    ]


def _position(record: ConsumerRecord) -> Found:
    at = datetime.fromtimestamp(record.timestamp / 1000, tz=UTC)
    return {
        "partition": record.partition,
        "offset": record.offset,
        "produced_at": format_timestamp(at),
    }


def _json(value: bytes | None) -> Any:
    if value is None:
        return None
    try:
        return orjson.loads(value)
    except ValueError:
        return value.decode(errors="backslashreplace")
