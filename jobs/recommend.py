"""Job: [profiles] + catalogue + champion → [recommendations].

Run: spark-submit jobs/recommend.py --config careerstream.toml
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from pyspark.sql import DataFrame, SparkSession

from jobs.lifecycle import Running, each_batch, scheduling_pool, start_query
from jobs.main import run_job
from streaming import lake
from streaming.clock import from_text
from streaming.current import Current
from streaming.kafka import read_batch, read_stream, require_topics, write_batch
from streaming.metrics import table
from streaming.metrics.meters import METERS
from streaming.metrics.tally import take
from streaming.pins import Pins
from streaming.recommending import (
    Observed,
    recommend,
    recommend_everyone,
    warm,
)
from streaming.serving import Bundle, Shelf
from streaming.session import HOT_POOL
from streaming.settings import Settings
from streaming.topics import PROFILES, RECOMMENDATIONS
from training.registration import ensure_champion

JOB = "recommend"
EVERYONE_SECONDS = 3600
"""The list under `*` is renewed when the newest profile is this much newer than the list."""
log = logging.getLogger(JOB)


class Everyone:
    """Publishes the list for people nobody knows when versions or times have moved on."""

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self._spark, self._settings = spark, settings
        self._lock = threading.Lock()
        self._bundle: Bundle | None = None
        self._as_of = ""

    def publish(self, serving: Callable[[], Bundle], as_of: str) -> None:
        """Publish if it is due.

        Args:
            serving: says which bundle serves; asked when nobody else publishes, so that the list
                of an older one never follows that of a newer one.
            as_of: the newest time any profile knows of, '' for none.
        """
        with self._lock:
            bundle, due = serving(), bool(as_of)
            if bundle == self._bundle:
                due = due and _seconds(self._as_of, as_of) > EVERYONE_SECONDS
            if due:
                size = self._settings.recommend.size
                message = recommend_everyone(self._spark, bundle, as_of, size)
                write_batch(message, self._settings.kafka)
                self._bundle, self._as_of = bundle, as_of


def start(spark: SparkSession, settings: Settings) -> Running:
    """Start recommending; where nothing is registered yet, the most-popular baseline serves."""
    require_topics(settings.kafka, PROFILES, RECOMMENDATIONS)
    lake.create(spark, settings, lake.POSTINGS)
    ensure_champion(settings)
    shelf = Shelf(spark, settings)
    shelf.clear()
    pins = Pins(spark, f"{settings.checkpoints}/{JOB}/pins")
    observed, everyone = Observed.on(spark), Everyone(spark, settings)
    METERS.follow(table.RECOMMENDATIONS, lambda: {(): observed.profiles.value})
    METERS.follow(table.UNKNOWN_POSTINGS, lambda: {(): observed.unknown_postings.value})

    def publish_everyone() -> None:
        everyone.publish(lambda: current.bundle, observed.as_of.value)

    current = Current(shelf, partial(warm, spark), publish_everyone)

    def handle(batch: DataFrame, batch_id: int) -> None:
        versions = pins.get(batch_id)
        if versions is None:
            versions = current.bundle.versions
            pins.put(batch_id, versions)
        with shelf.lend(versions) as bundle:
            lists = recommend(batch, bundle, settings.recommend.size, observed)
            write_batch(lists, settings.kafka)
        _measure(observed)
        publish_everyone()

    try:
        profiles = read_stream(spark, settings.kafka, PROFILES)
        writer = each_batch(profiles, handle, JOB)
        with scheduling_pool(spark, HOT_POOL):
            return Running((start_query(writer, JOB, settings),), (current.stop,))
    except BaseException:
        current.stop()
        raise


def refresh(spark: SparkSession, settings: Settings) -> int:
    """Recommend anew for every profile that stands on its topic; return how many there were."""
    shelf = Shelf(spark, settings)
    observed = Observed.on(spark)
    profiles = read_batch(spark, settings.kafka, PROFILES)
    with shelf.lend(shelf.newest()) as bundle:
        write_batch(recommend(profiles, bundle, settings.recommend.size, observed), settings.kafka)
        Everyone(spark, settings).publish(lambda: bundle, observed.as_of.value)
    return observed.profiles.value


def _measure(observed: Observed) -> None:
    """Time the events behind the lists that have just become readable."""
    now = time.time()
    for produced in take(observed.triggers):
        METERS.observe(table.LATENCY, (), max(0.0, now - produced))


def _seconds(earlier: str, later: str) -> float:
    return (from_text(later) - from_text(earlier)).total_seconds()


if __name__ == "__main__":
    run_job(JOB, start)
