"""The Spark configuration of every session, as settings and this machine say it."""

import os
import sys
from pathlib import Path

from streaming import dependencies
from streaming.settings import Settings, Tuning, s3_scheme
from streaming.spark.internals.tuned import python_daemon
from streaming.spark.scheduling import POOLS, with_lake_tasks
from streaming.spark.tuning import usable

ROCKSDB = "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
STREAMING = "spark.sql.streaming"
FILE_MANAGER = (
    "org.apache.spark.sql.execution.streaming.checkpointing.FileSystemBasedCheckpointFileManager"
)
"""Of checkpoints in a local folder. It renames files by itself, where Spark's own choice starts a
process for every link that it looks up, twice a batch. There it is as atomic; object stores keep
Spark's choice."""
SMALL_BATCHES = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}
"""Of sessions that score. A batch of some dozen rows is planned anew each time, and done before
Java code for it is generated, compiled and warm. Adaptive execution would plan writes of tables
again while they run, on the cores that clicks wait for."""
LOCAL_FILES = "com.globalmentor.apache.hadoop.fs.BareLocalFileSystem"
"""The file system of local folders. Hadoop's own starts a process for each file that it makes and
another for the file's checksum; a small batch writes a dozen files."""
LOG_STORE = "careerstream.ConditionalPutLogStore"
"""Delta's log on S3 (`streaming/lake/ConditionalPutLogStore.java`)."""
_CLASS_PATH = "spark.driver.extraClassPath"
_JAVA_OPTIONS = "spark.driver.defaultJavaOptions"  # beside, not instead of, the user's own


def session_configuration(settings: Settings, *, scores: bool) -> dict[str, str]:
    """Return what every session is given, also one that spark-submit starts."""
    configuration = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.shuffle.partitions": str(settings.spark.state_partitions),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Spark sets this in the environment of `mapInArrow` and not in that of keyed operators.
        # Workers of different environments come from different daemons, so that those which are
        # started ahead would not be those which fold.
        "spark.sql.execution.pyspark.udf.simplifiedTraceback.enabled": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.scheduler.mode": "FAIR",
        # A task that waits for a better place makes its whole batch wait.
        "spark.locality.wait": "0s",
        "spark.ui.showConsoleProgress": "false",
        # Delta's default of 50 tasks for a table of a few files is most of the time of a commit.
        "spark.databricks.delta.snapshotPartitions": "2",
        # Keep SASL credentials out of the plans and pages that Spark shows.
        "spark.redaction.regex": "(?i)secret|password|token|access[.]?key|jaas",
        "spark.sql.redaction.options.regex": "(?i)url|secret|password|jaas",
        # Spark's own default, set here because `code_generation` changes it for the whole JVM.
        "spark.sql.codegen.factoryMode": "FALLBACK",
        f"{STREAMING}.stateStore.providerClass": ROCKSDB,
        f"{STREAMING}.stateStore.encodingFormat": "avro",
        f"{STREAMING}.stateStore.rocksdb.changelogCheckpointing.enabled": "true",
        f"{STREAMING}.stopTimeout": f"{settings.jobs.shutdown_timeout_seconds:g}s",
    }
    if is_folder(settings.checkpoints):
        configuration[f"{STREAMING}.checkpointFileManagerClass"] = FILE_MANAGER
    if scheme := s3_scheme(settings.lake):
        configuration[f"spark.delta.logStore.{scheme}.impl"] = LOG_STORE
    if s3_scheme(settings.checkpoints):
        # State is uploaded as files. The SDK's asynchronous client, which Hadoop takes for that,
        # fails with Spark's Netty 4.2: it takes "100 Continue" for the answer.
        configuration["spark.hadoop.fs.s3a.optimized.copy.from.local.enabled"] = "false"
    return configuration | (SMALL_BATCHES if scores else {}) | settings.spark.conf


def launch_configuration(settings: Settings, *, scores: bool, archives: bool) -> dict[str, str]:
    """Return what must be known before the JVM starts, where spark-submit has not started it.

    Raises:
        MissingDependencyError: no usable Java, or the jars are not in the cache.
    """
    os.environ["JAVA_HOME"] = str(dependencies.java().home)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    master = settings.spark.master
    configuration = with_lake_tasks(master) if archives else {"spark.master": master}
    jars = dependencies.spark_jars()
    if s3_scheme(settings.lake) or s3_scheme(settings.checkpoints):
        jars += dependencies.s3_jars()
    configuration |= {
        "spark.jars": ",".join(map(str, jars)),
        "spark.driver.memory": settings.spark.driver_memory,
        "spark.scheduler.allocation.file": _pools_file(settings).as_uri(),
    }
    if Tuning.PYTHON_DAEMON in usable(settings.spark.tuned):
        configuration["spark.python.daemon.module"] = python_daemon.MODULE
    if scores:
        configuration[f"spark.executorEnv.{python_daemon.SCORES}"] = "1"
    if is_local_master(master):
        configuration |= _local_configuration(settings)
    return configuration | _java_options()


def is_local_master(master: str) -> bool:
    """Return whether a master runs its executors in the driver's process."""
    # Not local-cluster[...]: its executors are processes of their own.
    return master == "local" or master.startswith("local[")


def is_folder(place: str) -> bool:
    """Return whether a place of tables or checkpoints is a folder's path, and no URI."""
    return ":/" not in place


def _local_configuration(settings: Settings) -> dict[str, str]:
    # Without this, Spark's web page would listen on every interface.
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    configuration = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        # Over TCP, small messages between the JVM and its workers wait for acknowledgements that
        # the other side delays by 40 ms, several times a task. Clusters have to ask for it: YARN's
        # folders for temporary files have longer paths than such a socket may.
        "spark.python.unix.domain.socket.enabled": "true",
    }
    if _CLASS_PATH not in settings.spark.conf:
        # Needed before Spark looks at `spark.jars`.
        jars = os.pathsep.join(str(jar) for jar in dependencies.local_files_jars())
        configuration |= {_CLASS_PATH: jars, "spark.hadoop.fs.file.impl": LOCAL_FILES}
    return configuration


def _java_options() -> dict[str, str]:
    if not (archive := dependencies.class_archive()).exists():
        return {}
    # Java ignores an archive of other jars, and would say so at every start.
    options = f'"-XX:SharedArchiveFile={archive}" -Xlog:cds=off -Xlog:cds+dynamic=off'
    return {_JAVA_OPTIONS: options}


def _pools_file(settings: Settings) -> Path:
    file = settings.home.absolute() / "spark" / "pools.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(POOLS, encoding="utf-8")
    return file
