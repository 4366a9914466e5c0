"""Remembers what the environment was set up from, so that a second set-up has nothing to do."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from infra.setup import jars
from streaming import dependencies
from streaming.errors import MissingPartError


def is_current(project: Path) -> bool:
    """Say whether the environment is complete and made from what is here now."""
    try:
        written = json.loads(_file(project).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(written == _origin(project)) and not jars.missing()


def write(project: Path) -> None:
    """Note that the environment is complete."""
    fresh = _file(project).with_suffix(".new")
    fresh.write_text(json.dumps(_origin(project), indent=1), encoding="utf-8")
    fresh.replace(_file(project))


def forget(project: Path) -> None:
    """Note that the environment is about to change."""
    _file(project).unlink(missing_ok=True)


def _file(project: Path) -> Path:
    return project / ".venv" / "careerstream-setup.json"


def _origin(project: Path) -> dict[str, str]:
    """Everything that would make another environment."""
    return {
        "lock": _digest(project / "requirements.lock"),
        "project": _digest(project / "pyproject.toml"),
        "folder": str(project),
        "class archive": _class_archive(project),
        "python": f"{sys.version} in {sys.base_prefix}",
        # A compiler that was not there before makes Horovod possible.
        "compiler": str(shutil.which("c++")),
    }


def _class_archive(project: Path) -> str:
    """Name the class archive that belongs here: another Java or other jars need another one."""
    try:
        return dependencies.class_archive(project / ".venv").name
    except MissingPartError:
        return "none without Java"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
