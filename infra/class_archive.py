"""Has the archive of classes made that Spark's JVM starts from (`jobs.class_archive`)."""

import subprocess
from pathlib import Path

from infra.progress import Progress
from streaming import parts

PATIENCE = 900
"""Seconds: far above what it takes, for a machine that is busy."""


def install(python: Path, prefix: Path) -> str:
    """Make an environment's archive, if it has none; without one Spark starts, but slower.

    Args:
        python: the environment's, with the project and the jars installed.
        prefix: the environment's folder.

    Returns:
        One line for people: where it is, or why it is not.
    """
    file = parts.class_archive(prefix)
    if not file.exists():
        progress = Progress("Collecting the classes that Spark starts from, a minute or two", 1)
        try:
            run = subprocess.run(
                [python, "-m", "jobs.class_archive"],
                capture_output=True, text=True, check=False, timeout=PATIENCE,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"no class archive, so that Spark starts slower: not made in {PATIENCE} seconds"
        finally:
            progress.end()
        if run.returncode != 0:
            why = (run.stderr.strip().splitlines() or ["it said nothing"])[-1]
            return f"no class archive, so that Spark starts slower: {why}"
    return f"class archive {file}"
