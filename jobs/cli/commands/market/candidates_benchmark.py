"""careerstream benchmark candidates: who will turn to a posting, on a file of views."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of
from jobs.runtime.progress import StageProgress
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console


def candidates(
    context: typer.Context,
    views: Annotated[Path, typer.Argument(help="CSV of job views.", metavar="FILE")],
    stated: Annotated[
        list[Path] | None,
        typer.Option(
            "--candidates", help="What people had stated and when; repeatable.", metavar="FILE"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 7,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("candidates.json"),
    as_json: Json = False,
) -> None:
    """Rank candidates for postings that somebody then viewed; compare matches with baselines."""
    from training.benchmark.candidate_ranking import MATCH, RANKINGS, measure_candidates  # noqa: PLC0415 - torch takes seconds to load
    from training.benchmark.protocols.reverse_views import load  # noqa: PLC0415

    settings = settings_of(context)
    training = settings.training.model_copy(update={"seed": seed})
    with StageProgress() as progress, TemporaryDirectory(prefix="careerstream-") as folder:
        task = load(views, stated or [], Path(folder) / "data")
        report = measure_candidates(task, training, settings.match, Path(folder), progress.show)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(report)
        return
    table = Table("ranked by", "HR@10", "NDCG@10", "NDCG@10, match against it")
    for name in RANKINGS:
        keys = (f"{name}/hr@10", f"{name}/ndcg@10", f"difference/{name}/ndcg@10")
        cells = [
            f"{report[key]:.3f} [{report[f'{key}/low']:.3f}, {report[f'{key}/high']:.3f}]"
            for key in keys[: 2 if name == MATCH else 3]
        ]
        table.add_row(name, *cells, *[""] * (3 - len(cells)))
    console.print(table)
    console.print(
        f"{report['cases']:,} views by {report['candidates']:,} people, each among"
        f" {report['competing']:,.0f} candidates; report in {out}"
    )
