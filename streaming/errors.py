"""The one family of errors a user can meet.

Each message is a single line that names the value at fault, the limit it broke and the remedy.
The command line prints that line and exits with `exit_code`; the stack trace needs `--debug`.
"""

UNEXPECTED = 70
"""Exit code of an error that nobody foresaw (sysexits' EX_SOFTWARE)."""


class CareerstreamError(Exception):
    """Root of every error that careerstream raises on purpose."""

    exit_code = 1


class SettingsError(CareerstreamError):
    """A setting is missing, malformed or contradicts another one."""

    exit_code = 2


class InputError(CareerstreamError):
    """A file or an argument given by the user cannot be used."""

    exit_code = 2


class MissingPartError(CareerstreamError):
    """Something this machine should have is missing: a JDK, the jars, a free port."""

    exit_code = 3


class BrokerError(CareerstreamError):
    """Kafka cannot be reached, refuses us, or cannot be started."""

    exit_code = 4


class ModelError(CareerstreamError):
    """A model, a version or an alias does not exist or cannot be used."""

    exit_code = 5


def one_line(error: BaseException) -> str:
    """Make one line of any exception: its type and the first line of what it says."""
    words = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {words}"[:500].removesuffix(": ")
