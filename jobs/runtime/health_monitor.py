"""Metrics and health of a running job, served over HTTP and written to files in HOME/run.

One thread checks the queries every few seconds, however often someone asks. `/health` and
HOME/run/JOB.json report the result of its last check.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from jobs.runtime.streaming_query import RunningJob
from streaming.errors import CareerstreamError, one_line
from streaming.metrics.http_endpoint import serve_metrics
from streaming.metrics.query_progress import QueryProgress, observe_queries
from streaming.metrics.registry import REGISTRY
from streaming.settings import Settings
from streaming.timestamps import format_timestamp

log = logging.getLogger(__name__)
STARTING = "starting: no query runs yet"
MIN_STALE_SECONDS, MAX_MISSED_INTERVALS = 60.0, 10
"""The result of a check is stale after so many seconds and so many missed checks."""


def run_folder(settings: Settings) -> Path:
    """Return the folder of the files that running jobs write."""
    return settings.home.absolute() / "run"


class HealthMonitor:
    """Checks the queries of one job in a background thread.

    `metrics` of the settings gives the interval and the longest batch, `home` the folder.
    """

    address: str | None = None
    """URL of the metrics endpoint; None where `metrics.port` is off."""

    def __init__(self, job: str, settings: Settings, progress: QueryProgress) -> None:
        self._job, self._settings, self._progress = job, settings, progress
        self._file = run_folder(settings) / f"{job}.json"
        interval = settings.metrics.interval_seconds
        self._stale_after = max(MIN_STALE_SECONDS, MAX_MISSED_INTERVALS * interval)
        self._identity: dict[str, Any] = {
            "job": job,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started_at": format_timestamp(datetime.now(tz=UTC)),
            "gone_after_seconds": self._stale_after,
        }
        self._running: RunningJob | None = None
        self._trouble, self._checked_at = STARTING, time.monotonic()
        self._busy_since: dict[str, float] = {}
        self._wake, self._stop = threading.Event(), threading.Event()

    def follow(self, running: RunningJob) -> None:
        """Check the queries of a job from now on."""
        self._running = running
        self._wake.set()

    def trouble(self) -> str:
        """Return what is wrong, in one line; '' if nothing is."""
        age = time.monotonic() - self._checked_at
        if age > self._stale_after:
            return f"nobody has looked after the queries for {age:.0f} s"
        return self._trouble

    def run(self) -> None:
        """Check and write the files until `stop` is called."""
        while not self._stop.is_set():
            self._trouble = self._check()
            self._checked_at = time.monotonic()
            try:
                self._write_files()
            except OSError as error:
                log.warning("cannot write the health of %s: %s", self._job, one_line(error))
            self._wake.wait(self._settings.metrics.interval_seconds)
            self._wake.clear()

    def stop(self) -> None:
        """End `run`."""
        self._stop.set()
        self._wake.set()

    def remove_files(self) -> None:
        """Remove the files of a job that has ended."""
        for file in (self._file, self._file.with_suffix(".prom")):
            file.unlink(missing_ok=True)

    def _check(self) -> str:
        if self._running is None:
            return STARTING
        try:
            self._running.check()
            return next(filter(None, map(self._query_trouble, self._running.queries)), "")
        except CareerstreamError as error:
            return str(error)
        except (PySparkException, Py4JError, OSError) as error:
            return f"the queries of {self._job} cannot be asked: {one_line(error)}"

    def _query_trouble(self, query: Any) -> str:
        if not query.isActive:
            return f"query {query.name} was stopped"
        limit, busy = self._settings.metrics.stall_timeout_seconds, self._busy_seconds(query)
        if busy <= limit:
            return ""
        return (
            f"query {query.name} has been busy with one batch for {busy:.0f} s; "
            f"metrics.stall_timeout_seconds allows {limit:g}"
        )

    def _busy_seconds(self, query: Any) -> float:
        """Return a lower bound of the time that a query has spent on its current batch."""
        if not query.status["isTriggerActive"]:
            self._busy_since.pop(query.id, None)
            return 0.0
        now = time.monotonic()
        observed = now - self._busy_since.setdefault(query.id, now)
        # Between two checks a batch may have ended and another begun. And a query may have waited
        # long for data before it began this batch.
        return min(observed, self._progress.seconds_since(query.id) or 0.0)

    def _write_files(self) -> None:
        content = self._identity | {
            "written_at": format_timestamp(datetime.now(tz=UTC)),
            "address": self.address,
            "healthy": not self._trouble,
            "trouble": self._trouble,
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        _replace(self._file.with_suffix(".prom"), REGISTRY.exposition())
        _replace(self._file, orjson.dumps(content))


@contextmanager
def monitored(job: str, spark: SparkSession, settings: Settings) -> Iterator[HealthMonitor]:
    """Serve and write metrics and health of a job while the block runs.

    Yields:
        The monitor. Call its `follow` when the queries run.

    Raises:
        SettingsError: the port is taken.
    """
    with observe_queries(spark, settings.kafka.topic_prefix) as progress:
        monitor = HealthMonitor(job, settings, progress)
        with serve_metrics(settings.metrics, monitor.trouble) as monitor.address:
            if monitor.address:
                log.info("metrics at %s/metrics, health at /health", monitor.address)
            thread = threading.Thread(target=monitor.run, name="health", daemon=True)
            thread.start()
            try:
                yield monitor
            finally:
                monitor.stop()
                thread.join()
                monitor.remove_files()


def _replace(file: Path, content: bytes) -> None:
    """Write a file so that readers see the old or the new content, never a part."""
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.write_bytes(content)
    unfinished.replace(file)
