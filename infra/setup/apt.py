"""Installs system packages, Java and Chromium, with apt-get, as root on Debian or Ubuntu."""

import os
import shutil
import subprocess

from streaming import dependencies
from streaming.errors import MissingDependencyError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
"""Programs that the console's tests can drive."""


def possible() -> bool:
    """Return whether this process can install packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> bool:
    """Install packages, after an update of the package lists if need be; return success."""
    print(f"setup: installing {' '.join(packages)} with apt-get")
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
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


def browser() -> str | None:
    """Return the path of a browser that the console's tests can drive."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def install_browser() -> str:
    """Install Chromium, with a font for Chinese, where there is none and apt may.

    Returns:
        One line for display; without Chromium only tests are skipped.
    """
    if browser() is None and possible():
        install("chromium", "fonts-noto-cjk")
    found = browser()
    if found is None:
        return "no Chromium, so the console's browser tests are skipped (install chromium)"
    return f"Chromium in {found}"


def _run(command: list[str]) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, check=False).returncode == 0
