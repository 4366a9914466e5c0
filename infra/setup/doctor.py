"""Checks what careerstream needs on this machine, and says how to install what is missing."""

import os
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from infra.setup import apt, class_data_sharing, jars, log_store
from streaming import dependencies
from streaming.errors import CareerstreamError, MissingDependencyError
from streaming.settings import Settings, s3_scheme

GIB = 1024**3
MINIMUM_DISK = 5 * GIB
"""Bytes; more than the tables, checkpoints and Kafka data of the demo take."""
CONNECT_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class Check:
    """The result of one check."""

    name: str
    ok: bool
    found: str
    """What is there, in words."""
    remedy: str = ""
    """What to do when it is not ok."""
    needed: bool = True
    """Whether something fails without it; the rest is optional or can be started later."""


def checks(settings: Settings) -> list[Check]:
    """Run all checks, in a few seconds at most; changes nothing and never raises."""
    return [
        _python(),
        _part(
            "Java 17 or 21", lambda: f"{dependencies.java().version} in {dependencies.java().home}"
        ),
        _part("Kafka broker jars", lambda: _folder_of(dependencies.kafka_jars())),
        _part("Delta and Kafka connector jars", lambda: _folder_of(dependencies.spark_jars())),
        replace(
            _part("Jars for S3", lambda: _folder_of(dependencies.s3_jars())),
            needed=bool(s3_scheme(settings.lake) or s3_scheme(settings.checkpoints)),
        ),
        _part("Jar for local files", lambda: _folder_of(dependencies.local_files_jars())),
        _class_archive(),
        _horovod(),
        _home(settings.home),
        _broker(settings.kafka.bootstrap_servers),
    ]


def install() -> str:
    """Install the jars, Java where apt may install it, and the class archive.

    Returns:
        One line for display about the class archive, which is optional.

    Raises:
        MissingDependencyError: something must be installed by hand; the message says what.
    """
    apt.ensure_java()
    spark = find_spec("pyspark")
    if spark is None or spark.origin is None:
        raise MissingDependencyError(
            "pyspark is not installed; install careerstream with pip or uv"
        )
    pyspark = Path(spark.origin).parent
    jars.install(jars.ivy_jar(pyspark))
    log_store.install(pyspark)
    return class_data_sharing.install(Path(sys.executable), Path(sys.prefix))


def _python() -> Check:
    return Check(
        name="Python 3.11 or newer",
        ok=sys.version_info >= (3, 11),
        found=f"{sys.version.split()[0]} in {sys.prefix}",
        remedy="install Python 3.11 or 3.12",
    )


def _part(name: str, look: Callable[[], str]) -> Check:
    """Check a part whose absence is an error with the remedy after the semicolon."""
    try:
        return Check(name=name, ok=True, found=look())
    except CareerstreamError as error:
        found, _, remedy = str(error).partition("; ")
        return Check(name=name, ok=False, found=found, remedy=remedy)


def _folder_of(files: list[Path]) -> str:
    return f"{len(files)} in {files[0].parent}"


def _class_archive() -> Check:
    name = "Class archive (Spark starts sooner)"
    try:
        file = dependencies.class_archive()
    except MissingDependencyError:
        return Check(name=name, ok=False, found="no Java", needed=False)
    return Check(
        name=name,
        ok=file.exists(),
        found=str(file) if file.exists() else f"not in {file.parent}",
        remedy=dependencies.REMEDY,
        needed=False,
    )


def _horovod() -> Check:
    name = "Horovod (several training processes)"
    try:
        return Check(name=name, ok=True, found=version("horovod"), needed=False)
    except PackageNotFoundError:
        return Check(
            name=name,
            ok=False,
            found="not installed: torch.distributed connects training processes",
            remedy="install g++ and make, then `make setup` in a checkout builds it",
            needed=False,
        )


def _home(home: Path) -> Check:
    """Check the home folder, or the nearest folder above it that exists."""
    existing = next(
        folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists()
    )
    free = shutil.disk_usage(existing).free
    return Check(
        name="State folder",
        ok=os.access(existing, os.W_OK) and free >= MINIMUM_DISK,
        found=f"{home.absolute()}, {free / GIB:.0f} GiB free",
        remedy=f"set home to a writable folder with {MINIMUM_DISK // GIB} GiB free",
    )


def _broker(servers: str) -> Check:
    """Check that a broker listens, without a login."""
    name = "Kafka"
    for server in servers.split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
        except (OSError, ValueError, OverflowError):
            continue
        return Check(name=name, ok=True, found=f"answers at {server.strip()}", needed=False)
    return Check(
        name=name,
        ok=False,
        found=f"nothing answers at {servers}",
        remedy="`careerstream kafka start`, or set kafka.bootstrap_servers",
        needed=False,
    )
