"""The protocols by name: how files become a question."""

from pathlib import Path

from streaming.errors import InputError
from training.benchmark.protocols import job_views, prequential, sequences
from training.benchmark.protocols.question import Question, QuestionFiles

PROTOCOLS = ("prequential", "job-views", "sequences")

_OWN_FILES = {"postings": "prequential", "candidates": "prequential", "attributes": "sequences"}
"""Further files to the only protocol that takes them."""


def load(protocol: str, files: QuestionFiles, folder: Path, *, share: float = 0.1) -> Question:
    """Read files under one of `PROTOCOLS`; what can be trained on is written into `folder`.

    Args:
        protocol: its name.
        files: those that the protocol takes.
        folder: becomes a dataset folder.
        share: of the events, the newest, that prequential holds back.

    Raises:
        InputError: there is no such protocol, or a file does not fit it.
    """
    if protocol not in PROTOCOLS:
        names = ", ".join(PROTOCOLS)
        raise InputError(f"there is no protocol {protocol!r}; choose one of: {names}")
    for name, owner in _OWN_FILES.items():
        if (file := getattr(files, name)) is not None and owner != protocol:
            raise InputError(
                f"--{name} {file} belongs to the protocol {owner}; {protocol} does not read it, "
                "leave it out"
            )
    if protocol == "job-views":
        return job_views.load(files.data, folder)
    if protocol == "sequences":
        return sequences.load(files.data, files.attributes, folder)
    return prequential.load(files, folder, share)
