"""careerstream import and simulate: files to topics, and a simulated market to files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, time_of_flag
from jobs.cli.commands.market.resumes import (
    CandidateId,
    DryRun,
    ResumeFlags,
    Spans,
    UpdatedAt,
    send_resumes,
    show_resumes,
)
from jobs.operations.file_import import (
    ImportOptions,
    ImportSummary,
    import_candidates,
    import_events,
    import_postings,
)
from jobs.operations.resume_import import ResumeOptions, are_resumes
from jobs.runtime.progress import import_progress
from jobs.runtime.streaming_query import until_signalled
from jobs.runtime.terminal import console
from streaming.errors import InputError
from streaming.importing import EMPTY_MARKERS, ReadOptions
from streaming.importing.file_reader import Format
from streaming.importing.replay_rate import ReplayRate

if TYPE_CHECKING:
    from jobs.operations.table_import import TableFile

app = typer.Typer(no_args_is_help=True, help="Read files and send their rows to the topics.")

File = Annotated[Path, typer.Argument(help="The file; .gz is decompressed.", metavar="FILE")]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="For CSV: field=Column or field:=constant; repeatable. Known layouts need no mapping.",
        metavar="FIELD=COLUMN",
    ),
]
FormatFlag = Annotated[
    str, typer.Option("--format", help="auto, csv, jsonl (our own schema) or jsonld (schema.org).")
]
Encoding = Annotated[str, typer.Option(help="Encoding of the file, by its name in Python.")]
Delimiter = Annotated[
    str | None,
    typer.Option(help="Between the cells of a CSV file: a character, or tab. Default: detected."),
]
Empty = Annotated[
    list[str] | None,
    typer.Option(
        help=f"An empty CSV cell; repeatable. Default: {', '.join(sorted(EMPTY_MARKERS)[1:])}.",
        metavar="TEXT",
    ),
]
Rate = Annotated[str | None, typer.Option(help="Maximum rows a second, e.g. 200/s.")]


@app.command("postings")
def postings(
    context: typer.Context,
    file: File,
    mapping: Map = None,
    file_format: FormatFlag = "auto",
    encoding: Encoding = "utf-8-sig",
    delimiter: Delimiter = None,
    empty: Empty = None,
    first_only: Annotated[
        bool, typer.Option(help="Take only the first of the rows with the same id.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Send postings from schema.org/JobPosting lines, JSON lines in our own schema, or CSV."""
    read = read_options(file_format, encoding, delimiter, empty)
    read = replace(read, mapping=tuple(mapping or ()), first_only=first_only)
    _run(context, import_postings, file, ImportOptions(read=read), as_json=as_json)


@app.command("candidates")
def candidates(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            help="The files; .gz is decompressed. A .txt, .md, .pdf or .docx is a résumé.",
            metavar="FILE...",
        ),
    ],
    mapping: Map = None,
    file_format: FormatFlag = "auto",
    encoding: Encoding = "utf-8-sig",
    delimiter: Delimiter = None,
    empty: Empty = None,
    entries: Annotated[
        bool,
        typer.Option(
            help="A row is one position held, wish or skill; those of a candidate are joined."
        ),
    ] = False,
    candidate: CandidateId = None,
    updated_at: UpdatedAt = None,
    spans: Spans = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Send what candidates state, from JSON lines in our own schema, CSV, or résumés.

    Several files of rows are joined: a message holds all that somebody had stated until then. A
    résumé is one candidate; with --format or --map, a .txt is rows.
    """
    read = read_options(file_format, encoding, delimiter, empty)
    read = replace(read, mapping=tuple(mapping or ()), entries=entries)
    flags = ResumeFlags(candidate=candidate, updated_at=updated_at, spans=spans, dry_run=dry_run)
    if file_format == "auto" and not mapping and not entries and are_resumes(files):
        _run_resumes(context, files, flags, read, as_json=as_json)
        return
    flags.refuse()
    _run(context, import_candidates, files, ImportOptions(read=read), as_json=as_json)


@app.command("events")
def events(
    context: typer.Context,
    file: File,
    mapping: Map = None,
    file_format: FormatFlag = "auto",
    encoding: Encoding = "utf-8-sig",
    delimiter: Delimiter = None,
    empty: Empty = None,
    speed: Annotated[
        str, typer.Option(help="Seconds of event time per second, e.g. 60x, or max.")
    ] = "max",
    rate: Rate = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Skip events before this time.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Skip events from this time on.")
    ] = None,
    with_postings: Annotated[
        bool, typer.Option(help="Derive the postings from the same file and send them first.")
    ] = False,
    posting_map: Annotated[
        list[str] | None,
        typer.Option(help="Mapping of the derived postings, as in --map.", metavar="FIELD=COLUMN"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Replay events in the order of their times, from JSON lines in our own schema or CSV.

    With derived postings, `--json` prints a document for each topic, one a line.
    """
    read, replay_rate = (
        read_options(file_format, encoding, delimiter, empty),
        ReplayRate.parse(speed, rate),
    )
    if with_postings or posting_map:
        derive = replace(read, mapping=tuple(posting_map or ()), first_only=True)
        _run(context, import_postings, file, ImportOptions(read=derive), as_json=as_json)
    read = replace(read, mapping=tuple(mapping or ()))
    window = {"since": time_of_flag("--from", since), "until": time_of_flag("--until", until)}
    options = ImportOptions(read=read, rate=replay_rate, **window)
    _run(context, import_events, file, options, as_json=as_json)


