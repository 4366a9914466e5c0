"""The archive of classes that Spark's JVM starts from, made by running the jobs once.

A JVM reads and checks twenty thousand classes of Spark's before its first query. Java's Application
Class-Data Sharing (JEP 310 and JEP 350) maps them from a file instead, if it is the same Java with
the same jars; if not, the JVM says nothing and starts as it would without.

Run: python -m jobs.operations.class_archive (set-up does)
"""

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

from pyspark.sql import SparkSession

from infra.broker import provisioning
from infra.broker.embedded import Broker
from infra.simulator import Market, MarketConfig, write
from jobs import archive, index_postings, update_profiles
from jobs.operations.file_import import import_candidates, import_events, import_postings
from jobs.runtime.streaming_query import start_all
from streaming import dependencies
from streaming.errors import CareerstreamError, one_line
from streaming.settings import (
    JobSettings,
    KafkaSettings,
    MlflowSettings,
    Settings,
    SparkSettings,
    StorageSettings,
)
from streaming.spark.internals.java_gateway import end_jvm
from streaming.spark.session import logged_session

PATIENCE = 900
"""Seconds: far above what it takes, for a machine that is busy."""
MARKET = MarketConfig(candidates=5, postings=10, events_per_candidate=4, days=5, seed=1)


def make(file: Path) -> None:
    """Run jobs over a small market, and have the JVM write down what it loaded.

    Takes one to two minutes; the file has some 230 MB.

    Args:
        file: appears when it is complete.

    Raises:
        CareerstreamError: a job failed, or the JVM wrote nothing.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".making-") as folder:
        home, made = Path(folder), Path(folder, file.name)
        with Broker(home / "kafka") as broker:
            dump = {"spark.driver.extraJavaOptions": f'"-XX:ArchiveClassesAtExit={made}"'}
            settings = Settings(
                home=home,
                kafka=KafkaSettings(bootstrap_servers=broker.bootstrap_servers),
                # Not those of the environment: what is made up here belongs into no real table.
                storage=StorageSettings(),
                mlflow=MlflowSettings(),
                spark=SparkSettings(conf=dump),
                jobs=JobSettings(lake_interval_seconds=1, catalogue_interval_seconds=1),
            )
            _fill(settings)
            with _exited(), logged_session(settings, "class-archive", scores=True) as spark:
                _run(spark, settings)
        if not made.exists():
            raise CareerstreamError(
                f"Java {dependencies.java().version} wrote no archive of its classes"
            )
        made.replace(file)


def _fill(settings: Settings) -> None:
    """Put a small market on the topics."""
    provisioning.create(settings.kafka)
    folder = settings.home / "market"
    folder.mkdir()
    write(Market(MARKET), folder)
    import_postings(settings, folder / "postings.jsonl")
    import_candidates(settings, folder / "candidates.jsonl")
    import_events(settings, folder / "events.jsonl")


def _run(spark: SparkSession, settings: Settings) -> None:
    """Run the jobs that need no model until all is read."""
    starts = (index_postings.start, update_profiles.start, archive.start)
    running = start_all([partial(start, spark, settings) for start in starts], settings)
    try:
        running.drain("index_postings", "update_profiles")
        running.drain("archive")
    finally:
        running.stop(settings.jobs.shutdown_timeout_seconds)


@contextmanager
def _exited() -> Iterator[None]:
    """Wait after the block until Spark's JVM has ended, which it otherwise does after us."""
    try:
        yield
    finally:
        end_jvm()


def _give_up(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise CareerstreamError(f"not made in {PATIENCE} seconds")


def main() -> int:
    """Make the archive of this environment unless it is there; return the exit code."""
    file = dependencies.class_archive()
    if file.exists():
        return 0
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(PATIENCE)
    try:
        make(file)
    except (CareerstreamError, OSError) as error:
        sys.stderr.write(f"{one_line(error)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
