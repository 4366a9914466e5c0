"""A progress bar that needs only the standard library."""

import sys
import time
from typing import TextIO

WIDTH = 30
PIPE_SECONDS = 10
"""Interval of the lines in a log, e.g. of a build server."""


class Progress:
    """A bar on a terminal, and a line every few seconds in a log."""

    def __init__(self, title: str, total: int, stream: TextIO | None = None) -> None:
        """Start at 0 of `total` steps, by default on standard error."""
        self._title = title
        self._total = max(total, 1)
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._start = time.monotonic()
        self._last_line = self._start
        self._write(f"{title} ...\n" if not self._terminal else "")
        self.at(0)

    def at(self, done: int) -> None:
        """Show that `done` steps are done."""
        now = time.monotonic()
        seconds, part = int(now - self._start), min(done / self._total, 1.0)
        if self._terminal:
            bar = "█" * round(part * WIDTH)
            self._write(f"\r{self._title}  {bar:░<{WIDTH}} {part:4.0%}  {seconds} s ")
        elif now - self._last_line >= PIPE_SECONDS:
            self._last_line = now
            self._write(f"  {self._title}: {part:.0%}, {seconds} s\n")

    def end(self) -> None:
        """Finish the line and leave the bar as it is."""
        seconds = time.monotonic() - self._start
        self._write("\n" if self._terminal else f"  {self._title}: {seconds:.0f} s in all\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
