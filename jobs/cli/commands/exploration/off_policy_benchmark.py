"""careerstream benchmark off-policy: re-ranking policies, estimated and really run."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json
from jobs.runtime.progress import StageProgress
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console


def off_policy(
    lists: Annotated[int, typer.Option(min=100, help="Shuffled ones, of each market.")] = 4_000,
    visits: Annotated[int, typer.Option(min=100, help="With each policy, when it runs.")] = 40_000,
    markets: Annotated[int, typer.Option(min=1, help="Simulated ones.")] = 5,
    candidates: Annotated[int, typer.Option(min=1, help="Of each market.")] = 2_000,
    postings: Annotated[int, typer.Option(min=100, help="Of each market.")] = 3_000,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("off-policy.json"),
    as_json: Json = False,
) -> None:
    """Estimate 20 re-ranking policies from shuffled lists, and run them in simulated markets."""
    from jobs.benchmark.reranking import OffPolicyPlan, measure_off_policy  # noqa: PLC0415 - torch takes seconds to load

    plan = OffPolicyPlan(
        lists=lists, visits=visits, markets=markets, candidates=candidates, postings=postings
    )
    with StageProgress() as progress:
        report = measure_off_policy(plan, progress.show)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(report)
        return
    table = Table("visitors", "click model", "rank correlation", "least", "error", "true range")
    for way in report["ways"]:
        low, high = way["true_range"]
        cells = (f"{way[name]:.3f}" for name in ("rank_correlation", "least", "error"))
        table.add_row(way["visitors"], way["click_model"], *cells, f"{low:.2f} to {high:.2f}")
    console.print(table)
    table = Table("visitors", "clicks a list in the site's order", "shuffled")
    for row in report["cost"]:
        table.add_row(row["visitors"], f"{row['in_order']:.3f}", f"{row['shuffled']:.3f}")
    console.print(table)
    table = Table("training by clicks", "agrees with liking", "clicks a list")
    for row in report["training"]:
        table.add_row(
            f"{row['visitors']}, {row['weights']}",
            f"{row['agreement']:.4f}",
            f"{row['clicks']:.4f}",
        )
    console.print(table)
    console.print(
        f"{report['policies']} policies, {plan.markets} markets, {plan.lists:,} shuffled lists and "
        f"{plan.visits:,} visits of each; report in {out}"
    )
