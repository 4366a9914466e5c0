"""Makes the archive of Java classes that Spark's JVM loads (`jobs.operations.class_archive`)."""

import shutil
import subprocess
from collections import deque
from pathlib import Path

from infra.process.run_command import output_lines
from infra.setup.progress import Progress
from streaming import dependencies


def install(python: Path, prefix: Path) -> str:
    """Make an environment's archive if it has none; Spark also starts without one, but slower.

    The environment has the project and the jars installed; `prefix` is its folder.

    Returns:
        One line for display: the archive's path, or why there is none.
    """
    file = dependencies.class_archive(prefix)
    if not file.exists():
        _clear(file.parent)
        progress = Progress("Archiving the classes that Spark loads, a minute or two", 1)
        last_line = deque(["no output"], maxlen=1)
        try:
            output = output_lines([python, "-m", "jobs.operations.class_archive"])
            last_line.extend(filter(str.strip, output))
        except (subprocess.CalledProcessError, OSError):
            return f"no class archive, so Spark starts slower: {last_line[0].strip()}"
        finally:
            progress.end()
    return f"class archive {file}"


def _clear(folder: Path) -> None:
    """Remove archives of another Java or of other jars, and unfinished ones."""
    for old in folder.glob("*.jsa"):
        old.unlink()
    for unfinished in folder.glob(".making-*"):
        shutil.rmtree(unfinished, ignore_errors=True)