def simulate(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Default: HOME/simulated.")] = None,
    candidates: Annotated[int, typer.Option(help="Number of candidates.")] = 1_200,
    postings: Annotated[int, typer.Option(help="Number of postings.")] = 8_000,
    events_per_candidate: Annotated[
        float, typer.Option(help="Mean number of events of a candidate.")
    ] = 14.0,
    days: Annotated[int, typer.Option(help="Length of the simulated time.")] = 60,
    share_chinese: Annotated[
        float,
        typer.Option(help="Share of Chinese candidates and postings; the others are English."),
    ] = 0.65,
    seed: Annotated[
        int, typer.Option(help="The same seed gives the same market, byte for byte.")
    ] = 7,
    as_json: Json = False,
) -> None:
    """Write a simulated labour market: postings, candidates and events, labelled as simulated."""
    from infra.simulator import Market, MarketConfig, write  # noqa: PLC0415

    target = folder or settings_of(context).home / "simulated"
    config = MarketConfig(
        candidates=candidates,
        postings=postings,
        events_per_candidate=events_per_candidate,
        days=days,
        share_chinese=share_chinese,
        seed=seed,
    )
    with console.status("simulating") as status:
        counts = write(
            Market(config), target, lambda name, n: status.update(f"simulating {name}: {n:,}")
        )
    if as_json:
        print_json({"folder": target, "rows": counts})
        return
    for name, count in counts.items():
        console.print(f"{count:>10,} {name:<11} {target / name}.jsonl")


def print_table_import(file: Path, read: "TableFile[Any]", version: int, *, as_json: bool) -> None:
    """Print how many rows of a file went to their table, and why others did not."""
    if as_json:
        counts = {"read": read.read, "written": len(read.records), "repeated": read.repeated}
        rejects = {"rejected": read.rejected, "rejects": read.rejects}
        print_json({**counts, **rejects, "version": version}, indent=None)
        return
    repeated = f", {read.repeated:,} repeated" if read.repeated else ""
    console.print(f"{file.name}: {read.read_as}")
    console.print(
        f"{read.table}: read {read.read:,}, written {len(read.records):,}, rejected"
        f" {sum(read.rejected.values()):,}{repeated}; version {version}"
    )
    for reason, count in sorted(read.rejected.items()):
        console.print(f"  {reason}: {count:,}")
    if read.rejects:
        console.print(f"  the rejected rows, with reasons: {read.rejects}")


def _run_resumes(
    context: typer.Context,
    files: list[Path],
    flags: ResumeFlags,
    read: ReadOptions,
    *,
    as_json: bool,
) -> None:
    updated_at = time_of_flag("--updated-at", flags.updated_at)
    options = ResumeOptions(
        encoding=read.encoding, candidate_id=flags.candidate, updated_at=updated_at
    )
    if flags.dry_run:
        show_resumes(files, options, flags.spans, as_json=as_json)
        return
    summary = send_resumes(context, files, options, flags.spans)
    if as_json:
        print_json(summary, indent=None)
    else:
        _print_summary(summary, f"{len(files):,} files" if len(files) > 1 else files[0].name)


def _run(
    context: typer.Context,
    import_file: Callable[..., ImportSummary],
    files: Path | list[Path],
    options: ImportOptions,
    *,
    as_json: bool,
) -> None:
    with until_signalled() as stop, import_progress() as progress:
        summary = import_file(settings_of(context), files, options, progress, stop=stop)
    if as_json:
        print_json(summary, indent=None)
    else:
        names = ", ".join(file.name for file in ([files] if isinstance(files, Path) else files))
        read_as = f"{summary.read_as}, {options.read.encoding}"
        _print_summary(replace(summary, read_as=read_as), names)


def _print_summary(summary: ImportSummary, names: str) -> None:
    repeated = f", {summary.repeated:,} repeated" if summary.repeated else ""
    outside = f", {summary.outside:,} outside the window" if summary.outside else ""
    unsent = f", {summary.unsent:,} not sent: stopped" if summary.stopped else ""
    rejected = f"rejected {sum(summary.rejected.values()):,}"
    joined = f", {summary.joined:,} joined with others" if summary.joined else ""
    console.print(f"{names}: {summary.read_as}")
    console.print(
        f"{summary.topic}: read {summary.read:,}, sent {summary.produced:,}, "
        f"{rejected}{repeated}{outside}{joined}{unsent} in {summary.seconds:.1f} s"
    )
    for reason, count in sorted(summary.rejected.items()):
        console.print(f"  {reason}: {count:,}")
    if summary.rejects:
        console.print(f"  the rejected rows, with reasons: {summary.rejects}")


def read_options(
    file_format: str, encoding: str, delimiter: str | None, empty: list[str] | None
) -> ReadOptions:
    """Return the options that all three kinds of record share."""
    if file_format not in get_args(Format):
        known = ", ".join(get_args(Format))
        raise InputError(f"--format {file_format} is unknown; give one of {known}")
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InputError(f"--delimiter {delimiter!r} is no single character; give one, or tab")
    return ReadOptions(
        format=cast("Format", file_format),
        encoding=encoding,
        delimiter=delimiter,
        empty=EMPTY_MARKERS if empty is None else frozenset({"", *empty}),
    )
