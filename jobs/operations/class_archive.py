"""Makes the archive of classes from which Spark's JVM starts faster, by running the jobs once.

A JVM loads and verifies twenty thousand classes of Spark before its first query. With Java's
Application Class-Data Sharing (JEP 310 and JEP 350) it maps them from a file instead. The file is
for one Java with the same jars; with others the JVM ignores it.

Run: python -m jobs.operations.class_archive (the set-up does)
"""

import signal
import sys
import tempfile
from functools import partial
from pathlib import Path
from types import FrameType

from pyspark.sql import SparkSession

from infra.simulator import Market, MarketConfig, write
from jobs import archive, index_postings, update_profiles
from jobs.operations.file_import import import_candidates, import_events, import_postings
from jobs.runtime.sandbox import sandbox
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

TIMEOUT_SECONDS = 900
"""Far above the usual one to two minutes, for a busy machine."""
MARKET = MarketConfig(candidates=5, postings=10, events_per_candidate=4, days=5, seed=1)


def make_archive(file: Path) -> None:
    """Run the jobs over a small market and have the JVM archive the classes that it loaded.

    This takes one to two minutes; the file, some 230 MB, appears when it is complete.

    Raises:
        CareerstreamError: a job failed, or the JVM wrote no archive.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".making-") as folder:
        unfinished = Path(folder, file.name)
        options = {"spark.driver.extraJavaOptions": f'"-XX:ArchiveClassesAtExit={unfinished}"'}
        # Settings of the environment must not reach the jobs: they could name a real cluster.
        given = Settings(
            kafka=KafkaSettings(),
            storage=StorageSettings(),
            mlflow=MlflowSettings(),
            spark=SparkSettings(conf=options),
            jobs=JobSettings(lake_interval_seconds=1, catalogue_interval_seconds=1),
        )
        with sandbox(given, Path(folder)) as own:
            _fill_topics(own.settings)
            try:
                with logged_session(own.settings, "class-archive", scores=True) as spark:
                    _run_jobs(spark, own.settings)
            finally:
                end_jvm(TIMEOUT_SECONDS)  # it writes the archive when it ends
        if not unfinished.exists():
            raise CareerstreamError(
                f"Java {dependencies.java().version} wrote no archive of its classes"
            )
        unfinished.replace(file)


def _fill_topics(settings: Settings) -> None:
    """Import a small market."""
    folder = settings.home / "market"
    folder.mkdir()
    write(Market(MARKET), folder)
    import_postings(settings, folder / "postings.jsonl")
    import_candidates(settings, folder / "candidates.jsonl")
    import_events(settings, folder / "events.jsonl")


def _run_jobs(spark: SparkSession, settings: Settings) -> None:
    """Run the jobs that need no model until they have read everything."""
    starts = (index_postings.start, update_profiles.start, archive.start)
    running = start_all([partial(start, spark, settings) for start in starts], settings)
    try:
        running.drain("index_postings", "update_profiles")
        running.drain("archive")
    finally:
        running.stop(settings.jobs.shutdown_timeout_seconds)


def _on_timeout(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise CareerstreamError(f"not made in {TIMEOUT_SECONDS} seconds")


def main() -> int:
    """Make the archive of this environment unless it exists; return the exit code."""
    file = dependencies.class_archive()
    if file.exists():
        return 0
    signal.signal(signal.SIGALRM, _on_timeout)
    signal.alarm(TIMEOUT_SECONDS)
    try:
        make_archive(file)
    except (CareerstreamError, OSError) as error:
        sys.stderr.write(f"{one_line(error)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
