"""A command ends with its reader, and its failure is an error."""

import os
import select
import subprocess

import pytest

from infra.process.run_command import output_lines


def test_everything_a_reader_started_ends_with_it() -> None:
    lines = output_lines(["sh", "-c", "sleep 600 & echo $!; wait"])
    grandchild = int(next(lines))
    ended = os.pidfd_open(grandchild)
    lines.close()
    # A process's descriptor becomes readable with its end.
    assert select.select([ended], [], [], 30)[0]
    os.close(ended)


def test_a_failed_command_is_an_error_after_its_output() -> None:
    lines = output_lines(["sh", "-c", "echo said; exit 3"])
    assert next(lines) == "said\n"
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        next(lines)
