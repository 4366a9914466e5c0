"""The virtual environment: made by uv, filled from the lock file, hashes checked.

uv itself comes out of the same lock file, by pip, into a small environment of its own in the cache.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path

from infra.setup import apt, stamp
from streaming import dependencies
from streaming.errors import MissingPartError

# What an activated other environment leaves behind, and what make tells its children.
FOREIGN = (
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH"),
    *("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON"),
)
# pip's settings and uv's own names of the same things, for machines that configure only pip.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}


class Environment:
    """The virtual environment `.venv` of a checkout."""

    def __init__(self, project: Path) -> None:
        """Describe it.

        Args:
            project: the checkout's folder.
        """
        self.project = project
        self.folder = project / ".venv"
        self.python = self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Where installed packages are."""
        major, minor = sys.version_info[:2]
        return self.folder / "lib" / f"python{major}.{minor}" / "site-packages"

    @cached_property
    def variables(self) -> dict[str, str]:
        """The environment variables for everything that installs."""
        own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        translated = _uv_variables(_pip_settings(self.tools / "bin" / "python", own))
        return translated | own

    @cached_property
    def tools(self) -> Path:
        """A small environment in the cache with pip and uv, made when it is not there."""
        requirement = _uv_requirement(self.project / "requirements.lock")
        version = requirement.partition("==")[2].split()[0]
        python = ".".join(map(str, sys.version_info[:2]))
        folder = dependencies.cache_folder() / "tools" / f"uv-{version}-python{python}"
        if not _works(folder / "bin" / "uv"):
            print(f"setup: uv {version} into {folder}")
            _make_tools(folder, requirement)
        return folder

    def create(self) -> None:
        """Make the environment, unless there is one of the same Python."""
        stamp.forget(self.project)
        if self.packages.is_dir() and _works(self.python):
            return
        self.uv("venv", "--clear", "--python", _base_python(), self.folder)

    def synchronise(self) -> None:
        """Install exactly what the lock file says."""
        lock = self.project / "requirements.lock"
        self.uv("pip", "sync", "--require-hashes", "--python", self.python, lock)

    def install_project(self) -> None:
        """Install the checkout itself, editable."""
        options = ("--no-deps", "--no-build-isolation", "--python", self.python)
        self.uv("pip", "install", "--quiet", *options, "--editable", self.project)

    def install_wheel(self, wheel: Path) -> None:
        """Install a wheel that was built here."""
        self.uv("pip", "install", "--quiet", "--no-deps", "--python", self.python, wheel)

    def remove(self, name: str) -> None:
        """Uninstall a package."""
        self.uv("pip", "uninstall", "--quiet", "--python", self.python, name)

    def uv(self, *arguments: str | Path) -> None:
        """Run uv, its own progress shown; subprocess.CalledProcessError when it fails."""
        command = [str(self.tools / "bin" / "uv"), *map(str, arguments)]
        subprocess.run(command, env=self.variables, cwd=self.project, check=True)


def _make_tools(folder: Path, requirement: str) -> None:
    # At its final place, because scripts name their interpreter; `_works` finds half a folder out.
    shutil.rmtree(folder, ignore_errors=True)
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    command = [_base_python(), "-m", "venv", str(folder)]
    if subprocess.run(command, env=own, check=False, capture_output=True).returncode != 0:
        # Debian and Ubuntu keep what venv needs in a package of its own.
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        if not (apt.possible() and apt.install(package)):
            raise MissingPartError(
                f"`{_base_python()} -m venv` does not work; install the package {package}"
            )
        subprocess.run(command, env=own, check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write(requirement)
        wanted.flush()
        install = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", wanted.name]
        subprocess.run([folder / "bin" / "python", *install], env=own, check=True)


def _uv_requirement(lock: Path) -> str:
    """Cut uv's own entry, hashes included, out of the lock file."""
    found = re.search(
        r"^uv==.*?(?=^\S|\Z)", lock.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    if not found:
        raise MissingPartError(f"{lock} does not name uv; make the file again with `make lock`")
    return found[0]


def _pip_settings(python: Path, variables: dict[str, str]) -> dict[str, str]:
    """Ask pip for its configuration, files and environment together; the last of a name counts."""
    answer = subprocess.run(
        [python, "-m", "pip", "config", "list"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", answer.stdout, re.MULTILINE)
    return dict(lines)


def _uv_variables(pip: dict[str, str]) -> dict[str, str]:
    """Say in uv's words what pip is told; values with several parts stay space separated."""
    found = {PIP_TO_UV[name]: value for name, value in pip.items() if name in PIP_TO_UV}
    links = [
        link for link in pip.get("find-links", "").split() if "://" in link or Path(link).is_dir()
    ]
    found["UV_FIND_LINKS"] = ",".join(links)
    if "UV_INDEX" in found:
        # As pip does it; the hashes say which file is the right one.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in found.items() if value}


def _works(program: Path) -> bool:
    try:
        return (
            subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def _base_python() -> str:
    """The interpreter behind a virtual environment that may be activated."""
    return str(getattr(sys, "_base_executable", sys.executable))
