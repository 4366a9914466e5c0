"""careerstream benchmark stream: how fast the stream is on this machine."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from jobs.cli.commands.invocation import settings_of
from jobs.runtime.progress import StageProgress
from jobs.runtime.terminal import console


def stream(
    context: typer.Context,
    part: Annotated[
        list[str] | None,
        typer.Option(
            help="One of latency, backlog, state, memory, broken or closing; repeatable. None: "
            "all.",
            metavar="NAME",
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option(help="Small sizes: shows that it works, its numbers mean little.")
    ] = False,
    untrained: Annotated[
        bool, typer.Option(help="Serve the most-popular baseline; trains nothing.")
    ] = False,
    epochs: Annotated[int | None, typer.Option(min=1, help="Of the training; 2.")] = None,
    rate: Annotated[float | None, typer.Option(min=1, help="Events a second; 200.")] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="Of latency; 180.")] = None,
    warm_up_seconds: Annotated[float | None, typer.Option(min=0, help="Before them; 300.")] = None,
    beside_seconds: Annotated[
        float | None, typer.Option(min=1, help="Chain and pass-through at once; 60.")
    ] = None,
    beside_warm_up_seconds: Annotated[
        float | None, typer.Option(min=0, help="Before that; 30.")
    ] = None,
    profiles: Annotated[
        int | None, typer.Option(min=1, help="In state; candidates of a backlog; 50,000.")
    ] = None,
    postings: Annotated[int | None, typer.Option(min=1, help="Open; 10,000.")] = None,
    backlog: Annotated[int | None, typer.Option(min=1, help="Events that wait; 500,000.")] = None,
    quix: Annotated[
        bool, typer.Option("--quix", help="Have Quix Streams work the backlog off, too.")
    ] = False,
    few: Annotated[int | None, typer.Option(min=2, help="Profiles in state; 10,000.")] = None,
    many: Annotated[int | None, typer.Option(min=2, help="Against so many; 1,000,000.")] = None,
    touched: Annotated[
        int | None, typer.Option(min=1, help="Of them in a batch; 2,000, half of few at most.")
    ] = None,
    batches: Annotated[int | None, typer.Option(min=1, help="With each state; 20.")] = None,
    memory_rate: Annotated[
        float | None, typer.Option(min=1, help="Events a second while memory is watched; 500.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Of watching; 30.")] = None,
    good: Annotated[int | None, typer.Option(min=1, help="Readable events; 200,000.")] = None,
    broken: Annotated[
        int | None, typer.Option(min=15, help="Unreadable ones among them; 20,000.")
    ] = None,
    closed: Annotated[
        int | None, typer.Option(min=1, help="Postings that close one by one; 60.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of everything random; 7.")] = None,
    out: Annotated[
        Path, typer.Option(help="Report; a page of the same name in .html beside it.")
    ] = Path("stream.json"),
) -> None:
    """Measure how fast the stream is, beside a mere copy of its events."""
    from jobs.benchmark.stream.harness.plan import Plan  # noqa: PLC0415
    from jobs.benchmark.stream.page import measured_sections  # noqa: PLC0415 - matplotlib takes a second
    from jobs.benchmark.stream.run import measure_stream  # noqa: PLC0415 - mlflow takes seconds

    plan = (Plan.quick() if quick else Plan()).with_choices(
        parts=tuple(part) if part else None,
        trained=False if untrained else None,
        epochs=epochs,
        rate=rate,
        seconds=seconds,
        warm_up_seconds=warm_up_seconds,
        beside_seconds=beside_seconds,
        beside_warm_up_seconds=beside_warm_up_seconds,
        profiles=profiles,
        postings=postings,
        backlog=backlog,
        quix=True if quix else None,
        few=few,
        many=many,
        touched=touched,
        batches=batches,
        memory_rate=memory_rate,
        minutes=minutes,
        good=good,
        broken=broken,
        closed=closed,
        seed=seed,
    )
    with StageProgress() as progress:
        report = measure_stream(settings_of(context), plan, out, progress.update)
    for section in measured_sections(report):
        table = Table(*section.columns, title=section.title, title_justify="left")
        for row in section.rows:
            table.add_row(*row)
        console.print(table)
        for tile in section.tiles:
            console.print(f"{tile['value']}  {tile['label']}")
    console.print(f"report in {out}, page in {out.with_suffix('.html')}")
