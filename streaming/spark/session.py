"""The Spark session, the same for every job."""

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from streaming import dependencies
from streaming.deferred_signals import held
from streaming.errors import SettingsError, one_line
from streaming.settings import Settings
from streaming.spark.internals.jvm_tuning import lighten
from streaming.spark.internals.python_daemon import GIVES_WAY, MOSTLY, SCORES

ROCKSDB = "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
STREAMING = "spark.sql.streaming"
FILE_MANAGER = (
    "org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager"
)
"""Of checkpoints in a local folder: renames them itself, where Spark's own choice starts a process
for every link it looks up, twice a batch. As atomic there; object stores keep Spark's choice."""
SMALL_BATCHES = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}
"""Of sessions that score: a batch of some dozen rows, planned anew each time, is done before Java
code for it is written, compiled and warm. Nor are writes of tables, whose planning clicks have to
share the cores with, planned anew while they run."""
LOCAL_FILES = "com.globalmentor.apache.hadoop.fs.BareLocalFileSystem"
"""Of local folders: sets permissions itself, where Hadoop's own starts a process for each file that
it makes and another for the file's checksum. A small batch writes a dozen."""
_CLASS_PATH = "spark.driver.extraClassPath"
_JAVA_OPTIONS = "spark.driver.defaultJavaOptions"  # beside, not instead of, those asked for
_WAKING, _WAKING_SECONDS = "waking", 20.0
HOT_POOL = "hot"
"""Of the queries between a click and its recommendation: served before all others."""
LAKE_POOL = "lake"
"""Of the queries that write tables."""
_POOL = """  <pool name="{name}">
    <schedulingMode>FAIR</schedulingMode>
    <weight>1</weight>
    <minShare>{share}</minShare>
  </pool>
"""
POOLS = (
    '<?xml version="1.0"?>\n<allocations>\n'
    + _POOL.format(name=HOT_POOL, share=1000)  # more than there are: it comes first
    + _POOL.format(name=LAKE_POOL, share=0)
    + "</allocations>\n"
)


def session(
    settings: Settings, app: str, *, scores: bool = False, archives: bool = False
) -> SparkSession:
    """Make the session, or return the running one.

    Under spark-submit the cluster's own master, jars and memory win; the rest is set here.

    Args:
        settings: say how.
        app: its name.
        scores: whether its workers will score: then they are forked with a model's libraries, and
            no code is generated for its small batches.
        archives: whether tables of history are written beside that: on one machine their tasks,
            `lake_tasks` at a time, then run beyond those of the master, and clicks wait for none.

    Raises:
        MissingPartError: no usable Java, or the jars are not in the cache.
        SettingsError: Spark does not start with these settings.
    """
    builder = SparkSession.builder.appName(f"careerstream {app}")
    if not _submitted():
        os.environ["JAVA_HOME"] = str(dependencies.java().home)
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        master = settings.spark.master
        asked = spare_tasks(master) if archives else {"spark.master": master}
        for name, value in (asked | _java_options() | _launch_conf(settings)).items():
            builder = builder.config(name, value)
        if scores:
            builder = builder.config(f"spark.executorEnv.{SCORES}", "1")
    conf = _conf(settings) | (SMALL_BATCHES if scores else {}) | settings.spark.conf
    for name, value in conf.items():
        builder = builder.config(name, value)
    with held():
        try:
            spark = builder.getOrCreate()
        except Exception as error:
            raise SettingsError(
                f"Spark does not start with spark.master {settings.spark.master}: {one_line(error)}"
            ) from error
    spark.sparkContext.setLogLevel("ERROR")
    if is_local(spark):
        lighten(spark)
    return spark


@contextmanager
def logged_session(
    settings: Settings, app: str, *, scores: bool = False, archives: bool = False
) -> Iterator[SparkSession]:
    """Give a `session` that ends with the block; what its JVM says goes to HOME/logs/APP.log."""
    file = settings.home / "logs" / f"{app}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    terminal = os.dup(2)
    # The JVM inherits the descriptors of this moment and keeps them.
    with file.open("ab") as log:
        os.dup2(log.fileno(), 2)
    try:
        spark = session(settings, app, scores=scores, archives=archives)
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
    try:
        yield spark
    finally:
        stop(spark)


def wake(spark: SparkSession) -> None:
    """Have Python workers start while a job still does: their libraries take seconds to load."""

    def ask() -> None:
        with suppress(Exception):  # the next task starts them
            tasks = spark.sparkContext.defaultParallelism
            spark.range(0, tasks, 1, tasks).mapInArrow(lambda batches: batches, "id long").count()

    threading.Thread(target=ask, name=_WAKING, daemon=True).start()


def stop(spark: SparkSession) -> None:
    """Stop the session, after what `wake` asked for: Spark logs an error for each task cut off."""
    try:
        for thread in threading.enumerate():
            if thread.name == _WAKING:
                thread.join(_WAKING_SECONDS)
    finally:
        spark.stop()


def lake_tasks(spark: SparkSession) -> int:
    """How many tasks may write a table of history at a time beside the hot path."""
    return _lake_tasks(spark.sparkContext.defaultParallelism)


@contextmanager
def lake_workers(spark: SparkSession, gives_way: str = MOSTLY) -> Iterator[None]:
    """Give the Python in what is planned inside workers of its own, which the system serves last.

    They know nothing of models, and those that score keep to themselves what they have at hand.
    What another thread plans meanwhile gets them too: a plan belongs inside, no query's start.

    Args:
        spark: session of the job.
        gives_way: how far others come before them (`preloading.give_way`).
    """
    environment = spark.sparkContext.environment
    scored = environment.pop(SCORES, None)
    environment[GIVES_WAY] = gives_way
    try:
        yield
    finally:
        del environment[GIVES_WAY]
        if scored is not None:
            environment[SCORES] = scored


