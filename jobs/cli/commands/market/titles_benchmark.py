"""careerstream benchmark titles: which title comes next in a career."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json
from jobs.runtime.progress import StageProgress
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console


def titles(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Positions that people held: files of CSV or JSON lines.", metavar="FILE..."
        ),
    ],
    seed: Annotated[int, typer.Option(min=0, help="Divides the people.")] = 7,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("titles.json"),
    as_json: Json = False,
) -> None:
    """Rank titles as the next one of careers; compare with successors and likeness."""
    from training.benchmark.next_titles import OURS, RANKINGS, measure_titles, read_careers  # noqa: PLC0415 - torch takes seconds to load

    known, careers = read_careers(files)
    with StageProgress() as progress:
        report = measure_titles(known, careers, seed, progress.show)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(report)
        return
    table = Table("ranked by", "recall at 10", "lead of the next title's model")
    for name in RANKINGS:
        keys = (name,) if name == OURS else (name, f"difference/{name}")
        cells = [
            f"{report[key]:.3f} [{report[f'{key}/low']:.3f}, {report[f'{key}/high']:.3f}]"
            for key in keys
        ]
        table.add_row(name, *cells, *[""] * (2 - len(cells)))
    console.print(table)
    console.print(
        f"{report['cases']:,} people, {report['titles']:,} titles; report in {out}",
    )
