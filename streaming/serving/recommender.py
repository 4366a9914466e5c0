"""What a query that publishes recommendations needs beside its DataFrame."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pyspark import inheritable_thread_target
from pyspark.sql import SparkSession

from streaming.errors import one_line
from streaming.lake import tables
from streaming.metrics import definitions
from streaming.metrics.accumulators import drain
from streaming.metrics.registry import REGISTRY
from streaming.metrics.scoring_counters import ScoringCounters
from streaming.serving.anonymous_list import AnonymousListPublisher
from streaming.serving.batch_versions import FOLDER, BatchVersionLog, WorkerBatchVersionLog
from streaming.serving.bundles import Bundle, BundleStore
from streaming.serving.champion import current_versions_file, serving_folder
from streaming.serving.hot_swap import HotSwap
from streaming.serving.rollouts.keeper import RolloutKeeper
from streaming.serving.scoring import warm_up_workers
from streaming.settings import Settings
from streaming.spark.session import shares_folder

POLL_SECONDS = 0.1
IDLE_SECONDS = 30.0
"""Idle workers are warmed up again after this time. Spark ends a worker that was idle for a minute,
and the next click would wait until a new one has loaded the model."""
log = logging.getLogger(__name__)


class Recommender:
    """Serves one query that publishes recommendations.

    It keeps the current bundle, records the versions of each batch, exports the metrics of scoring,
    keeps the workers warm and publishes the anonymous list. The versions of a batch are recorded
    either on the driver (`batch_bundle`) or in the tasks of the batch (`worker_version_log`). The
    query's name is that of its checkpoint.

    Raises:
        ModelError: there is no champion, or its files are missing.
    """

    worker_version_log: WorkerBatchVersionLog | None = None
    """Set where the workers see the driver's files."""

    def __init__(self, spark: SparkSession, settings: Settings, query: str) -> None:
        self.query = query
        tables.create(spark, settings, tables.POSTINGS)
        if shares_folder(spark, settings.checkpoints):
            checkpoint = Path(settings.checkpoints, query).absolute()
            self.worker_version_log = WorkerBatchVersionLog(
                checkpoint, serving_folder(settings), current_versions_file(settings)
            )
        self._store = self._open_store(spark, settings)
        self._version_log = BatchVersionLog(spark, f"{settings.checkpoints}/{query}/{FOLDER}")
        self._anonymous_list = AnonymousListPublisher(spark, settings)
        self.counters = ScoringCounters.create(spark)
        self.counters.register()
        workers_per_task = 1 if self.worker_version_log else 2
        self._warm_up = partial(warm_up_workers, spark, workers_per_task=workers_per_task)
        self._current = HotSwap(self._store, self._warm_up, self._publish_anonymous_list)
        recorded = self.worker_version_log or self._version_log
        self._rollouts = RolloutKeeper(
            spark, settings, self.counters, lambda: self._current.bundle, recorded.uncommitted
        )
        self._scored, self._active_at = 0, time.monotonic()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def _open_store(self, spark: SparkSession, settings: Settings) -> BundleStore:
        """Open the store without bundles of earlier starts, but for a batch that may be retried."""
        version_log = self.worker_version_log
        uncommitted = version_log.uncommitted if version_log else tuple
        store = BundleStore(spark, settings, uncommitted)
        store.clear()
        for versions in uncommitted():
            store.get(versions)
        return store

    @contextmanager
    def batch_bundle(self, batch_id: int) -> Iterator[Bundle]:
        """Lease the bundle of a batch. A batch that is tried again gets the same one."""
        versions = self._version_log.get(batch_id)
        if versions is None:
            versions = self._current.bundle.versions
            self._version_log.record(batch_id, versions)
        with self._store.lease(versions) as bundle:
            yield bundle

    def on_published(self) -> None:
        """Measure the latency of lists that consumers can read now; publish the anonymous list."""
        now = time.time()
        for produced in drain(self.counters.trigger_times):
            REGISTRY.observe(definitions.LATENCY, (), max(0.0, now - produced))
        self._publish_anonymous_list()

    def start(self) -> None:
        """Start the background thread that follows published lists until `stop`."""
        # Spark jobs of the thread take the session and its properties from the one that starts it.
        target = inheritable_thread_target(self._store.spark)(self._follow)
        self._thread = threading.Thread(target=target, name="published", daemon=True)
        self._thread.start()
        self._rollouts.start()

    def stop(self) -> None:
        """End the background threads."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
            self._rollouts.stop()
        self._current.stop()

    def _follow(self) -> None:
        reported, running = "", True
        while running:
            running = not self._stopping.wait(POLL_SECONDS)
            try:
                self._keep_workers_warm()
                self.on_published()
                reported = ""
            except Exception as error:
                # The personal lists are published already. The anonymous list is tried again.
                if (message := one_line(error)) != reported:
                    reported = message  # once, not at every poll
                    log.warning("cannot look after published lists: %s", message)
                    log.debug("why it cannot", exc_info=True)

    def _keep_workers_warm(self) -> None:
        """Run a task on every worker if none has scored for a while."""
        now, scored = time.monotonic(), self.counters.profiles.value
        if scored != self._scored:
            self._scored, self._active_at = scored, now
        elif now - self._active_at >= IDLE_SECONDS:
            self._active_at = now  # also after a failure: the next try comes when it is due again
            self._warm_up(self._current.bundle)

    def _publish_anonymous_list(self) -> None:
        as_of = self.counters.newest_as_of.value
        self._anonymous_list.publish_if_due(lambda: self._current.bundle, as_of)
