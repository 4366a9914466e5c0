"""The console that commands and the demo print to, and how a program ends with an error."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.protocol import is_renderable
from rich.status import Status
from rich.text import Text

from streaming.errors import UNEXPECTED_EXIT_CODE, CareerstreamError, one_line

UNLIMITED = 1_000_000
"""Characters of a line of output that is not a terminal."""
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Write the characters that steer a terminal as escapes, such as `\x1b`; keep line ends.

    These are control characters, line separators and overrides of the writing direction, and also
    lone surrogates, which cannot be encoded.
    """
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """Return a value as JSON in which what steers a terminal is escaped, as JSON allows."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def styled(text: str, style: str = "") -> Text:
    """Return a text with one of Rich's styles, such as `red`."""
    return Text(printable(text), style)


class Paragraph:
    """A text of some sentences. On a terminal its lines end between words, further ones indented.

    Only a word that is wider than the terminal, such as a path, is broken itself.
    """

    def __init__(self, *parts: str | Text, indent: int = 2) -> None:
        self._text = Text.assemble(*(styled(p) if isinstance(p, str) else p for p in parts))
        self._indent = indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - self._indent
        if options.max_width >= UNLIMITED or room <= self._indent:
            yield self._text
            return
        first, *rest = self._text.wrap(console, room, overflow="fold")
        yield first
        for line in rest:
            yield Text(" " * self._indent) + line


class PlainConsole(Console):
    """Prints strings as they are: data is never markup, an emoji code or a control sequence.

    Only `styled` adds style. Rich does not break lines, so that a path can be copied. Tables are as
    wide as the terminal; where there is none, they are as wide as their texts.
    """

    def __init__(self, *, width: int | None = None, **options: Any) -> None:
        super().__init__(
            markup=False, emoji=False, highlight=False, soft_wrap=True, width=width, **options
        )
        if width is None and not self.is_terminal:
            self.width = UNLIMITED

    def render_str(self, text: str, **options: Any) -> Text:
        """Turn a string into text; Rich calls this for all strings, those in tables included."""
        return super().render_str(printable(text), **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print strings, tables and other objects of Rich, and the `str` of everything else."""
        super().print(*(o if is_renderable(o) else str(o) for o in objects), **options)

    @contextmanager
    def on_standard_error(self) -> Iterator[None]:
        """Print to standard error in the block, because standard output is for a program."""
        width, self.stderr = self.width, True
        self.width = Console(stderr=True).width if self.is_terminal else UNLIMITED
        try:
            yield
        finally:
            self.stderr, self.width = False, width

    def status(self, status: RenderableType, **options: Any) -> Status:
        """Return a spinner with a text, for a `with` block."""
        return _PlainStatus(status, console=self, **options)


class _PlainStatus(Status):
    """A spinner whose text is no markup. Rich itself always reads it as markup."""

    def __init__(self, status: RenderableType, **options: Any) -> None:
        super().__init__(styled(str(status)), **options)

    def update(self, status: RenderableType | None = None, **options: Any) -> None:
        super().update(None if status is None else styled(str(status)), **options)


console = PlainConsole()
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
        code, message = UNEXPECTED_EXIT_CODE, f"{one_line(error)}; --debug shows where"
        if isinstance(error, CareerstreamError):
            code, message = error.exit_code, str(error)
        line = printable(f"{program}: {message}").replace("\n", r"\n")
        sys.stderr.write(f"{line}\n")
        sys.exit(code)
