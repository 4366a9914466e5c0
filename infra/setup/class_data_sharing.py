"""Makes the class-data archive that Spark's JVM starts from (`jobs.operations.class_archive`)."""

import shutil
import subprocess
from collections import deque
from pathlib import Path

from infra.process.run_command import output_lines
from infra.setup.progress import Progress
from streaming import dependencies


def install(python: Path, prefix: Path) -> str:
    """Make an environment's archive, if it has none; without one Spark starts, but slower.

    Args:
        python: the environment's, with the project and the jars installed.
        prefix: the environment's folder.

    Returns:
        One line for people: where it is, or why it is not.
    """
    file = dependencies.class_archive(prefix)
    if not file.exists():
        _clear(file.parent)
        progress = Progress("Collecting the classes that Spark starts from, a minute or two", 1)
        said = deque(["it said nothing"], maxlen=1)
        try:
            said.extend(
                filter(str.strip, output_lines([python, "-m", "jobs.operations.class_archive"]))
            )
        except (subprocess.CalledProcessError, OSError):
            return f"no class archive, so that Spark starts slower: {said[0].strip()}"
        finally:
            progress.end()
    return f"class archive {file}"


def _clear(folder: Path) -> None:
    """Remove archives of another Java or of other jars, and what an interrupted making left."""
    for old in folder.glob("*.jsa"):
        old.unlink()
    for left in folder.glob(".making-*"):
        shutil.rmtree(left, ignore_errors=True)
