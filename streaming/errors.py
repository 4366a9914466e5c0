"""Errors that users see.

Each message is one line that names the invalid value, its limit and the remedy. The command line
prints that line and exits with `exit_code`; `--debug` adds the stack trace.
"""

UNEXPECTED_EXIT_CODE = 70
"""Exit code of an unexpected error (EX_SOFTWARE of sysexits)."""

_QUOTED_LENGTH = 80
"""Characters of an invalid value that a message repeats."""


class CareerstreamError(Exception):
    """Base class of the errors that careerstream raises on purpose."""

    exit_code = 1


class SettingsError(CareerstreamError):
    """A setting is missing, malformed or in conflict with another one."""

    exit_code = 2


class InputError(CareerstreamError):
    """A file or an argument given by the user cannot be used."""

    exit_code = 2


class MissingDependencyError(CareerstreamError):
    """This machine lacks something: a JDK, the jars, a free port."""

    exit_code = 3


class BrokerError(CareerstreamError):
    """Kafka cannot be reached, refuses access, or cannot be started."""

    exit_code = 4


class ModelError(CareerstreamError):
    """A model, a version or an alias does not exist or cannot be used."""

    exit_code = 5


def quote(value: object) -> str:
    """Quote an invalid value for a message; a long one is cut."""
    text = repr(value)
    return text if len(text) <= _QUOTED_LENGTH else f"{text[:_QUOTED_LENGTH]}…"


def one_line(error: BaseException) -> str:
    """Return any exception as one line: its type and the first line of its message."""
    message = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {message}"[:500].removesuffix(": ")
