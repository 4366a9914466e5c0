"""Looks at the rollout that is on, again and again, beside the job that writes the tables."""

import logging
import threading

from pyspark import inheritable_thread_target
from pyspark.sql import SparkSession

from jobs.rollouts.looks import look
from streaming.errors import one_line
from streaming.serving.rollouts.rollout import read_rollouts
from streaming.settings import Settings
from streaming.spark.scheduling import LAKE_POOL, scheduling_pool

log = logging.getLogger(__name__)


class RolloutWatcher:
    """A thread that looks every `rollout.check_seconds` until `stop`."""

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self._spark, self._settings = spark, settings
        self._stopping = threading.Event()
        target = inheritable_thread_target(spark)(self._follow)
        self._thread = threading.Thread(target=target, name="rollout looks", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join(timeout=30)

    def _follow(self) -> None:
        reported = ""
        while not self._stopping.wait(self._settings.rollout.check_seconds):
            try:
                with scheduling_pool(self._spark, LAKE_POOL):
                    if (rollout := read_rollouts(self._settings).current) is not None:
                        look(self._spark, self._settings, rollout)
                reported = ""
            except Exception as error:
                if (message := one_line(error)) != reported and not self._stopping.is_set():
                    reported = message  # once, not at every look
                    log.warning("cannot look at the rollout: %s", message)
                    log.debug("why it cannot", exc_info=True)
