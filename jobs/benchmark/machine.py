"""What a report says of the machine and the versions that it was measured with."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from streaming import dependencies
from streaming.timestamps import format_timestamp


def about_machine(packages: Sequence[str]) -> dict[str, Any]:
    """Return the moment, the machine, and the versions of Python, Java and some packages.

    Raises:
        MissingDependencyError: no usable Java.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "made_at": format_timestamp(datetime.now(tz=UTC)),
        "version/python": platform.python_version(),
        **{f"version/{package}": _version(package) for package in packages},
        "version/java": dependencies.java().version,
        "machine/cores": len(os.sched_getaffinity(0)),
        "machine/processor": platform.machine(),
        "machine/memory_gib": round(memory / 2**30, 1),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
