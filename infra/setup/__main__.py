"""Sets up the checkout; returns at once when nothing has changed.

Exit codes: 0 ready, 1 a step failed, 3 something must be installed by hand, 130 interrupted. After
a failure or an interruption it can be started again.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from infra.setup import apt, class_data_sharing, horovod, jars, log_store, stamp
from infra.setup.python import Environment
from streaming import dependencies
from streaming.errors import MissingDependencyError

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Set everything up; return the exit code."""
    # SIGTERM is handled like Ctrl-C, so that child processes are ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if stamp.is_current(PROJECT):
            return 0
        with _exclusive():
            if not stamp.is_current(PROJECT):
                _set_up()
    except MissingDependencyError as error:
        print(f"setup: {error}", file=sys.stderr)
        return error.exit_code
    except subprocess.CalledProcessError as error:
        print(f"setup: this failed, see above: {' '.join(error.cmd)}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; start it again to go on", file=sys.stderr)
        return 130
    return 0


def _set_up() -> None:
    # Java comes first: it may have to be installed by hand, and the later steps take minutes.
    installed = apt.ensure_java()
    print(f"setup: Java {installed.version} in {installed.home}")
    stamp.forget(PROJECT)
    environment = Environment(PROJECT)
    environment.create()
    environment.synchronise()
    jars.install(jars.ivy_jar(environment.packages / "pyspark"))
    log_store.install(environment.packages / "pyspark")
    print(f"setup: {horovod.install(environment)}")
    environment.install_project()
    print(f"setup: {apt.install_browser()}")
    print(f"setup: {class_data_sharing.install(environment.python, environment.folder)}")
    stamp.write(PROJECT)
    print(f"setup: ready in {environment.folder}, cache in {dependencies.cache_folder()}")


@contextmanager
def _exclusive() -> Iterator[None]:
    """Wait until no other set-up uses the cache."""
    dependencies.cache_folder().mkdir(parents=True, exist_ok=True)
    with (dependencies.cache_folder() / "setup.lock").open("ab") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            print("setup: another set-up is running; waiting for it", file=sys.stderr)
            flock(lock, LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
