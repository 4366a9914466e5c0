"""How every streaming job starts, runs and stops its queries."""

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
from streaming.logs import batch_context
from streaming.settings import Settings

POLL_SECONDS = 0.1
MAX_CAUSE_LENGTH = 500
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunningJob:
    """The queries of a started job, and the functions to call when it stops."""

    queries: tuple[StreamingQuery, ...]
    closers: tuple[Callable[[], None], ...] = ()

    def __add__(self, other: "RunningJob") -> "RunningJob":
        return RunningJob(self.queries + other.queries, self.closers + other.closers)

    def check(self) -> None:
        """Raise if a query has failed.

        Raises:
            CareerstreamError: one line with the query's name and its root cause.
        """
        for query in self.queries:
            if not query.isActive and (failure := query.exception()):
                raise CareerstreamError(f"query {query.name} failed: {_root_cause(failure)}")

    def wait(self, stop: threading.Event) -> None:
        """Return when `stop` is set; raise as `check` does when a query fails."""
        while not stop.wait(POLL_SECONDS):
            self.check()

    def drain(self, *names: str) -> None:
        """Wait until every message that is on the sources now is processed.

        Without `names`, prefixes of the queries' names, it waits for all queries.
        """
        chosen = [q for q in self.queries if not names or (q.name or "").startswith(names)]
        with ThreadPoolExecutor(max(1, len(chosen))) as pool:
            # All at once: each one waits for a trigger of its own that finds nothing new.
            list(pool.map(_drain, chosen))

    def stop(self, timeout: float) -> None:
        """Stop each query at the end of a batch or after `timeout` seconds; then call the closers.

        If one of them cannot be stopped, the others are stopped all the same.
        """
        deadline = time.monotonic() + timeout
        with ExitStack() as stack:
            for close in reversed(self.closers):
                stack.callback(close)
            for query in reversed(self.queries):
                stack.callback(_stop, query, deadline)


def start_all(starts: Iterable[Callable[[], RunningJob]], settings: Settings) -> RunningJob:
    """Start jobs one after the other. If one cannot start, stop those that did."""
    running = RunningJob(())
    try:
        for start in starts:
            running += start()
    except BaseException:
        running.stop(settings.jobs.shutdown_timeout_seconds)
        raise
    return running


def start_query(
    writer: DataStreamWriter, name: str, settings: Settings, interval: float = 0
) -> StreamingQuery:
    """Start a query of some name, which is also that of its checkpoint.

    `interval` is the time between the starts of two batches in seconds. With 0 a batch starts when
    data arrive.

    Raises:
        CareerstreamError: it cannot start, for example because its checkpoint is not writable.
    """
    if interval:
        writer = writer.trigger(processingTime=f"{interval:g} seconds")
    checkpoint = f"{settings.checkpoints}/{name}"
    try:
        return writer.queryName(name).option("checkpointLocation", checkpoint).start()
    except (PySparkException, Py4JJavaError) as error:
        raise CareerstreamError(
            f"query {name} cannot start with its checkpoint {checkpoint}: {_root_cause(error)}; "
            "check storage.checkpoints"
        ) from error


def each_batch(
    messages: DataFrame, handle: Callable[[DataFrame, int], None], name: str
) -> DataStreamWriter:
    """Write a stream by calling `handle` with every batch and its number, never without data.

    Log lines of the batch carry the query's name.
    """

    def handle_and_log(batch: DataFrame, batch_id: int) -> None:
        with batch_context(name, batch_id):
            handle(batch, batch_id)

    return messages.writeStream.outputMode("update").foreachBatch(handle_and_log)


@contextmanager
def until_signalled() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM and SIGINT set, instead of ending the process at once."""
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
        raise CareerstreamError(f"query {query.name} failed: {_root_cause(failure)}") from failure


def _stop(query: StreamingQuery, deadline: float) -> None:
    # Interrupting a foreachBatch can end in a stack overflow inside Spark. A query with a backlog
    # is never idle, so we wait for the end of the batch that runs now.
    before = _last_batch(query)
    while _is_busy(query) and _last_batch(query) == before and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS / 5)
    query.stop()


def _last_batch(query: StreamingQuery) -> int | None:
    progress = query.lastProgress
    return None if progress is None else int(progress["batchId"])


def _is_busy(query: StreamingQuery) -> bool:
    return bool(query.isActive and query.status["isTriggerActive"])


def _root_cause(failure: Exception) -> str:
    """Return the innermost cause of a failure in Spark, Java or a batch function, as one line."""
    text = str(failure).partition("=== Streaming Query ===")[0]
    # The traceback of a batch function comes as text. Its exception is the first line that is not
    # indented.
    _, traceback, inner = text.rpartition("Traceback (most recent call last):")
    lines = [line for line in inner.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    messages = [line for line in lines if not traceback or not line.startswith((" ", "\t"))]
    if messages and "Py4JJavaError" in messages[0]:
        messages = messages[1:]  # "An error occurred while calling o123.save."
    line = (causes[-1:] or messages or [type(failure).__name__])[0]
    return re.sub(r"^(Caused by: |: )?([\w$]+\.)*", "", line.strip())[:MAX_CAUSE_LENGTH]
