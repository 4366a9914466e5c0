"""Progress of what takes longer than a few seconds, before any library for it is there."""

import sys
import time
from typing import TextIO

WIDTH = 30
PIPE_SECONDS = 10
"""How often a line is written where nobody watches, e.g. into the log of a build server."""


class Progress:
    """A bar on a terminal, and a line now and then anywhere else."""

    def __init__(self, title: str, total: int, stream: TextIO | None = None) -> None:
        """Begin.

        Args:
            title: what goes on, in words.
            total: how many steps there are.
            stream: default: standard error.
        """
        self._title = title
        self._total = max(total, 1)
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._began = time.monotonic()
        self._written = self._began
        self._say(f"{title} ...\n" if not self._terminal else "")
        self.at(0)

    def at(self, done: int) -> None:
        """Show that so many steps are done."""
        now = time.monotonic()
        seconds, part = int(now - self._began), min(done / self._total, 1.0)
        if self._terminal:
            bar = "█" * round(part * WIDTH)
            self._say(f"\r{self._title}  {bar:░<{WIDTH}} {part:4.0%}  {seconds} s ")
        elif now - self._written >= PIPE_SECONDS:
            self._written = now
            self._say(f"  {self._title}: {part:.0%}, {seconds} s\n")

    def end(self) -> None:
        """Leave the line; the bar stays where it was."""
        seconds = time.monotonic() - self._began
        self._say("\n" if self._terminal else f"  {self._title}: {seconds:.0f} s in all\n")

    def _say(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
