"""Metrics of the queries, from the reports that Spark makes after each batch."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyspark.sql import SparkSession

from streaming.metrics import definitions
from streaming.metrics.registry import REGISTRY
from streaming.spark.internals.query_listener import query_events

batch_log = logging.getLogger("batches")
"""One line a batch; shown where logs are read by programs (`streaming.logs`)."""

Offsets = Mapping[str, Mapping[str, int]]
"""Topic → partition → offset."""


class QueryProgress:
    """Receives the reports of a session's queries, on a thread of Spark's.

    The metrics' labels leave out `topic_prefix`.
    """

    def __init__(self, topic_prefix: str) -> None:
        self._topic_prefix = topic_prefix
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._last_seen: dict[str, float] = {}
        self._partitions: dict[str, set[tuple[str, str]]] = {}

    def seconds_since(self, query_id: str) -> float | None:
        """Return how long ago a query ended a batch or was idle; None for an unknown query."""
        with self._lock:
            last_seen = self._last_seen.get(query_id)
        return None if last_seen is None else time.monotonic() - last_seen

    def started(self, query_id: str, name: str) -> None:
        """Record that a query has started."""
        with self._lock:
            self._names[query_id] = name
        self._mark_seen(query_id)
        REGISTRY.set(definitions.ACTIVE, (name,), 1)

    def progressed(self, report: Mapping[str, Any]) -> None:
        """Record the report of a batch: the JSON of Spark's StreamingQueryProgress."""
        query_id, query = report["id"], report["name"]
        self._mark_seen(query_id)
        rows, durations = report["numInputRows"], report["durationMs"]
        seconds = durations.get("triggerExecution", 0) / 1000
        REGISTRY.add(definitions.INPUT_ROWS, (query,), rows)
        read, processed = report.get("inputRowsPerSecond"), report.get("processedRowsPerSecond")
        REGISTRY.set(definitions.INPUT_RATE, (query,), read or 0)
        REGISTRY.set(definitions.PROCESSED_RATE, (query,), processed or 0)
        REGISTRY.set(definitions.BATCH_ID, (query,), report["batchId"])
        REGISTRY.observe(definitions.BATCH_SECONDS, (query,), seconds)
        for phase, milliseconds in durations.items():
            if phase != "triggerExecution":
                REGISTRY.add(definitions.PHASE_SECONDS, (query, phase), milliseconds / 1000)
        self._record_state(query, report["stateOperators"])
        for source in report["sources"]:
            self._record_offsets(query_id, query, source)
        extra = {
            "query": query,
            "query_id": query_id,
            "run_id": report["runId"],
            "batch_id": report["batchId"],
            "rows": rows,
            "seconds": seconds,
        }
        batch_log.info("batch %d: %d rows in %.3f s", report["batchId"], rows, seconds, extra=extra)

    def idle(self, query_id: str) -> None:
        """Record that a query has read everything."""
        self._mark_seen(query_id)
        with self._lock:
            partitions = self._partitions.get(query_id, set())
            query = self._names.get(query_id)
        for partition in partitions:
            REGISTRY.set(definitions.LAG, (query, *partition), 0)

    def terminated(self, query_id: str) -> None:
        """Record that a query has ended, with or without an error."""
        with self._lock:
            name = self._names.pop(query_id, None)
            self._last_seen.pop(query_id, None)
            self._partitions.pop(query_id, None)
        if name is not None:
            REGISTRY.set(definitions.ACTIVE, (name,), 0)

    def _mark_seen(self, query_id: str) -> None:
        with self._lock:
            self._last_seen[query_id] = time.monotonic()
            name = self._names.get(query_id)
        if name is not None:
            REGISTRY.set(definitions.LAST_SEEN, (name,), time.time())

    def _record_state(self, query: str, operators: list[Mapping[str, Any]]) -> None:
        if not operators:
            return
        disk = (o.get("customMetrics", {}).get("rocksdbSstFileSize", 0) for o in operators)
        REGISTRY.set(definitions.STATE_ROWS, (query,), sum(o["numRowsTotal"] for o in operators))
        REGISTRY.set(
            definitions.STATE_BYTES, (query, "memory"), sum(o["memoryUsedBytes"] for o in operators)
        )
        REGISTRY.set(definitions.STATE_BYTES, (query, "disk"), sum(disk))

    def _record_offsets(self, query_id: str, query: str, source: Mapping[str, Any]) -> None:
        if not source["description"].startswith("Kafka"):
            return
        latest: Offsets = source["latestOffset"] or {}
        for topic, partitions in (source["endOffset"] or {}).items():
            name = topic.removeprefix(self._topic_prefix)
            for partition, offset in partitions.items():
                newest = latest.get(topic, {}).get(partition, offset)
                REGISTRY.set(definitions.SOURCE_OFFSET, (query, name, partition), offset)
                REGISTRY.set(definitions.LAG, (query, name, partition), max(0, newest - offset))
                with self._lock:
                    self._partitions.setdefault(query_id, set()).add((name, partition))


@contextmanager
def observe_queries(spark: SparkSession, topic_prefix: str) -> Iterator[QueryProgress]:
    """Record the reports of a session's queries while the block lasts."""
    progress = QueryProgress(topic_prefix)
    with query_events(spark, progress):
        yield progress
