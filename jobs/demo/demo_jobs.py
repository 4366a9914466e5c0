"""Runs broker and jobs on what the demo left behind, for the console."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.process.supervisor import SupervisedProcess
from jobs.runtime.sandbox import sandbox
from streaming.errors import InputError
from streaming.settings import Settings

_RUNS = {"with_up": "yes"}


@contextmanager
def demo_jobs(given: Settings) -> Iterator[tuple[Settings, SupervisedProcess]]:
    """Start the demo's broker, and `careerstream up` in a process that ends with the block.

    Yields:
        The demo's settings and the process, which takes some seconds until it makes lists.

    Raises:
        InputError: the demo has not run in this home.
    """
    home = given.home.absolute() / "demo"
    if not (home / "summary.json").is_file():
        raise InputError(f"there is no finished demo in {home}; `careerstream demo` runs one")
    # What the console shows beside lists follows what is done in it.
    own = sandbox(given, home, match=_RUNS, plan=_RUNS, converse=_RUNS)
    with own as running, running.start_command("up") as jobs:
        yield running.settings, jobs
