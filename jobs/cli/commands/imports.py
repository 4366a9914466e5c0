"""careerstream import and simulate: data in."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.commands.invocation import settings_of
from jobs.operations.file_import import (
    ImportOptions,
    Replayed,
    import_candidates,
    import_events,
    import_postings,
)
from jobs.runtime.progress import import_progress
from jobs.runtime.streaming_query import until_signalled
from jobs.runtime.terminal import console
from streaming.errors import InputError
from streaming.importing import ReadOptions
from streaming.importing.options import Format
from streaming.importing.replay_rate import ReplayRate
from streaming.timestamps import from_text

app = typer.Typer(no_args_is_help=True, help="Read files and send their rows to the topics.")

File = Annotated[Path, typer.Argument(help="The file; .gz is unpacked.", metavar="FILE")]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="For CSV: field=Column, or field:=constant; repeatable. A known layout needs none.",
        metavar="FIELD=COLUMN",
    ),
]
FormatFlag = Annotated[
    str, typer.Option("--format", help="auto, csv, jsonl (our own schema) or jsonld (schema.org).")
]
Encoding = Annotated[str, typer.Option(help="The file's encoding, by Python's name.")]
Rate = Annotated[str | None, typer.Option(help="Most rows a second, e.g. 200/s.")]


@app.command("postings")
def postings(
    context: typer.Context,
    file: File,
    mapping: Map = None,
    file_format: FormatFlag = "auto",
    encoding: Encoding = "utf-8-sig",
    first_only: Annotated[
        bool, typer.Option(help="Of rows with the same id take the first only.")
    ] = False,
) -> None:
    """Send postings: schema.org/JobPosting lines, JSON lines in our own schema, or CSV."""
    read = ReadOptions(
        format=_format(file_format), mapping=tuple(mapping or ()), encoding=encoding,
        first_only=first_only,
    )  # fmt: skip
    _run(context, import_postings, file, ImportOptions(read=read))


@app.command("candidates")
def candidates(
    context: typer.Context,
    file: File,
    mapping: Map = None,
    file_format: FormatFlag = "auto",
    encoding: Encoding = "utf-8-sig",
) -> None:
    """Send the stated parts of candidates: JSON lines in our own schema, or CSV."""
    read = ReadOptions(format=_format(file_format), mapping=tuple(mapping or ()), encoding=encoding)
    _run(context, import_candidates, file, ImportOptions(read=read))


@app.command("events")
def events(
    context: typer.Context,
    file: File,
    mapping: Map = None,
    file_format: FormatFlag = "auto",
    encoding: Encoding = "utf-8-sig",
    speed: Annotated[
        str, typer.Option(help="Seconds of event time a second, e.g. 60x, or max.")
    ] = "max",
    rate: Rate = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Leave out events before this time.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Leave out events from this time on.")
    ] = None,
    with_postings: Annotated[
        bool, typer.Option(help="Derive the postings from the same file, and send them first.")
    ] = False,
    posting_map: Annotated[
        list[str] | None,
        typer.Option(help="How to derive them, as --map.", metavar="FIELD=COLUMN"),
    ] = None,
) -> None:
    """Replay events in the order of their times: JSON lines in our own schema, or CSV."""
    shape, pace = _format(file_format), ReplayRate.parse(speed, rate)
    if with_postings or posting_map:
        derive = ReadOptions(
            format=shape, mapping=tuple(posting_map or ()), encoding=encoding, first_only=True
        )
        _run(context, import_postings, file, ImportOptions(read=derive))
    read = ReadOptions(format=shape, mapping=tuple(mapping or ()), encoding=encoding)
    window = {"since": _moment("--from", since), "until": _moment("--until", until)}
    _run(context, import_events, file, ImportOptions(read=read, pace=pace, **window))


def simulate(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Default: HOME/simulated.")] = None,
    candidates: Annotated[int, typer.Option(help="People looking for work.")] = 1_200,
    postings: Annotated[int, typer.Option(help="Advertised positions.")] = 8_000,
    events_per_candidate: Annotated[float, typer.Option(help="Mean number of events.")] = 14.0,
    days: Annotated[int, typer.Option(help="How long the market is watched.")] = 60,
    share_chinese: Annotated[float, typer.Option(help="The others are English.")] = 0.65,
    seed: Annotated[int, typer.Option(help="Same seed, same market, byte for byte.")] = 7,
) -> None:
    """Write a simulated labour market: postings, candidates and events, labelled as such."""
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
    for name, count in counts.items():
        console.print(f"{count:>10,} {name:<11} {target / name}.jsonl")


def _run(
    context: typer.Context,
    importer: Callable[..., Replayed],
    file: Path,
    options: ImportOptions,
) -> None:
    with until_signalled() as stop, import_progress() as progress:
        done = importer(settings_of(context), file, options, progress, stop)
    repeated = f", {done.repeated:,} repeated" if done.repeated else ""
    outside = f", {done.outside:,} outside the window" if done.outside else ""
    unsent = f", {done.unsent:,} not sent: stopped" if done.stopped else ""
    rejected = f"rejected {sum(done.rejected.values()):,}"
    console.print(
        f"{done.topic}: read {done.read:,}, sent {done.produced:,}, "
        f"{rejected}{repeated}{outside}{unsent} in {done.seconds:.1f} s"
    )
    for reason, count in sorted(done.rejected.items()):
        console.print(f"  {reason}: {count:,}")
    if done.rejects:
        console.print(f"  the rejected rows, with reasons: {done.rejects}")


def _moment(flag: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else from_text(text)
    except ValueError as error:
        raise InputError(f"{flag} {text} is no time; write it as 2026-01-31T09:30:00Z") from error


def _format(name: str) -> Format:
    formats: dict[str, Format] = {
        "auto": "auto",
        "csv": "csv",
        "jsonl": "jsonl",
        "jsonld": "jsonld",
    }
    if name not in formats:
        raise InputError(f"--format {name} is unknown; give one of {', '.join(formats)}")
    return formats[name]
