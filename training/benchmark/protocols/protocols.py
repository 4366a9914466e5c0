"""The protocols by name: how files become a question."""

from pathlib import Path

from streaming.errors import InputError
from training.benchmark.protocols import job_views, prequential, sequences, stated
from training.benchmark.protocols.question import Question, QuestionFiles

PROTOCOLS = ("prequential", "job-views", "stated", "sequences")

_OWN_FILES = {
    "postings": ("prequential",),
    "candidates": ("prequential", "job-views", "stated"),
    "attributes": ("sequences",),
}
"""Further files to the protocols that take them."""


def load(
    protocol: str, files: QuestionFiles, folder: Path, *, share: float = 0.1
) -> list[Question]:
    """Read files under one of `PROTOCOLS`; what can be trained on is written into `folder`.

    A protocol with several questions has everything fitted anew for each.

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
    for name, owners in _OWN_FILES.items():
        if (file := getattr(files, name)) and protocol not in owners:
            raise InputError(
                f"--{name} {file} belongs to the protocol {' or '.join(owners)}; {protocol} does"
                " not read it, leave it out"
            )
    if protocol == "job-views":
        return [job_views.load(files.data, folder, files.candidates)]
    if protocol == "sequences":
        return [sequences.load(files.data, files.attributes, folder)]
    if protocol == "stated":
        return stated.load(files.data, files.candidates, folder)
    return [prequential.load(files, folder, share)]
