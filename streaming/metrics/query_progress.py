"""From what Spark reports of its queries to metrics, beside the queries, never in them.

Spark reports after each batch, on a thread of its own. The report is taken as the JSON text that
the JVM writes: pyspark's own event object asks the JVM for every field alone, which takes dozens of
times as long.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession

from streaming.errors import one_line
from streaming.metrics import definitions
from streaming.metrics.registry import METERS

log = logging.getLogger(__name__)
batches = logging.getLogger("batches")
"""One line a batch; shown where logs are for programs (`streaming.logs`)."""

Offsets = Mapping[str, Mapping[str, int]]
"""Topic → partition → offset."""


class Progress:
    """Takes Spark's reports of the queries of a session.

    Args:
        prefix: of the topics, which the metrics leave out.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._seen: dict[str, float] = {}
        self._lags: dict[str, set[tuple[str, str]]] = {}

    def seconds_since(self, query_id: str) -> float | None:
        """Tell how long ago a query ended a batch or was idle; None for one never heard of."""
        with self._lock:
            seen = self._seen.get(query_id)
        return None if seen is None else time.monotonic() - seen

    def started(self, query_id: str, name: str) -> None:
        """Take note of a query."""
        with self._lock:
            self._names[query_id] = name
        self._heard(query_id)
        METERS.set(definitions.ACTIVE, (name,), 1)

    def progressed(self, report: Mapping[str, Any]) -> None:
        """Take the report of a batch: the JSON of Spark's StreamingQueryProgress."""
        query_id, query = report["id"], report["name"]
        self._heard(query_id)
        rows, took = report["numInputRows"], report["durationMs"]
        seconds = took.get("triggerExecution", 0) / 1000
        METERS.add(definitions.ROWS, (query,), rows)
        METERS.set(definitions.INPUT_RATE, (query,), report.get("inputRowsPerSecond") or 0)
        METERS.set(definitions.PROCESSED_RATE, (query,), report.get("processedRowsPerSecond") or 0)
        METERS.set(definitions.BATCH_ID, (query,), report["batchId"])
        METERS.observe(definitions.BATCH_SECONDS, (query,), seconds)
        for phase, milliseconds in took.items():
            if phase != "triggerExecution":
                METERS.add(definitions.PHASE_SECONDS, (query, phase), milliseconds / 1000)
        self._state(query, report["stateOperators"])
        for source in report["sources"]:
            self._offsets(query_id, query, source)
        told = {"query": query, "query_id": query_id, "run_id": report["runId"]}
        told |= {"batch_id": report["batchId"], "rows": rows, "seconds": seconds}
        batches.info("batch %d: %d rows in %.3f s", told["batch_id"], rows, seconds, extra=told)

    def idle(self, query_id: str) -> None:
        """Take note that a query has read everything."""
        self._heard(query_id)
        with self._lock:
            places = self._lags.get(query_id, set())
            query = self._names.get(query_id)
        for place in places:
            METERS.set(definitions.LAG, (query, *place), 0)

    def terminated(self, query_id: str) -> None:
        """Take note that a query has ended, well or not."""
        with self._lock:
            name = self._names.pop(query_id, None)
            self._seen.pop(query_id, None)
            self._lags.pop(query_id, None)
        if name is not None:
            METERS.set(definitions.ACTIVE, (name,), 0)

    def _heard(self, query_id: str) -> None:
        with self._lock:
            self._seen[query_id] = time.monotonic()
            name = self._names.get(query_id)
        if name is not None:
            METERS.set(definitions.SEEN_AT, (name,), time.time())

    def _state(self, query: str, operators: list[Mapping[str, Any]]) -> None:
        if not operators:
            return
        disk = (o.get("customMetrics", {}).get("rocksdbSstFileSize", 0) for o in operators)
        METERS.set(definitions.STATE_ROWS, (query,), sum(o["numRowsTotal"] for o in operators))
        METERS.set(
            definitions.STATE_BYTES, (query, "memory"), sum(o["memoryUsedBytes"] for o in operators)
        )
        METERS.set(definitions.STATE_BYTES, (query, "disk"), sum(disk))

    def _offsets(self, query_id: str, query: str, source: Mapping[str, Any]) -> None:
        if not source["description"].startswith("Kafka"):
            return
        latest: Offsets = source["latestOffset"] or {}
        for topic, partitions in (source["endOffset"] or {}).items():
            name = topic.removeprefix(self._prefix)
            for partition, position in partitions.items():
                newest = latest.get(topic, {}).get(partition, position)
                METERS.set(definitions.POSITION, (query, name, partition), position)
                METERS.set(definitions.LAG, (query, name, partition), max(0, newest - position))
                with self._lock:
                    self._lags.setdefault(query_id, set()).add((name, partition))


class _Listener:
    """What the JVM calls; an error in here must not reach it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def onQueryStarted(self, event: Any) -> None:  # noqa: N802 - Spark's name
        with _reported():
            self._progress.started(event.id().toString(), event.name())

    def onQueryProgress(self, event: Any) -> None:  # noqa: N802 - Spark's name
        with _reported():
            self._progress.progressed(orjson.loads(event.progress().json()))

    def onQueryIdle(self, event: Any) -> None:  # noqa: N802 - Spark's name
        with _reported():
            self._progress.idle(event.id().toString())

    def onQueryTerminated(self, event: Any) -> None:  # noqa: N802 - Spark's name
        with _reported():
            self._progress.terminated(event.id().toString())

    class Java:
        """Tells py4j which interface this is."""

        implements = ("org.apache.spark.sql.streaming.PythonStreamingQueryListener",)


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        log.warning("a report of Spark's was not understood: %s", one_line(error))
        log.debug("which report", exc_info=True)


@contextmanager
def listening(spark: SparkSession, prefix: str) -> Iterator[Progress]:
    """Take the reports of a session's queries while the block lasts.

    Args:
        spark: session.
        prefix: of the topics, which the metrics leave out.
    """
    context: Any = spark.sparkContext
    # As pyspark's own addListener does.
    ensure_callback_server_started(context._gateway)  # type: ignore[no-untyped-call]  # noqa: SLF001
    progress = Progress(prefix)
    made = context._jvm.org.apache.spark.sql.streaming.PythonStreamingQueryListenerWrapper(  # noqa: SLF001
        _Listener(progress)
    )
    manager: Any = spark.streams._jsqm  # noqa: SLF001
    manager.addListener(made)
    try:
        yield progress
    finally:
        manager.removeListener(made)
