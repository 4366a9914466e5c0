"""The part of careerstream import candidates that reads résumés."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.commands.invocation import print_json, settings_of
from jobs.operations.file_import import ImportSummary
from jobs.operations.resume_import import (
    ReadResume,
    ResumeOptions,
    SpanFile,
    import_resumes,
    read_resumes,
)
from jobs.runtime.progress import import_progress
from jobs.runtime.streaming_query import until_signalled
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.errors import InputError

CandidateId = Annotated[
    str | None,
    typer.Option(
        "--candidate", help="Whose résumé the file is. Default: its name without the ending."
    ),
]
UpdatedAt = Annotated[
    str | None,
    typer.Option(help="When a résumé was stated. Default: when the file was last changed."),
]
Spans = Annotated[
    Path | None,
    typer.Option(
        help="Write each value of résumés with its span to this file, as JSON lines.",
        metavar="FILE",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the values of résumés, and send nothing.")
]


@dataclass(frozen=True, kw_only=True)
class ResumeFlags:
    """What a user asked for about résumés."""

    candidate: str | None
    updated_at: str | None
    spans: Path | None
    dry_run: bool

    def refuse(self) -> None:
        """Raise an InputError if a flag is given, for files that are no résumés."""
        given = [f"--{name.replace('_', '-')}" for name, value in vars(self).items() if value]
        if given:
            raise InputError(
                f"{given[0]} is for résumés (.txt, .md, .pdf, .docx); leave it out for other files"
            )


def show_resumes(
    files: list[Path], options: ResumeOptions, spans: Path | None, *, as_json: bool
) -> None:
    """Print what résumés would state, with spans; nothing is sent."""
    shown: list[dict[str, Any]] = []
    with ExitStack() as stack:
        span_file = stack.enter_context(SpanFile(spans)) if spans else None
        for read in read_resumes(files, options):
            if span_file:
                span_file.write(read)
            if as_json:
                shown.append(_as_json(read))
            else:
                console.print(_table(read) if read.resume else f"rejected: {_rejection(read)}")
    if as_json:
        print_json({"resumes": shown})


def send_resumes(
    context: typer.Context, files: list[Path], options: ResumeOptions, spans: Path | None
) -> ImportSummary:
    """Send what résumés state, and write their spans."""
    settings = settings_of(context)
    with ExitStack() as stack:
        span_file = stack.enter_context(SpanFile(spans)) if spans else None
        stop = stack.enter_context(until_signalled())
        progress = stack.enter_context(import_progress())
        return import_resumes(settings, files, options, progress, spans=span_file, stop=stop)


def _rejection(read: ReadResume) -> str | None:
    """Return why a file is rejected; None if it is not."""
    return getattr(read.result, "text", None)


def _as_json(read: ReadResume) -> dict[str, Any]:
    return {
        "file": read.path,
        "candidate_id": read.candidate_id,
        "rejected": _rejection(read),
        "values": list(read.spans()),
    }


def _table(read: ReadResume) -> Table:
    table = Table("field", "value", "span", title=f"{read.candidate_id}, from {read.path.name}")
    for span in read.spans():
        page = f", page {span['page']}" if "page" in span else ""
        table.add_row(span["field"], span["value"], f"{span['start']}-{span['end']}{page}")
    return table
