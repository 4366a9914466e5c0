"""careerstream benchmark quality: offline quality on a file, against baselines."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from jobs.cli.commands.invocation import settings_of
from jobs.runtime.progress import StageProgress
from jobs.runtime.terminal import console
from streaming.errors import SettingsError


def quality(
    context: typer.Context,
    protocol: Annotated[
        str, typer.Option(help="job-views or sequences.", show_default=False, metavar="NAME")
    ],
    data: Annotated[
        Path,
        typer.Option(help="File in the protocol's layout.", show_default=False, metavar="FILE"),
    ],
    attributes: Annotated[
        Path | None,
        typer.Option(help="For sequences: JSON, item to attribute numbers.", metavar="FILE"),
    ] = None,
    preset: Annotated[str, typer.Option(help="What to train.", metavar="NAME")] = "best",
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 7,
    seeds: Annotated[
        int, typer.Option(min=1, help="Train so often, with this seed and those after it.")
    ] = 1,
    out: Annotated[
        Path, typer.Option(help="Report; a page of the same name in .html beside it.")
    ] = Path("quality.json"),
) -> None:
    """Train a preset and the baselines on a file and measure all by the same held-out targets."""
    from jobs.benchmark.quality.run import measure_quality  # noqa: PLC0415 - scipy takes a second
    from training.benchmark.protocols.protocols import PROTOCOLS  # noqa: PLC0415
    from training.benchmark.run import Request  # noqa: PLC0415

    if protocol not in PROTOCOLS:
        raise SettingsError(
            f"there is no protocol {protocol!r}; choose one of: {', '.join(PROTOCOLS)}"
        )
    request = Request(
        protocol=protocol, data=data, attributes=attributes, preset=preset, seed=seed, seeds=seeds
    )
    with StageProgress() as progress:
        report = measure_quality(settings_of(context), request, out, progress.update)
    console.print(_table(report))
    console.print(f"{report['users']:,} users, {report['seconds/total']:.0f} s in all")
    if seeds > 1:
        apart = "/".join(f"{report[f'{m}/deviation']:.4f}" for m in ("hr@10", "ndcg@10"))
        console.print(f"{preset}: mean of {seeds} seeds, standard deviation {apart}")
    console.print(f"report in {out}, page in {out.with_suffix('.html')}")
    console.print(f"MLflow run {report['mlflow/run']}")


def _table(report: dict[str, Any]) -> Table:
    """Lay the preset and the baselines out, HR@10 / NDCG@10."""
    from jobs.benchmark.quality.page import rankers  # noqa: PLC0415

    groups = [group for group in ("", "unseen/", "seen/") if f"{group}hr@10" in report]
    names = {"": "all", "unseen/": "unseen", "seen/": "seen"}
    table = Table("HR@10/NDCG@10", *(names[group] for group in groups), "coverage")
    for name, prefix in rankers(report).items():
        pairs = [
            "/".join(f"{report[f'{prefix}{group}{m}']:.4f}" for m in ("hr@10", "ndcg@10"))
            for group in groups
        ]
        table.add_row(name, *pairs, f"{report[f'{prefix}coverage']:.1%}")
    return table
