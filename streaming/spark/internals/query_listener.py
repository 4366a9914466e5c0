"""Reports of a session's queries, as the JSON that the JVM writes.

Why: PySpark's `StreamingQueryListener` asks the JVM for every field of a report by itself, which
takes dozens of times as long as one text.
Tried on: PySpark 4.2.0. Goes when: PySpark's own listener takes reports as JSON.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import orjson
from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession

from streaming.errors import one_line

log = logging.getLogger(__name__)


class QueryEvents(Protocol):
    """What is called with the reports, on a thread of Spark's."""

    def started(self, query_id: str, name: str) -> None:
        """Take note of a query that starts."""

    def progressed(self, report: Mapping[str, Any]) -> None:
        """Take the report of a batch: the JSON of Spark's StreamingQueryProgress."""

    def idle(self, query_id: str) -> None:
        """Take note of a query that has read everything."""

    def terminated(self, query_id: str) -> None:
        """Take note of a query that has ended, well or not."""


@contextmanager
def query_events(spark: SparkSession, events: QueryEvents) -> Iterator[None]:
    """Pass on the reports of a session's queries while the block lasts."""
    context: Any = spark.sparkContext
    # As PySpark's own addListener does.
    ensure_callback_server_started(context._gateway)  # type: ignore[no-untyped-call]
    wrapper = context._jvm.org.apache.spark.sql.streaming.PythonStreamingQueryListenerWrapper
    listener = wrapper(_Listener(events))
    manager: Any = spark.streams._jsqm
    manager.addListener(listener)
    try:
        yield
    finally:
        manager.removeListener(listener)


class _Listener:
    """What the JVM calls. An error must not reach the JVM."""

    def __init__(self, events: QueryEvents) -> None:
        self._events = events

    def onQueryStarted(self, event: Any) -> None:  # noqa: N802 - Spark's name
        with _errors_logged():
            self._events.started(event.id().toString(), event.name())

    def onQueryProgress(self, event: Any) -> None:  # noqa: N802 - Spark's name
        with _errors_logged():
            self._events.progressed(orjson.loads(event.progress().json()))

    def onQueryIdle(self, event: Any) -> None:  # noqa: N802 - Spark's name
        with _errors_logged():
            self._events.idle(event.id().toString())

    def onQueryTerminated(self, event: Any) -> None:  # noqa: N802 - Spark's name
        with _errors_logged():
            self._events.terminated(event.id().toString())

    class Java:
        """The interface that py4j implements by this class."""

        implements = ("org.apache.spark.sql.streaming.PythonStreamingQueryListener",)


@contextmanager
def _errors_logged() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        log.warning("a report of a query could not be read: %s", one_line(error))
        log.debug("the report", exc_info=True)
