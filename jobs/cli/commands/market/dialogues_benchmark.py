"""careerstream benchmark dialogues: what questions and answers bring, on simulated markets."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of
from jobs.runtime.progress import StageProgress
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console


def dialogues(
    context: typer.Context,
    candidates: Annotated[int, typer.Option(min=4, help="Of each market.")] = 1_000,
    postings: Annotated[int, typer.Option(min=1, help="Of each market.")] = 2_500,
    people: Annotated[
        int, typer.Option(min=1, help="Who are talked to, of each market, at most.")
    ] = 400,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("dialogues.json"),
    as_json: Json = False,
) -> None:
    """Talk to people of five simulated markets; compare their lists before and after answers."""
    from jobs.benchmark.dialogues import (  # noqa: PLC0415 - torch takes seconds to load
        ANSWERS,
        RATIOS,
        WAYS,
        DialoguesPlan,
        measure_dialogues,
    )

    plan = DialoguesPlan(candidates, postings, people, settings_of(context).training.epochs)
    with StageProgress() as progress, TemporaryDirectory(prefix="careerstream-") as folder:
        report = measure_dialogues(plan, Path(folder), progress.show)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(report)
        return
    steps = range(ANSWERS + 1)
    table = Table("HR@10", *(f"{number} answers" for number in steps))
    for way in WAYS:
        keys = (f"{way}/{number}/hr@10" for number in steps)
        table.add_row(way, *(_with_interval(report, key) for key in keys))
    console.print(table)
    for name in RATIOS:
        console.print(f"{name}: {_with_interval(report, name)}")
    console.print(f"{report['people']:,} people; report in {out}")


def _with_interval(report: dict[str, float], key: str) -> str:
    return f"{report[key]:.3f} [{report[f'{key}/low']:.3f}, {report[f'{key}/high']:.3f}]"
