"""Installs system packages, such as Java, with apt-get, as root on Debian or Ubuntu."""

import os
import shutil
import subprocess

from streaming import dependencies
from streaming.errors import MissingDependencyError


def possible() -> bool:
    """Return whether this process can install packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(package: str) -> bool:
    """Install a package, after an update of the package lists if need be; return success."""
    print(f"setup: installing {package} with apt-get")
    command = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    update = ["apt-get", "update", "--quiet"]
    return _run(command) or (_run(update) and _run(command))


def ensure_java() -> dependencies.Java:
    """Return a usable Java; install one with apt where there is none.

    Raises:
        MissingDependencyError: there is none and apt cannot install it.
    """
    try:
        return dependencies.java()
    except MissingDependencyError:
        packages = [f"openjdk-{version}-jre-headless" for version in dependencies.JAVA_VERSIONS]
        if not possible() or not any(install(package) for package in packages):
            raise
    return dependencies.java()


def _run(command: list[str]) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, check=False).returncode == 0
