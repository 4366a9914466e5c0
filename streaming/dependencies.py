"""The parts of a machine that pip does not bring: a Java runtime and the jars.

Set-up (`make setup`, `careerstream doctor --install`) puts the jars into a cache outside the
repository; everything else only asks here where they are. Standard library only, because set-up
itself runs before anything is installed.
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

from streaming.errors import MissingPartError

CACHE_VARIABLE = "CAREERSTREAM_CACHE"
KAFKA_VERSION = "4.2.0"
CONNECTOR_VERSION = "4.2.0"
"""Of Spark's Kafka connector: fits every Spark 4.2."""
DELTA_VERSION = "4.4.0"
LOCAL_FILES_VERSION = "0.1.0"
HOROVOD_VERSION = "0.28.1"
JAVA_VERSIONS = (17, 21)
"""What Spark 4.2 is tested on; the long-term releases."""

REMEDY = "run `careerstream doctor --install`, or `make setup` in a checkout"


class Java(NamedTuple):
    """A Java runtime that Spark and Kafka can use."""

    home: Path
    version: str

    @property
    def executable(self) -> Path:
        """The program to start."""
        return self.home / "bin" / "java"


def cache_folder() -> Path:
    """Return the folder of everything fetched or built once (CAREERSTREAM_CACHE moves it)."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "careerstream"


def kafka_folder() -> Path:
    """Where the jars of the embedded broker belong."""
    return cache_folder() / "jars" / f"kafka-{KAFKA_VERSION}"


def spark_folder() -> Path:
    """Where the jars that Spark needs beside its own belong."""
    return cache_folder() / "jars" / f"spark-{CONNECTOR_VERSION}-delta-{DELTA_VERSION}"


def local_files_folder() -> Path:
    """Where the jar belongs by which Spark writes local files without starting processes."""
    return cache_folder() / "jars" / f"local-files-{LOCAL_FILES_VERSION}"


def horovod_folder(torch: str) -> Path:
    """Where Horovod's wheel belongs that fits a torch version, this Python and this platform."""
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    platform = sysconfig.get_platform().replace("-", "_")
    return (
        cache_folder() / "wheels" / f"horovod-{HOROVOD_VERSION}-torch-{torch}-{python}-{platform}"
    )


def kafka_jars() -> list[Path]:
    """List the embedded broker's jars.

    Raises:
        MissingPartError: they are not in the cache.
    """
    return _jars(kafka_folder(), "the Kafka broker's jars")


def spark_jars() -> list[Path]:
    """List Delta's jars and the Kafka connector's, for `spark.jars`.

    Raises:
        MissingPartError: they are not in the cache.
    """
    return _jars(spark_folder(), "the jars of Delta and of Spark's Kafka connector")


def local_files_jars() -> list[Path]:
    """List the jars for Spark's local files, for its class path.

    Raises:
        MissingPartError: they are not in the cache.
    """
    return _jars(local_files_folder(), "the jar for Spark's local files")


def class_archive(prefix: Path | None = None) -> Path:
    """Where the archive belongs of the classes that Spark's JVM loads; it may not be there.

    A JVM leaves aside one that another Java made or that was made of other jars, and says nothing;
    so the name tells of both.

    Args:
        prefix: the environment's folder; default: of the one that runs.
    """
    environment = Path(prefix or sys.prefix)
    jars = [*local_files_folder().glob("*.jar")]
    jars += environment.glob("lib/python*/site-packages/pyspark/jars/*.jar")
    made_of = [str(java().home)]
    for jar in sorted(jars):
        stat = jar.stat()
        made_of.append(f"{jar} {stat.st_size} {stat.st_mtime_ns}")
    digest = hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:8]
    name = f"spark-{CONNECTOR_VERSION}-java-{java().version}-{digest}.jsa"
    return environment / "share" / "careerstream" / name


@cache
def java() -> Java:
    """Find a Java 17 or 21: JAVA_HOME first, then PATH, then where Linux packages put it.

    Raises:
        MissingPartError: there is none; the message lists what was found instead.
    """
    others: dict[str, None] = {}
    for program in _java_programs():
        home, version = _ask(program)
        if home and version.split(".")[0] in map(str, JAVA_VERSIONS):
            return Java(Path(home), version)
        others[f"{version} at {program}"] = None
    found = f" (found only: {', '.join(others)})" if others else ""
    raise MissingPartError(
        "no usable Java 17 or 21 in JAVA_HOME or on PATH"
        f"{found}; install one, e.g. `apt-get install openjdk-17-jre-headless`, or set JAVA_HOME"
    )


def _jars(folder: Path, what: str) -> list[Path]:
    jars = sorted(folder.glob("*.jar"))
    if not jars:
        raise MissingPartError(f"{what} are not in {folder}; {REMEDY}")
    return jars


def _java_programs() -> list[Path]:
    """Every java this machine may have, in the order of preference."""
    homes = [os.environ["JAVA_HOME"]] if os.environ.get("JAVA_HOME") else []
    folders = [Path(home) / "bin" for home in homes]
    folders += [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    folders += sorted(Path("/usr/lib/jvm").glob("*/bin"))
    return [program for folder in folders if os.access(program := folder / "java", os.X_OK)]


def _ask(program: Path) -> tuple[str, str]:
    """Ask a java for its home and version; the home is empty where Spark could not use it."""
    # Spark needs this module; the Java runtimes packaged for pip leave it out.
    options = ["--add-modules=jdk.incubator.vector", "-XshowSettings:properties", "-version"]
    try:
        answer = subprocess.run(
            [program, *options], capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", "something broken"
    properties = dict(re.findall(r"^ {4}([\w.]+) = (.*)$", answer.stderr, re.MULTILINE))
    if answer.returncode != 0:
        return "", "one without jdk.incubator.vector"
    return properties.get("java.home", ""), properties.get("java.version", "unknown version")
