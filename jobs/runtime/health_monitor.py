"""A running job under watch: metrics and health, over HTTP and in files of HOME/run.

Health is looked at by one thread, every few seconds, whoever asks how often; its answers are what
/health and HOME/run/JOB.json tell.
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

from jobs.runtime.streaming_query import Running
from streaming.errors import CareerstreamError, one_line
from streaming.metrics.http_endpoint import serving
from streaming.metrics.query_progress import Progress, listening
from streaming.metrics.registry import METERS
from streaming.settings import Settings
from streaming.timestamps import to_text

log = logging.getLogger(__name__)
STARTING = "starting: no query runs yet"
SILENT_SECONDS, SILENT_INTERVALS = 60.0, 10
"""After so long without a look at the queries nobody knows how they are."""


def run_folder(settings: Settings) -> Path:
    """Where running jobs write how they are."""
    return settings.home.absolute() / "run"


class Watch:
    """Looks after the queries of one job; called with them as soon as they run.

    Args:
        job: its name.
        settings: say how often, how long a batch may take, and where files go.
        progress: when Spark last reported of each query.
    """

    address: str | None = None
    """Where metrics and health are served."""

    def __init__(self, job: str, settings: Settings, progress: Progress) -> None:
        self._job, self._settings, self._progress = job, settings, progress
        self._file = run_folder(settings) / f"{job}.json"
        interval = settings.metrics.interval_seconds
        self._silent = max(SILENT_SECONDS, SILENT_INTERVALS * interval)
        self._about: dict[str, Any] = {
            "job": job,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started_at": to_text(datetime.now(tz=UTC)),
            "gone_after_seconds": self._silent,
        }
        self._running: Running | None = None
        self._trouble, self._looked = STARTING, time.monotonic()
        self._busy_since: dict[str, float] = {}
        self._now, self._stop = threading.Event(), threading.Event()

    def __call__(self, running: Running) -> None:
        """Look after these queries from now on."""
        self._running = running
        self._now.set()

    def trouble(self) -> str:
        """Say in one line what was wrong at the last look, '' for nothing."""
        silent = time.monotonic() - self._looked
        if silent > self._silent:
            return f"nobody has looked after the queries for {silent:.0f} s"
        return self._trouble

    def follow(self) -> None:
        """Look and write until stopped."""
        while not self._stop.is_set():
            self._trouble = self._look()
            self._looked = time.monotonic()
            try:
                self._write()
            except OSError as error:
                log.warning("cannot tell how %s is: %s", self._job, one_line(error))
            self._now.wait(self._settings.metrics.interval_seconds)
            self._now.clear()

    def stop(self) -> None:
        """End `follow`."""
        self._stop.set()
        self._now.set()

    def forget(self) -> None:
        """Remove the files: the job has ended."""
        for file in (self._file, self._file.with_suffix(".prom")):
            file.unlink(missing_ok=True)

    def _look(self) -> str:
        if self._running is None:
            return STARTING
        try:
            self._running.check()
            return next(filter(None, map(self._stalled, self._running.queries)), "")
        except CareerstreamError as error:
            return str(error)
        except (PySparkException, Py4JError, OSError) as error:
            return f"the queries of {self._job} cannot be asked: {one_line(error)}"

    def _stalled(self, query: Any) -> str:
        if not query.isActive:
            return f"query {query.name} was stopped"
        allowed, busy = self._settings.metrics.stalled_seconds, self._busy_seconds(query)
        if busy <= allowed:
            return ""
        return (
            f"query {query.name} has been busy with one batch for {busy:.0f} s; "
            f"metrics.stalled_seconds allows {allowed:g}"
        )

    def _busy_seconds(self, query: Any) -> float:
        """Tell for how long a query has been seen at one batch."""
        if not query.status["isTriggerActive"]:
            self._busy_since.pop(query.id, None)
            return 0.0
        now = time.monotonic()
        seen = now - self._busy_since.setdefault(query.id, now)
        # Between two looks a batch may have ended and another begun; and a query may have waited
        # long for its time before it began this one.
        return min(seen, self._progress.seconds_since(query.id) or 0.0)

    def _write(self) -> None:
        about = self._about | {
            "written_at": to_text(datetime.now(tz=UTC)),
            "address": self.address,
            "healthy": not self._trouble,
            "trouble": self._trouble,
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        _replace(self._file.with_suffix(".prom"), METERS.text())
        _replace(self._file, orjson.dumps(about))


@contextmanager
def watched(job: str, spark: SparkSession, settings: Settings) -> Iterator[Watch]:
    """Serve and write metrics and health of a job while the block lasts.

    Args:
        job: its name.
        spark: its session.
        settings: say where and how often.

    Yields:
        To be called with the job's queries once they run.

    Raises:
        SettingsError: the port is taken.
    """
    with listening(spark, settings.kafka.topic_prefix) as progress:
        watch = Watch(job, settings, progress)
        with serving(settings.metrics, watch.trouble) as watch.address:
            if watch.address:
                log.info("metrics at %s/metrics, health at /health", watch.address)
            thread = threading.Thread(target=watch.follow, name="watch", daemon=True)
            thread.start()
            try:
                yield watch
            finally:
                watch.stop()
                thread.join()
                watch.forget()


def _replace(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.write_bytes(content)
    unfinished.replace(file)
