"""The virtual environment `.venv` of a checkout, filled from the lock file with hashes checked.

Python's venv module creates it, pip installs uv from the lock file, and uv installs the rest.
"""

import os
import re
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path

from infra.setup import apt
from streaming.errors import MissingDependencyError

# Variables of an activated environment and of make, which must not reach the installers.
FOREIGN = (
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH"),
    *("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON"),
)
# uv's names of pip's settings, for machines on which only pip is configured.
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
    """The virtual environment `.venv` in the folder of a checkout."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.folder = project / ".venv"
        self.lock = project / "requirements.lock"
        self.python = self.program("python")

    @property
    def packages(self) -> Path:
        """The folder of installed packages."""
        major, minor = sys.version_info[:2]
        return self.folder / "lib" / f"python{major}.{minor}" / "site-packages"

    @cached_property
    def variables(self) -> dict[str, str]:
        """The environment variables for everything that installs."""
        return _uv_variables(_pip_settings(self.python, _own_variables())) | _own_variables()

    def program(self, name: str) -> Path:
        """Return the path of a program of the environment."""
        return self.folder / "bin" / name

    def create(self) -> None:
        """Create the environment with pip and uv, unless there is one of the same Python.

        Raises:
            MissingDependencyError: Python's venv module does not work.
            subprocess.CalledProcessError: pip cannot install uv.
        """
        same_python = self.packages.is_dir() and _works(self.python)
        if same_python and _works(self.program("pip")) and _works(self.program("uv")):
            return
        print(f"setup: virtual environment in {self.folder}")
        _make_environment(self.folder, clear=not same_python)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
            requirements.write(_uv_requirement(self.lock))
            requirements.flush()
            install = ("-m", "pip", "install", "--quiet", "--require-hashes")
            subprocess.run(
                [self.python, *install, "--requirement", requirements.name],
                env=_own_variables(),
                check=True,
            )

    def synchronise(self) -> None:
        """Install exactly what the lock file names, beside pip.

        All of it is compiled at once, on all cores. Python would do it at the first import, or at
        each one where it may not write: PyTorch then takes twice as long to load.
        """
        options = ("--require-hashes", "--compile-bytecode", "--python", self.python)
        self.uv("pip", "sync", *options, self.lock)

    def install_project(self) -> None:
        """Install the checkout itself as editable."""
        options = ("--no-deps", "--no-build-isolation", "--python", self.python)
        self.uv("pip", "install", "--quiet", *options, "--editable", self.project)

    def install_wheel(self, wheel: Path) -> None:
        """Install a wheel that was built here."""
        self.uv("pip", "install", "--quiet", "--no-deps", "--python", self.python, wheel)

    def remove(self, name: str) -> None:
        """Uninstall a package."""
        self.uv("pip", "uninstall", "--quiet", "--python", self.python, name)

    def uv(self, *arguments: str | Path) -> None:
        """Run uv and show its progress; subprocess.CalledProcessError when it fails."""
        command = [str(self.program("uv")), *map(str, arguments)]
        subprocess.run(command, env=self.variables, cwd=self.project, check=True)


def _make_environment(folder: Path, *, clear: bool) -> None:
    command = [_base_python(), "-m", "venv", *(["--clear"] if clear else []), str(folder)]
    if subprocess.run(command, env=_own_variables(), check=False, capture_output=True).returncode:
        # Debian and Ubuntu ship what venv needs in a separate package.
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        if not (apt.possible() and apt.install(package)):
            raise MissingDependencyError(
                f"`{_base_python()} -m venv` does not work; install the package {package}"
            )
        subprocess.run(command, env=_own_variables(), check=True)


def _own_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FOREIGN}


def _uv_requirement(lock: Path) -> str:
    """Return uv's entry of the lock file, with its hashes."""
    text = lock.read_text(encoding="utf-8")
    entry = re.search(r"^uv==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    if not entry:
        raise MissingDependencyError(
            f"{lock} does not name uv; make the file again with `make lock`"
        )
    return entry[0]


def _pip_settings(python: Path, variables: dict[str, str]) -> dict[str, str]:
    """Read pip's configuration from its files and variables; the last value of a name wins."""
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
    """Translate pip's settings into uv's variables; lists stay separated by spaces."""
    variables = {PIP_TO_UV[name]: value for name, value in pip.items() if name in PIP_TO_UV}
    links = [
        link for link in pip.get("find-links", "").split() if "://" in link or Path(link).is_dir()
    ]
    variables["UV_FIND_LINKS"] = ",".join(links)
    if "UV_INDEX" in variables:
        # pip searches all indexes too; the hashes decide which file is the right one.
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in variables.items() if value}


def _works(program: Path) -> bool:
    try:
        subprocess.run([program, "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _base_python() -> str:
    """Return the interpreter behind a virtual environment that may be activated."""
    return str(getattr(sys, "_base_executable", sys.executable))
