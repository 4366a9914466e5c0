"""Looks after the rollout of a query that publishes lists, in a background thread.

It ends a rollout whose challenger fails, is slow, or was compared with another champion. And it
makes the lists of versions again that no longer serve: after an abort of a canary, and after a
rollback.
"""

import logging
import threading
from collections.abc import Callable, Iterable

from pyspark import inheritable_thread_target
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.topics import PROFILES, RECOMMENDATIONS
from streaming.errors import one_line
from streaming.kafka.spark_io import read_batch, write_batch
from streaming.metrics.scoring_counters import ScoringCounters
from streaming.serving.bundles import Bundle
from streaming.serving.champion import ServingVersions, resolve_alias
from streaming.serving.rollouts.rollout import Rollout, read_rollouts, remove_remake
from streaming.serving.rollouts.rules import Rule, abort, arm_figures, broken_rule
from streaming.serving.scoring import recommend
from streaming.settings import Settings
from streaming.spark.scheduling import LAKE_POOL, scheduling_pool

CLEAN_LOOKS = 2
"""So often in a row no list may be found, and no batch that may publish one: a batch that begins
just at the end of a rollout is seen by the second look."""
log = logging.getLogger(__name__)


class RolloutKeeper:
    """Looks at the rollout every `recommend.refresh_interval_seconds` until `stop`.

    `current` returns what new batches are scored with, `uncommitted` the versions of a batch that
    may still publish lists.
    """

    def __init__(
        self,
        spark: SparkSession,
        settings: Settings,
        counters: ScoringCounters,
        current: Callable[[], Bundle],
        uncommitted: Callable[[], Iterable[ServingVersions]],
    ) -> None:
        self._spark, self._settings, self._counters = spark, settings, counters
        self._current, self._uncommitted = current, uncommitted
        self._clean_looks = 0
        self._stopping = threading.Event()
        target = inheritable_thread_target(spark)(self._follow)
        self._thread = threading.Thread(target=target, name="rollouts", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join(timeout=30)

    def _follow(self) -> None:
        reported = ""
        while not self._stopping.wait(self._settings.recommend.refresh_interval_seconds):
            try:
                self._look()
                reported = ""
            except Exception as error:
                if (message := one_line(error)) != reported and not self._stopping.is_set():
                    reported = message  # once, not at every look
                    log.warning("cannot look after the rollout: %s", message)
                    log.debug("why it cannot", exc_info=True)

    def _look(self) -> None:
        history = read_rollouts(self._settings)
        if history.current is not None:
            self._judge(history.current)
        bundle = self._current()
        serving = {pair.model_version for pair in bundle.versions.every}
        if gone := [version for version in history.remake if version not in serving]:
            pending = {pair.model_version for own in self._uncommitted() for pair in own.every}
            self._remake(gone, bundle, is_clean=pending.isdisjoint(gone))

    def _judge(self, rollout: Rollout) -> None:
        champion = resolve_alias(self._settings)
        # The challenger itself: `rollout finish` is about to end the rollout.
        if champion not in {rollout.champion_version, rollout.model_version}:
            reason = f"version {champion} is champion now"
            abort(self._settings, rollout, Rule.CHAMPION, reason)
            return
        own = self._counters
        counts = (own.rollout_lists.value, own.rollout_seconds.value, own.rollout_errors.value)
        figures = arm_figures(rollout, *counts)
        if found := broken_rule(rollout, figures, self._settings.rollout):
            abort(self._settings, rollout, *found)

    def _remake(self, versions: list[str], bundle: Bundle, *, is_clean: bool) -> None:
        with scheduling_pool(self._spark, LAKE_POOL):
            count = remake_lists(self._spark, self._settings, versions, bundle)
        if count:
            log.info("made %d lists of version %s again", count, ", ".join(versions))
        self._clean_looks = self._clean_looks + 1 if is_clean and not count else 0
        if self._clean_looks >= CLEAN_LOOKS:
            self._clean_looks = 0
            remove_remake(self._settings, versions)


def remake_lists(
    spark: SparkSession, settings: Settings, versions: list[str], bundle: Bundle
) -> int:
    """Publish new lists for all whose newest list was made by one of some model versions.

    Returns:
        The number of profiles that were scored.
    """
    lists = read_batch(spark, settings.kafka, RECOMMENDATIONS)
    newest = lists.groupBy("key").agg(F.max_by("value", "offset").alias("value"))
    own_version = F.get_json_object(F.col("value").cast("string"), "$.model_version")
    keys = newest.where(own_version.isin(versions)).select("key")
    profiles: DataFrame = read_batch(spark, settings.kafka, PROFILES)
    # Each task must go on reading whole partitions: `recommend` looks for the newest version.
    chosen = profiles.join(F.broadcast(keys), "key", "left_semi")
    counters = ScoringCounters.create(spark)
    write_batch(recommend(chosen, bundle, settings.recommend.list_size, counters), settings.kafka)
    return counters.profiles.value
