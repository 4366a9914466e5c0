"""Runs a program and yields its output line by line; the program ends with the reader."""

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

    The command and its process group are killed when the reader stops early, e.g. on Ctrl-C.

    Raises:
        subprocess.CalledProcessError: the command ended with another code than 0.
        OSError: it could not be started.
    """
    process = subprocess.Popen(
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
    with process:
        try:
            yield from process.stdout or ()
            process.wait()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, list(map(str, command)))
