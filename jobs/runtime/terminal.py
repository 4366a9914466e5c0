"""The console that commands and the demo print to, and how a program ends with an error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from streaming.errors import UNEXPECTED_EXIT_CODE, CareerstreamError, one_line

console = Console()
"""For people. Output that programs read goes to standard output without it."""


@contextmanager
def errors_as_exit_codes(program: str, *, debug: bool) -> Iterator[None]:
    """End the process on an error in the block: one line on standard error and an exit code.

    With `debug` the error is raised as it is.
    """
    try:
        yield
    except Exception as error:
        if debug:
            raise
        if isinstance(error, CareerstreamError):
            sys.stderr.write(f"{program}: {error}\n")
            sys.exit(error.exit_code)
        sys.stderr.write(f"{program}: {one_line(error)}; --debug shows where\n")
        sys.exit(UNEXPECTED_EXIT_CODE)