@contextmanager
def scheduling_pool(spark: SparkSession, name: str) -> Iterator[None]:
    """Give the queries started inside a share of the cores of their own."""
    context = spark.sparkContext
    before = context.getLocalProperty("spark.scheduler.pool")
    context.setLocalProperty("spark.scheduler.pool", name)
    try:
        yield
    finally:
        context.setLocalProperty("spark.scheduler.pool", before)  # type: ignore[arg-type]


def is_local(spark: SparkSession) -> bool:
    """Whether the executors share this process's file system and memory."""
    return _is_local(str(spark.sparkContext.master))


def _is_local(master: str) -> bool:
    # Not local-cluster[…]: its executors are processes of their own.
    return master == "local" or master.startswith("local[")


def is_folder(place: str) -> bool:
    """Whether a place of tables or checkpoints is a folder's path, and no URI."""
    return ":/" not in place


def shares_folder(spark: SparkSession, place: str) -> bool:
    """Whether driver and workers see a place of checkpoints as a folder of one machine."""
    hadoop: Any = spark._jsparkSession.sparkContext().hadoopConfiguration()  # noqa: SLF001
    default = str(hadoop.get("fs.defaultFS", "file:///"))
    return is_local(spark) and is_folder(place) and default.startswith("file:")


def spare_tasks(master: str) -> dict[str, str]:
    """Say, as configuration, that more tasks may run on one machine than its master names.

    How many parts work is cut into stays the same. A cluster's master stays as it is, and so does
    `local[*]`: how many processors a container may use Spark finds out itself.
    """
    local = re.fullmatch(r"local(?:\[(\d+)\])?", master)
    if not local:
        return {"spark.master": master}
    tasks = int(local[1] or 1)
    return {
        "spark.master": f"local[{tasks + _lake_tasks(tasks)}]",
        "spark.default.parallelism": str(tasks),
    }


def _lake_tasks(tasks: int) -> int:
    return max(1, tasks // 2)


def _submitted() -> bool:
    """Whether spark-submit started this process: its JVM then runs already."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def _launch_conf(settings: Settings) -> dict[str, str]:
    """What must be known before the JVM starts."""
    conf = {
        "spark.jars": ",".join(str(jar) for jar in dependencies.spark_jars()),
        "spark.driver.memory": settings.spark.driver_memory,
        "spark.python.daemon.module": "streaming.spark.internals.python_daemon",
        "spark.scheduler.allocation.file": _pools(settings).as_uri(),
    }
    if _is_local(settings.spark.master):
        # Without it Spark's web page would listen on every interface.
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        conf |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        # Over TCP, small messages between the JVM and its workers wait for acknowledgements that
        # the other side delays by 40 ms, several times a task. Not on clusters unasked: YARN's
        # folders for temporary files have longer paths than such a socket may.
        conf |= {"spark.python.unix.domain.socket.enabled": "true"}
        if _CLASS_PATH not in settings.spark.conf:
            # Needed before `spark.jars` is looked at.
            jars = [str(jar) for jar in dependencies.local_files_jars()]
            conf |= {_CLASS_PATH: os.pathsep.join(jars), "spark.hadoop.fs.file.impl": LOCAL_FILES}
    return conf


def _java_options() -> dict[str, str]:
    if not (archive := dependencies.class_archive()).exists():
        return {}
    # One of other jars is left aside; that it is would be told on every start.
    options = f'"-XX:SharedArchiveFile={archive}" -Xlog:cds=off -Xlog:cds+dynamic=off'
    return {_JAVA_OPTIONS: options}


def _pools(settings: Settings) -> Path:
    """Write the shares of the cores that queries of one session have (`scheduling_pool`)."""
    file = settings.home.absolute() / "spark" / "pools.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(POOLS, encoding="utf-8")
    return file


def _conf(settings: Settings) -> dict[str, str]:
    return {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.shuffle.partitions": str(settings.spark.state_partitions),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Spark says so to workers of columns and not to those of state, and workers that are told
        # different things come from different processes: those started ahead would be others.
        "spark.sql.execution.pyspark.udf.simplifiedTraceback.enabled": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.scheduler.mode": "FAIR",
        # A task that waits for a better place makes its whole batch wait.
        "spark.locality.wait": "0s",
        "spark.ui.showConsoleProgress": "false",
        # Delta's own default of 50 tasks for a table of a few files is most of a commit's time.
        "spark.databricks.delta.snapshotPartitions": "2",
        # Keep SASL credentials out of the plans and pages that Spark shows.
        "spark.redaction.regex": "(?i)secret|password|token|access[.]?key|jaas",
        "spark.sql.redaction.options.regex": "(?i)url|secret|password|jaas",
        # Spark's own default, said here since `jvm.lighten` changes it for those who say nothing.
        "spark.sql.codegen.factoryMode": "FALLBACK",
        f"{STREAMING}.stateStore.providerClass": ROCKSDB,
        f"{STREAMING}.stateStore.encodingFormat": "avro",
        f"{STREAMING}.stateStore.rocksdb.changelogCheckpointing.enabled": "true",
        f"{STREAMING}.stopTimeout": f"{settings.jobs.shutdown_seconds:g}s",
        **(
            {f"{STREAMING}.checkpointFileManagerClass": FILE_MANAGER}
            if is_folder(settings.checkpoints)
            else {}
        ),
    }
