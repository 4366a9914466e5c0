"""The Spark session, the same for every job."""

import atexit
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pyspark.sql import SparkSession

from streaming.deferred_signals import defer_signals
from streaming.errors import SettingsError, one_line
from streaming.settings import Settings, s3_scheme
from streaming.spark.configuration import (
    LOG_STORE,
    is_folder,
    is_local_master,
    launch_configuration,
    session_configuration,
)
from streaming.spark.internals.hadoop_files import HadoopFiles
from streaming.spark.internals.java_gateway import end_jvm, knows_class
from streaming.spark.tuning import tune_jvm

_STARTING_WORKERS, _STARTING_SECONDS = "starting-workers", 20.0


def session(
    settings: Settings, app: str, *, scores: bool = False, archives: bool = False
) -> SparkSession:
    """Make the session, or return the running one.

    Under spark-submit the cluster's own master, jars and memory win; the rest is set here. Where
    its workers will score, they are forked with a model's libraries, and no code is generated for
    its small batches. Where it archives, tables of history are written beside that: on one machine
    their tasks, `lake_tasks` at a time, run beyond those of the master, and clicks wait for none.

    Raises:
        MissingDependencyError: no usable Java, or the jars are not in the cache.
        SettingsError: Spark does not start with these settings.
    """
    configuration = session_configuration(settings, scores=scores)
    if "PYSPARK_GATEWAY_PORT" not in os.environ:  # else spark-submit has started the JVM
        launch = launch_configuration(settings, scores=scores, archives=archives)
        configuration = launch | configuration
    builder = SparkSession.builder.appName(f"careerstream {app}")
    for name, value in configuration.items():
        builder = builder.config(name, value)
    with defer_signals():
        try:
            spark = builder.getOrCreate()
        except Exception as error:
            raise SettingsError(
                f"Spark does not start with spark.master {settings.spark.master}: {one_line(error)}"
            ) from error
    if LOG_STORE in configuration.values() and not knows_class(spark, LOG_STORE):
        spark.stop()
        raise SettingsError(
            f"storage.lake is on S3, and Spark has no class {LOG_STORE}; give spark-submit the "
            "jars for S3 (docs/deployment.md), or name another log store in spark.conf as "
            f"spark.delta.logStore.{s3_scheme(settings.lake)}.impl"
        )
    spark.sparkContext.setLogLevel("ERROR")
    if is_local(spark):
        tune_jvm(spark, settings.spark.tuned)
    return spark


@contextmanager
def logged_session(
    settings: Settings, app: str, *, scores: bool = False, archives: bool = False
) -> Iterator[SparkSession]:
    """Make a `session` that ends with the block; its JVM writes to HOME/logs/APP.log."""
    file = settings.home / "logs" / f"{app}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    # Nothing of a command runs on when it has ended, a signal while Spark starts included.
    atexit.unregister(end_jvm)
    atexit.register(end_jvm)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    terminal = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    # The JVM inherits the descriptors of this moment and keeps them. On standard output it would
    # stand before the JSON of a command: Delta prints there what a vacuum has deleted.
    with file.open("ab") as log:
        for descriptor in terminal:
            os.dup2(log.fileno(), descriptor)
    try:
        spark = session(settings, app, scores=scores, archives=archives)
    finally:
        for descriptor, own in terminal.items():
            os.dup2(own, descriptor)
            os.close(own)
    try:
        yield spark
    finally:
        stop(spark)


def start_workers(spark: SparkSession) -> None:
    """Start Python workers on a thread, because loading their libraries takes seconds."""

    def run() -> None:
        with suppress(Exception):  # the next task starts them
            tasks = spark.sparkContext.defaultParallelism
            spark.range(0, tasks, 1, tasks).mapInArrow(lambda batches: batches, "id long").count()

    threading.Thread(target=run, name=_STARTING_WORKERS, daemon=True).start()


def stop(spark: SparkSession) -> None:
    """Stop the session once `start_workers` is done; Spark logs an error for each task cut off."""
    try:
        for thread in threading.enumerate():
            if thread.name == _STARTING_WORKERS:
                thread.join(_STARTING_SECONDS)
    finally:
        spark.stop()


def is_local(spark: SparkSession) -> bool:
    """Return whether the executors share this process's file system and memory."""
    return is_local_master(str(spark.sparkContext.master))


def shares_folder(spark: SparkSession, place: str) -> bool:
    """Return whether driver and workers see a place of checkpoints as a folder of one machine."""
    return is_local(spark) and is_folder(place) and HadoopFiles(spark).default_is_local()
