"""Dependencies that pip does not install: a Java runtime and the jars.

`make setup` and `careerstream doctor --install` put the jars into a cache outside the repository;
this module finds them. It uses the standard library only, because `make setup` imports it before
anything is installed.
"""

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path
from typing import NamedTuple

from streaming.errors import MissingDependencyError

CACHE_VARIABLE = "CAREERSTREAM_CACHE"
KAFKA_VERSION = "4.2.0"
CONNECTOR_VERSION = "4.2.0"
"""Of Spark's Kafka connector; works with every Spark 4.2."""
DELTA_VERSION = "4.4.0"
LOCAL_FILES_VERSION = "0.1.0"
HADOOP_VERSION = "3.5.0"
"""Of Spark 4.2's own Hadoop; the file system of S3 has to be of the same version."""
HOROVOD_VERSION = "0.28.1"
JAVA_VERSIONS = (17, 21)
"""The long-term releases on which Spark 4.2 is tested."""

REMEDY = "run `careerstream doctor --install`, or `make setup` in a checkout"


class Java(NamedTuple):
    """A Java runtime that Spark and Kafka can use."""

    home: Path
    version: str

    @property
    def executable(self) -> Path:
        """The program `java`."""
        return self.home / "bin" / "java"


def cache_folder() -> Path:
    """Return the folder of what is downloaded or built once (CAREERSTREAM_CACHE overrides it)."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "careerstream"


def kafka_folder() -> Path:
    """Return the folder for the jars of the embedded broker."""
    return cache_folder() / "jars" / f"kafka-{KAFKA_VERSION}"


def spark_folder() -> Path:
    """Return the folder for the jars that Spark needs in addition to its own."""
    return cache_folder() / "jars" / f"spark-{CONNECTOR_VERSION}-delta-{DELTA_VERSION}"


def local_files_folder() -> Path:
    """Return the folder for the jar with which Spark writes local files without processes."""
    return cache_folder() / "jars" / f"local-files-{LOCAL_FILES_VERSION}"


def s3_folder() -> Path:
    """Return the folder for the jars of Hadoop's file system of S3."""
    return cache_folder() / "jars" / f"s3-hadoop-{HADOOP_VERSION}"


def log_store_source() -> Path:
    """Return the source of the log store with which several drivers may write a table on S3."""
    return Path(__file__).parent / "lake" / "ConditionalPutLogStore.java"


def log_store_folder() -> Path:
    """Return the folder for the jar of the log store; another source has another folder."""
    digest = hashlib.sha256(log_store_source().read_bytes()).hexdigest()[:8]
    return cache_folder() / "jars" / f"log-store-{digest}"


def horovod_folder(torch: str) -> Path:
    """Return the folder for Horovod's wheel for a torch version, this Python and this platform."""
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    platform = sysconfig.get_platform().replace("-", "_")
    return (
        cache_folder() / "wheels" / f"horovod-{HOROVOD_VERSION}-torch-{torch}-{python}-{platform}"
    )


def kafka_jars() -> list[Path]:
    """Return the embedded broker's jars.

    Raises:
        MissingDependencyError: they are not in the cache.
    """
    return _jars(kafka_folder(), "the Kafka broker's jars")


def spark_jars() -> list[Path]:
    """Return the jars of Delta and of the Kafka connector, for `spark.jars`.

    Raises:
        MissingDependencyError: they are not in the cache.
    """
    return _jars(spark_folder(), "the jars of Delta and of Spark's Kafka connector")


def local_files_jars() -> list[Path]:
    """Return the jars for Spark's local files, for its class path.

    Raises:
        MissingDependencyError: they are not in the cache.
    """
    return _jars(local_files_folder(), "the jar for Spark's local files")


def s3_jars() -> list[Path]:
    """Return the jars for tables and checkpoints on S3, for `spark.jars`.

    Raises:
        MissingDependencyError: they are not in the cache.
    """
    return [
        *_jars(s3_folder(), "the jars for S3"),
        *_jars(log_store_folder(), "the jar of the log store for S3"),
    ]


def class_archive(prefix: Path | None = None) -> Path:
    """Return the path for the class-data-sharing archive of Spark's JVM; it need not exist.

    A JVM silently ignores an archive of another Java or of other jars. So the name depends on both.
    The prefix is the environment's folder; default: the running one's.
    """
    environment = Path(prefix or sys.prefix)
    jars = [*local_files_folder().glob("*.jar")]
    jars += environment.glob("lib/python*/site-packages/pyspark/jars/*.jar")
    inputs = [str(java().home)]
    for jar in sorted(jars):
        stat = jar.stat()
        inputs.append(f"{jar} {stat.st_size} {stat.st_mtime_ns}")
    digest = hashlib.sha256("\n".join(inputs).encode()).hexdigest()[:8]
    name = f"spark-{CONNECTOR_VERSION}-java-{java().version}-{digest}.jsa"
    return environment / "share" / "careerstream" / name


@cache
def java() -> Java:
    """Return a Java 17 or 21 from JAVA_HOME, PATH or /usr/lib/jvm, in that order.

    Raises:
        MissingDependencyError: there is none; the message lists the unusable ones.
    """
    unusable: dict[str, None] = {}
    for program in _java_programs():
        home, version = _home_and_version(program)
        if home and version.split(".")[0] in map(str, JAVA_VERSIONS):
            return Java(Path(home), version)
        unusable[f"{version} at {program}"] = None
    hint = f" (found only: {', '.join(unusable)})" if unusable else ""
    raise MissingDependencyError(
        "no usable Java 17 or 21 in JAVA_HOME or on PATH"
        f"{hint}; install one, e.g. `apt-get install openjdk-17-jre-headless`, or set JAVA_HOME"
    )


def _jars(folder: Path, description: str) -> list[Path]:
    jars = sorted(folder.glob("*.jar"))
    if not jars:
        raise MissingDependencyError(f"{description} are not in {folder}; {REMEDY}")
    return jars


def _java_programs() -> list[Path]:
    """Return every java on this machine, in the order of preference."""
    homes = [os.environ["JAVA_HOME"]] if os.environ.get("JAVA_HOME") else []
    folders = [Path(home) / "bin" for home in homes]
    folders += [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    folders += sorted(Path("/usr/lib/jvm").glob("*/bin"))
    return [program for folder in folders if os.access(program := folder / "java", os.X_OK)]


def _home_and_version(program: Path) -> tuple[str, str]:
    """Return the home and the version of a java; the home is '' if Spark cannot use it."""
    # Spark needs this module, which Java runtimes packaged for pip lack.
    options = ["--add-modules=jdk.incubator.vector", "-XshowSettings:properties", "-version"]
    try:
        process = subprocess.run(
            [program, *options], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", "something broken"
    properties = dict(re.findall(r"^ {4}([\w.]+) = (.*)$", process.stderr, re.MULTILINE))
    if process.returncode != 0:
        return "", "one without jdk.incubator.vector"
    return properties.get("java.home", ""), properties.get("java.version", "unknown version")
