"""The protocols by name: how a file becomes a split."""

from pathlib import Path

from streaming.errors import InputError
from training.benchmark.protocols import job_views, sequences
from training.benchmark.protocols.training_view import Split

PROTOCOLS = ("job-views", "sequences")


def load(protocol: str, file: Path, attributes: Path | None = None) -> Split:
    """Read a file under one of `PROTOCOLS`; a JSON file of attributes belongs to sequences alone.

    Raises:
        InputError: there is no such protocol, or the file does not fit it.
    """
    if protocol == "sequences":
        return sequences.load(file, attributes)
    if protocol != "job-views":
        names = ", ".join(PROTOCOLS)
        raise InputError(f"there is no protocol {protocol!r}; choose one of: {names}")
    if attributes is not None:
        raise InputError(
            f"--attributes {attributes} belongs to the protocol sequences; job-views takes what "
            "postings say from the file itself, leave it out"
        )
    return job_views.load(file)
