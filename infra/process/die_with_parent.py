"""Runs a command that dies with the process which wanted it, even when that one is killed.

`python tether.py PARENT_PID COMMAND ...`: asks the kernel for a SIGKILL at the parent's death,
then becomes the command. A program of its own, because doing this between fork and exec of a
process with threads is unsafe.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Tie this process to its parent and become the command."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have died before the request was made.
    if os.getppid() == parent:
        os.execvp(command[0], command)  # noqa: S606 - that is the purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
