"""Records what the environment was made from, so that a second set-up returns at once."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from infra.setup import apt, jars, log_store
from streaming import dependencies
from streaming.errors import MissingDependencyError


def is_current(project: Path) -> bool:
    """Return whether the environment is complete and made from the present inputs."""
    try:
        recorded = json.loads(_file(project).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(recorded == _inputs(project)) and not (jars.missing() or log_store.missing())


def write(project: Path) -> None:
    """Record that the environment is complete."""
    fresh = _file(project).with_suffix(".new")
    fresh.write_text(json.dumps(_inputs(project), indent=1), encoding="utf-8")
    fresh.replace(_file(project))


def forget(project: Path) -> None:
    """Record that the environment is about to change."""
    _file(project).unlink(missing_ok=True)


def _file(project: Path) -> Path:
    return project / ".venv" / "careerstream-setup.json"


def _inputs(project: Path) -> dict[str, str]:
    """Return everything that would lead to another environment."""
    return {
        "lock": _digest(project / "requirements.lock"),
        "project": _digest(project / "pyproject.toml"),
        "folder": str(project),
        "class archive": _class_archive(project),
        "python": f"{sys.version} in {sys.base_prefix}",
        # Horovod can be built as soon as there is a compiler.
        "compiler": str(shutil.which("c++")),
        "browser": str(apt.browser()),
    }


def _class_archive(project: Path) -> str:
    """Return the name of the class archive, which depends on Java and the jars."""
    try:
        return dependencies.class_archive(project / ".venv").name
    except MissingDependencyError:
        return "none without Java"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
