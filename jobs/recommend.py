"""Job: [profiles] + catalogue + champion → [recommendations].

Run: spark-submit jobs/recommend.py --config careerstream.toml
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pyspark import inheritable_thread_target
from pyspark.sql import DataFrame, SparkSession

from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import Running, each_batch, start_query
from streaming.contract.topics import PROFILES, RECOMMENDATIONS
from streaming.errors import one_line
from streaming.kafka.spark_io import read_batch, read_stream, require_topics, write_batch
from streaming.lake import tables
from streaming.metrics import definitions
from streaming.metrics.accumulators import take
from streaming.metrics.registry import METERS
from streaming.metrics.scoring_counters import Observed
from streaming.serving.batch_versions import Pins, WorkerPins
from streaming.serving.bundles import Bundle, Shelf, current_file, serving_folder
from streaming.serving.hot_swap import Current
from streaming.serving.scoring import recommend, recommend_everyone, warm
from streaming.settings import Settings
from streaming.spark.session import HOT_POOL, scheduling_pool, shares_folder
from streaming.timestamps import from_text
from training.registry.registration import ensure_champion

JOB = "recommend"
_LOOK_SECONDS = 0.1
_QUIET_SECONDS = 30.0
"""Workers that nothing is asked of for so long are asked for something. Spark ends them after a
minute, and the next click would wait for the model to be loaded anew."""
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


class Recommender:
    """What a query that publishes lists needs: which versions serve, written down for each batch.

    Where nothing is registered yet, the most-popular baseline serves. Its batches are pinned either
    by `pinned`, on the driver, or by `worker_pins`, in their tasks.

    Args:
        spark: session of the job.
        settings: say where everything is.
        query: whose batches they are.
    """

    worker_pins: WorkerPins | None = None
    """Where workers see the files of the driver."""
    _follower: threading.Thread | None = None

    def __init__(self, spark: SparkSession, settings: Settings, query: str) -> None:
        self.query = query
        tables.create(spark, settings, tables.POSTINGS)
        ensure_champion(settings)
        if shares_folder(spark, settings.checkpoints):
            checkpoint = Path(settings.checkpoints, query).absolute()
            self.worker_pins = WorkerPins(
                checkpoint, serving_folder(settings), current_file(settings)
            )
        open_batch = self.worker_pins.open if self.worker_pins else tuple
        self._shelf = Shelf(spark, settings, open_batch)
        self._shelf.clear()
        for versions in open_batch():
            self._shelf.bundle(versions)
        self._pins = Pins(spark, f"{settings.checkpoints}/{query}/pins")
        self._everyone = Everyone(spark, settings)
        self.observed = Observed.on(spark)
        METERS.follow(definitions.RECOMMENDATIONS, lambda: {(): self.observed.profiles.value})
        METERS.follow(
            definitions.UNKNOWN_POSTINGS, lambda: {(): self.observed.unknown_postings.value}
        )
        self._warm = partial(warm, spark, held=1 if self.worker_pins else 2)
        self._current = Current(self._shelf, self._warm, self._publish_everyone)
        self._scored, self._asked = 0, time.monotonic()
        self._stopping = threading.Event()

    @contextmanager
    def pinned(self, batch_id: int) -> Iterator[Bundle]:
        """Lend the versions of a batch: those it used before, if it was tried before."""
        versions = self._pins.get(batch_id)
        if versions is None:
            versions = self._current.bundle.versions
            self._pins.put(batch_id, versions)
        with self._shelf.lend(versions) as bundle:
            yield bundle

    def published(self) -> None:
        """Time the events behind the lists that have just become readable; serve those unknown."""
        now = time.time()
        for produced in take(self.observed.triggers):
            METERS.observe(definitions.LATENCY, (), max(0.0, now - produced))
        self._publish_everyone()

    def follow(self) -> None:
        """See to lists as tasks publish them, in the background, until `stop`."""
        # The thread's Spark jobs belong to the session that started it, with its properties.
        target = inheritable_thread_target(self._shelf.spark)(self._follow)
        self._follower = threading.Thread(target=target, name="published", daemon=True)
        self._follower.start()

    def _follow(self) -> None:
        trouble, going = "", True
        while going:
            going = not self._stopping.wait(_LOOK_SECONDS)
            try:
                self._stay_warm()
                self.published()
                trouble = ""
            except Exception as error:
                # The lists of everybody else are out; this one is tried again.
                if (told := one_line(error)) != trouble:
                    trouble = told  # once, not at every look
                    log.warning("cannot look after published lists: %s", told)
                    log.debug("why it cannot", exc_info=True)

    def _stay_warm(self) -> None:
        """Ask the workers for something if nobody has for long."""
        now, scored = time.monotonic(), self.observed.profiles.value
        if scored != self._scored:
            self._scored, self._asked = scored, now
        elif now - self._asked >= _QUIET_SECONDS:
            self._asked = now  # also if it fails: it is tried again when it is time again
            self._warm(self._current.bundle)

    def stop(self) -> None:
        """End the background work."""
        self._stopping.set()
        if self._follower is not None:
            self._follower.join(timeout=30)
        self._current.stop()

    def _publish_everyone(self) -> None:
        self._everyone.publish(lambda: self._current.bundle, self.observed.as_of.value)


@contextmanager
def starting(recommender: Recommender) -> Iterator[Recommender]:
    """Lend a recommender to the block that starts its query; if that fails, stop it."""
    try:
        yield recommender
    except BaseException:
        recommender.stop()
        raise


def start(spark: SparkSession, settings: Settings) -> Running:
    """Start recommending for the profiles that come on their topic."""
    require_topics(settings.kafka, PROFILES, RECOMMENDATIONS)
    with starting(Recommender(spark, settings, JOB)) as recommender:
        profiles = read_stream(spark, settings.kafka, PROFILES)
        return recommending(profiles, _publish, recommender, settings)


def _publish(
    batch: DataFrame, bundle: Bundle, recommender: Recommender, settings: Settings
) -> None:
    """Score a batch of profiles with the versions it is pinned to, and write the lists."""
    lists = recommend(batch, bundle, settings.recommend.size, recommender.observed)
    write_batch(lists, settings.kafka)


Publish = Callable[[DataFrame, Bundle, Recommender, Settings], None]


def recommending(
    messages: DataFrame, publish: Publish, recommender: Recommender, settings: Settings
) -> Running:
    """Start a query whose batches stop at the driver to be pinned.

    Args:
        messages: what it reads.
        publish: scores a batch with a bundle, and writes the lists.
        recommender: of this query.
        settings: of the job.
    """

    def handle(batch: DataFrame, batch_id: int) -> None:
        with recommender.pinned(batch_id) as bundle:
            publish(batch, bundle, recommender, settings)
        recommender.published()

    with scheduling_pool(messages.sparkSession, HOT_POOL):
        writer = each_batch(messages, handle, recommender.query)
        query = start_query(writer, recommender.query, settings)
        recommender.follow()
    return Running((query,), (recommender.stop,))


def refresh(spark: SparkSession, settings: Settings) -> int:
    """Recommend anew for every profile that stands on its topic; return how many there were."""
    shelf = Shelf(spark, settings)
    observed = Observed.on(spark)
    profiles = read_batch(spark, settings.kafka, PROFILES)
    with shelf.lend(shelf.newest()) as bundle:
        write_batch(recommend(profiles, bundle, settings.recommend.size, observed), settings.kafka)
        Everyone(spark, settings).publish(lambda: bundle, observed.as_of.value)
    return observed.profiles.value


def _seconds(earlier: str, later: str) -> float:
    return (from_text(later) - from_text(earlier)).total_seconds()


if __name__ == "__main__":
    run_job(JOB, start, scores=True)
