"""Fetches the jars of Kafka, and those that Spark needs beside its own, into the cache.

Ivy resolves and downloads them. It ships with pyspark, so Maven is not needed, and Spark resolves
nothing when a session starts. Standard library only, because set-up runs this too.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from infra.process.run_command import output_lines
from infra.setup.progress import Progress
from streaming import dependencies
from streaming.errors import MissingDependencyError

_FOUND = re.compile(r"\s*(found \S+|\[SUCCESSFUL \])")
_AWS_SDK = "2.57.7"
_SDK = ("s3", "s3-transfer-manager", "sts", "apache-client")
_COMPLAINT = re.compile(r"ERROR|FAILED|not found|Exception")


class Module(NamedTuple):
    """A module of a Maven repository."""

    organisation: str
    name: str
    revision: str
    transitive: bool = False
    """Whether its dependencies are fetched too."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Jars that belong together in one folder of the cache."""

    name: str
    folder: Path
    modules: tuple[Module, ...]
    jars: int
    excluded: tuple[str, ...] = ()
    """Organisations of whose modules none is fetched."""


def bundles() -> tuple[Bundle, ...]:
    """Return the bundles that belong into the cache."""
    kafka, connector = dependencies.KAFKA_VERSION, dependencies.CONNECTOR_VERSION
    local_files = dependencies.LOCAL_FILES_VERSION
    return (
        Bundle(
            name="Kafka broker",
            folder=dependencies.kafka_folder(),
            modules=(
                Module("org.apache.kafka", "kafka_2.13", kafka, transitive=True),
                # Without a binding of slf4j the broker would write no log.
                Module("org.slf4j", "slf4j-simple", "1.7.36", transitive=True),
            ),
            jars=46,
        ),
        Bundle(
            name="Delta and Spark's Kafka connector",
            folder=dependencies.spark_folder(),
            # Listed one by one, because pyspark contains most of their dependencies.
            modules=(
                Module("io.delta", "delta-spark_4.2_2.13", dependencies.DELTA_VERSION),
                Module("io.delta", "delta-storage", dependencies.DELTA_VERSION),
                Module("org.apache.spark", "spark-sql-kafka-0-10_2.13", connector),
                Module("org.apache.spark", "spark-token-provider-kafka-0-10_2.13", connector),
                Module("org.apache.kafka", "kafka-clients", "3.9.2"),
                Module("org.apache.commons", "commons-pool2", "2.13.1"),
            ),
            jars=6,
        ),
        Bundle(
            name="Local files for Spark",
            folder=dependencies.local_files_folder(),
            modules=(Module("com.globalmentor", "hadoop-bare-naked-local-fs", local_files),),
            jars=1,
        ),
        Bundle(
            name="S3 for Spark",
            folder=dependencies.s3_folder(),
            modules=(
                Module("org.apache.hadoop", "hadoop-aws", dependencies.HADOOP_VERSION),
                # What hadoop-aws takes of the SDK. It names a bundle of all of it, 600 MB.
                *(
                    Module("software.amazon.awssdk", name, _AWS_SDK, transitive=True)
                    for name in _SDK
                ),
                Module(
                    "software.amazon.s3.analyticsaccelerator", "analyticsaccelerator-s3", "1.3.0"
                ),
            ),
            # Spark has them.
            excluded=("commons-codec", "io.netty", "org.apache.httpcomponents", "org.slf4j"),
            jars=40,
        ),
    )


def missing() -> list[Bundle]:
    """Return the bundles that are not in the cache."""
    return [bundle for bundle in bundles() if not any(bundle.folder.glob("*.jar"))]


def install(ivy: Path) -> None:
    """Fetch the missing bundles by Ivy's jar; a folder appears only when it is complete.

    Raises:
        MissingDependencyError: no Java, or Ivy could not fetch a jar; the message says which.
    """
    for bundle in missing():
        _fetch(bundle, ivy)


def ivy_jar(pyspark: Path) -> Path:
    """Return Ivy's jar in the folder of an installed pyspark.

    Raises:
        MissingDependencyError: it is not there.
    """
    candidates = sorted((pyspark / "jars").glob("ivy-*.jar"))
    if not candidates:
        raise MissingDependencyError(f"no ivy-*.jar in {pyspark / 'jars'}; reinstall pyspark")
    return candidates[-1]


def _fetch(bundle: Bundle, ivy: Path) -> None:
    bundle.folder.parent.mkdir(parents=True, exist_ok=True)
    # In the same file system, so that the last step is one rename.
    work = Path(tempfile.mkdtemp(prefix=".fetching-", dir=bundle.folder.parent))
    # Ivy names each module twice: when it has found it, and when it has downloaded it.
    progress, done = Progress(f"Fetching {bundle.name}", 2 * bundle.jars), 0
    try:
        for line in _run_ivy(bundle, ivy, work):
            done += bool(_FOUND.match(line))
            progress.at(done)
        _publish(work / "jars", bundle)
    finally:
        progress.end()
        shutil.rmtree(work, ignore_errors=True)


def _publish(done: Path, bundle: Bundle) -> None:
    """Move the finished folder into the cache, unless another process was faster."""
    count = len(list(done.glob("*.jar")))
    if count != bundle.jars:
        raise MissingDependencyError(
            f"{bundle.name}: {count} jars were fetched instead of {bundle.jars}; try again"
        )
    try:
        done.rename(bundle.folder)
    except OSError:
        if not any(bundle.folder.glob("*.jar")):
            raise


def _run_ivy(bundle: Bundle, ivy: Path, work: Path) -> Iterator[str]:
    """Run Ivy and yield its output line by line; an error quotes Ivy's last complaint."""
    descriptor = work / "ivy.xml"
    descriptor.write_text(_ivy_file(bundle), encoding="utf-8")
    command: list[str | Path] = [
        *(dependencies.java().executable, "-jar", ivy),
        *("-ivy", descriptor, "-cache", work / "cache"),
        # Without the type "bundle" Ivy silently omits scala-logging and snappy.
        *("-confs", "default", "-types", "jar", "bundle"),
        *("-retrieve", f"{work}/jars/[artifact]-[revision](-[classifier]).[ext]"),
    ]
    complaint = "no output"
    try:
        for line in output_lines(command):
            complaint = line.strip() if _COMPLAINT.search(line) else complaint
            yield line
    except subprocess.CalledProcessError as error:
        raise MissingDependencyError(
            f"{bundle.name} could not be fetched ({complaint}); is the network there?"
        ) from error


def _ivy_file(bundle: Bundle) -> str:
    """Return the bundle as an Ivy module descriptor."""
    elements = "\n".join(
        f"    <dependency org={quoteattr(own.organisation)} name={quoteattr(own.name)}"
        f' rev={quoteattr(own.revision)} conf="default->default"'
        f' transitive="{str(own.transitive).lower()}"/>'
        for own in bundle.modules
    )
    elements += "".join(f"\n    <exclude org={quoteattr(name)}/>" for name in bundle.excluded)
    return f"""<ivy-module version="2.0">
  <info organisation="careerstream" module="jars"/>
  <configurations><conf name="default"/></configurations>
  <publications/>
  <dependencies>
{elements}
  </dependencies>
</ivy-module>
"""
