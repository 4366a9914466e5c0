"""Installs a system package, where this is a Debian or Ubuntu and we are root."""

import os
import shutil
import subprocess


def possible() -> bool:
    """Say whether packages can be installed from here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(package: str) -> bool:
    """Install a package, with fresh package lists if it needs them; say whether it worked."""
    print(f"setup: installing {package} with apt-get")
    wanted = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    update = ["apt-get", "update", "--quiet"]
    return _run(wanted) or (_run(update) and _run(wanted))


def _run(command: list[str]) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, check=False).returncode == 0
