"""Fetches the jars of Kafka, and those that Spark needs beside its own, into the cache, once.

Ivy, which ships among pyspark's own jars, is the program that does it: no Maven, and Spark need
not resolve anything at the start of a session. Standard library only: set-up runs this too.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

from infra.process.run_command import output_lines
from infra.setup.progress import Progress
from streaming import dependencies
from streaming.errors import MissingPartError

_FOUND = re.compile(r"\s*(found \S+|\[SUCCESSFUL \])")
_COMPLAINT = re.compile(r"ERROR|FAILED|not found|Exception")


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Jars that belong together in one folder of the cache."""

    name: str
    """What it is, for people."""
    folder: Path
    modules: tuple[tuple[str, str, str], ...]
    """Organisation, module and revision of what is asked for."""
    transitive: bool
    """Whether what those depend on is fetched too."""
    jars: int
    """How many jars that makes."""


def bundles() -> tuple[Bundle, ...]:
    """Say what belongs into the cache."""
    kafka, connector = dependencies.KAFKA_VERSION, dependencies.CONNECTOR_VERSION
    return (
        Bundle(
            name="Kafka broker",
            folder=dependencies.kafka_folder(),
            modules=(
                ("org.apache.kafka", "kafka_2.13", kafka),
                # Without a binding the broker's log, and why it did not start, would be lost.
                ("org.slf4j", "slf4j-simple", "1.7.36"),
            ),
            transitive=True,
            jars=46,
        ),
        Bundle(
            name="Delta and Spark's Kafka connector",
            folder=dependencies.spark_folder(),
            # Spelt out, because what they depend on is mostly in pyspark already.
            modules=(
                ("io.delta", "delta-spark_4.2_2.13", dependencies.DELTA_VERSION),
                ("io.delta", "delta-storage", dependencies.DELTA_VERSION),
                ("org.apache.spark", "spark-sql-kafka-0-10_2.13", connector),
                ("org.apache.spark", "spark-token-provider-kafka-0-10_2.13", connector),
                ("org.apache.kafka", "kafka-clients", "3.9.2"),
                ("org.apache.commons", "commons-pool2", "2.13.1"),
            ),
            transitive=False,
            jars=6,
        ),
        Bundle(
            name="Local files for Spark",
            folder=dependencies.local_files_folder(),
            modules=(
                (
                    "com.globalmentor",
                    "hadoop-bare-naked-local-fs",
                    dependencies.LOCAL_FILES_VERSION,
                ),
            ),
            transitive=False,
            jars=1,
        ),
    )


def missing() -> list[Bundle]:
    """List the bundles that are not in the cache."""
    return [bundle for bundle in bundles() if not any(bundle.folder.glob("*.jar"))]


def install(ivy: Path) -> None:
    """Fetch every bundle that is missing; a folder appears only when it is complete.

    Args:
        ivy: Ivy's jar (`ivy_jar`).

    Raises:
        MissingPartError: no Java, or Ivy could not fetch something; the message says what.
    """
    for bundle in missing():
        _fetch(bundle, ivy)


def ivy_jar(pyspark: Path) -> Path:
    """Find Ivy among the jars of an installed pyspark.

    Args:
        pyspark: the package's folder.

    Raises:
        MissingPartError: it is not there.
    """
    found = sorted((pyspark / "jars").glob("ivy-*.jar"))
    if not found:
        raise MissingPartError(f"no ivy-*.jar in {pyspark / 'jars'}; reinstall pyspark")
    return found[-1]


def _fetch(bundle: Bundle, ivy: Path) -> None:
    bundle.folder.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, so that the last step is one rename.
    work = Path(tempfile.mkdtemp(prefix=".fetching-", dir=bundle.folder.parent))
    # Ivy names each module twice: when it has found it, and when the jar is there.
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
    """Move the finished folder to its place, unless another process was faster."""
    found = len(list(done.glob("*.jar")))
    if found != bundle.jars:
        raise MissingPartError(
            f"{bundle.name}: {found} jars were fetched instead of {bundle.jars}; try again"
        )
    try:
        done.rename(bundle.folder)
    except OSError:
        if not any(bundle.folder.glob("*.jar")):
            raise


def _run_ivy(bundle: Bundle, ivy: Path, work: Path) -> Iterator[str]:
    """Run Ivy and yield what it prints.

    Raises:
        MissingPartError: it failed; the message quotes its last complaint.
    """
    wanted = work / "ivy.xml"
    wanted.write_text(_ivy_file(bundle), encoding="utf-8")
    command: list[str | Path] = [
        *(dependencies.java().executable, "-jar", ivy, "-ivy", wanted, "-cache", work / "cache"),
        # note: without "bundle" Ivy silently leaves out scala-logging and snappy
        *("-confs", "default", "-types", "jar", "bundle"),
        *("-retrieve", f"{work}/jars/[artifact]-[revision](-[classifier]).[ext]"),
    ]
    complaint = "it said nothing"
    try:
        for line in output_lines(command):
            complaint = line.strip() if _COMPLAINT.search(line) else complaint
            yield line
    except subprocess.CalledProcessError as error:
        raise MissingPartError(
            f"{bundle.name} could not be fetched ({complaint}); is the network there?"
        ) from error


def _ivy_file(bundle: Bundle) -> str:
    """Write what is wanted in Ivy's own words."""
    wanted = "\n".join(
        f"    <dependency org={quoteattr(org)} name={quoteattr(name)} rev={quoteattr(rev)}"
        f' conf="default->default" transitive="{str(bundle.transitive).lower()}"/>'
        for org, name, rev in bundle.modules
    )
    return f"""<ivy-module version="2.0">
  <info organisation="careerstream" module="jars"/>
  <configurations><conf name="default"/></configurations>
  <publications/>
  <dependencies>
{wanted}
  </dependencies>
</ivy-module>
"""
