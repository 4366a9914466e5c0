"""Runs a program and reads what it prints, line by line; nothing of it survives the reader."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def output_lines(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[str]:
    """Run a command and yield its output, standard error included.

    The command and all it started are killed when the reader stops early, e.g. on Ctrl-C.

    Args:
        command: program and arguments.
        environment: default: this process's.
        folder: where it runs; default: here.

    Raises:
        subprocess.CalledProcessError: it ended with another code than 0.
        OSError: it could not be started.
    """
    child = subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        cwd=folder,
        # Its own process group, so that the group can be ended as a whole.
        start_new_session=True,
    )
    with child:
        try:
            yield from child.stdout or ()
            child.wait()
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
    if child.returncode != 0:
        raise subprocess.CalledProcessError(child.returncode, list(map(str, command)))
