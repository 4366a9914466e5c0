"""How a streaming job starts, runs and stops: the same for every one."""

import logging
import re
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException, StreamingQueryException
from pyspark.sql import DataFrame
from pyspark.sql.streaming.query import StreamingQuery
from pyspark.sql.streaming.readwriter import DataStreamWriter

from streaming.errors import CareerstreamError
from streaming.logs import within_batch
from streaming.settings import Settings

POLL_SECONDS = 0.1
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Running:
    """The queries of a started job, and what else must end with them."""

    queries: tuple[StreamingQuery, ...]
    closers: tuple[Callable[[], None], ...] = ()

    def __add__(self, other: "Running") -> "Running":
        return Running(self.queries + other.queries, self.closers + other.closers)

    def check(self) -> None:
        """Raise when a query has failed.

        Raises:
            CareerstreamError: one line with the query's name and its root cause.
        """
        for query in self.queries:
            if not query.isActive and (failure := query.exception()):
                raise CareerstreamError(f"query {query.name} failed: {_cause(failure)}")

    def wait(self, stop: threading.Event) -> None:
        """Return when asked to stop; raise when a query fails."""
        while not stop.wait(POLL_SECONDS):
            self.check()

    def drain(self, *names: str) -> None:
        """Wait until everything that stands on the sources now is processed.

        Args:
            names: beginnings of the names of the queries to wait for; none: all of them.
        """
        chosen = [q for q in self.queries if not names or (q.name or "").startswith(names)]
        with ThreadPoolExecutor(max(1, len(chosen))) as pool:
            # At once: each waits for a trigger of its own that finds nothing new.
            list(pool.map(_drain, chosen))

    def stop(self, patience: float) -> None:
        """Stop each query at the end of a batch, or after `patience` seconds; then the rest.

        What cannot be stopped keeps nothing else from being stopped.
        """
        deadline = time.monotonic() + patience
        with ExitStack() as last_first:
            for close in reversed(self.closers):
                last_first.callback(close)
            for query in reversed(self.queries):
                last_first.callback(_stop, query, deadline)


def start_all(starts: Iterable[Callable[[], Running]], settings: Settings) -> Running:
    """Start one after the other; if one cannot start, none stays."""
    running = Running(())
    try:
        for start in starts:
            running += start()
    except BaseException:
        running.stop(settings.jobs.shutdown_seconds)
        raise
    return running


def start_query(
    writer: DataStreamWriter, name: str, settings: Settings, interval: float = 0
) -> StreamingQuery:
    """Start a query under its checkpoint.

    Args:
        writer: says what is written where.
        name: of the query and of its checkpoint folder.
        settings: say where checkpoints are.
        interval: seconds between the starts of two batches; 0: as soon as there is something.

    Raises:
        CareerstreamError: it cannot start, say because its checkpoint cannot be written.
    """
    if interval:
        writer = writer.trigger(processingTime=f"{interval:g} seconds")
    checkpoint = f"{settings.checkpoints}/{name}"
    try:
        return writer.queryName(name).option("checkpointLocation", checkpoint).start()
    except (PySparkException, Py4JJavaError) as error:
        raise CareerstreamError(
            f"query {name} cannot start with its checkpoint {checkpoint}: {_cause(error)}; "
            "check storage.checkpoints"
        ) from error


def each_batch(
    messages: DataFrame, handle: Callable[[DataFrame, int], None], name: str
) -> DataStreamWriter:
    """Hand every batch to a function; Spark makes none while nothing arrives.

    Args:
        messages: a stream.
        handle: takes a batch and its number.
        name: of the query, for what is logged meanwhile.
    """

    def logged(batch: DataFrame, batch_id: int) -> None:
        with within_batch(name, batch_id):
            handle(batch, batch_id)

    return messages.writeStream.outputMode("update").foreachBatch(logged)


@contextmanager
def until_signalled() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and SIGINT set, instead of ending the process at once."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda *_: stop.set())
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _drain(query: StreamingQuery) -> None:
    try:
        query.processAllAvailable()
    except StreamingQueryException as failure:
        raise CareerstreamError(f"query {query.name} failed: {_cause(failure)}") from failure


def _stop(query: StreamingQuery, deadline: float) -> None:
    # Interrupting a foreachBatch can end in an overflow inside Spark. Under a
    # backlog a query is never idle: the end of the batch that runs now is as good.
    before = _finished(query)
    while _busy(query) and _finished(query) == before and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS / 5)
    query.stop()


def _finished(query: StreamingQuery) -> int | None:
    """The newest batch that ended."""
    progress = query.lastProgress
    return None if progress is None else int(progress["batchId"])


def _busy(query: StreamingQuery) -> bool:
    return bool(query.isActive and query.status["isTriggerActive"])


def _cause(failure: Exception) -> str:
    """The innermost cause of a failure of Spark's, Java's or a batch function's, as one line."""
    said = str(failure).partition("=== Streaming Query ===")[0]
    # A batch function's traceback comes as text; its exception is the first line not indented.
    _, traceback, inner = said.rpartition("Traceback (most recent call last):")
    lines = [line for line in inner.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    told = [line for line in lines if not traceback or not line.startswith((" ", "\t"))]
    if told and "Py4JJavaError" in told[0]:
        told = told[1:]  # "An error occurred while calling o123.save."
    line = (causes[-1:] or told or [type(failure).__name__])[0]
    return re.sub(r"^(Caused by: |: )?([\w$]+\.)*", "", line.strip())[:500]
