"""careerstream benchmark plans: plans of courses against greedy set cover."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.commands.invocation import Json, print_json
from jobs.runtime.progress import StageProgress
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console


def plans(
    courses: Annotated[
        Path,
        typer.Option(
            help="JSON: courses, what they require and what one acquires.", metavar="FILE"
        ),
    ],
    resumes: Annotated[
        Path, typer.Option(help="JSON: people, and the skills that they have.", metavar="FILE")
    ],
    skills: Annotated[
        Path, typer.Option(help="CSV with the column unique_id: all skills.", metavar="FILE")
    ],
    goals: Annotated[int, typer.Option(min=1, help="Goals of each person and kind.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the goals.")] = 7,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("plans.json"),
    as_json: Json = False,
) -> None:
    """Plan courses from what people have to what others have; compare with greedy set cover."""
    from training.benchmark.course_plans import GOALS, measure_plans, read_questions  # noqa: PLC0415

    questions = read_questions(courses, resumes, skills)
    with StageProgress() as progress:
        report = measure_plans(questions, goals=goals, seed=seed, on_progress=progress.show)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(report)
        return
    table = Table("", *GOALS)
    for label, text in _ROWS.items():
        table.add_row(label, *(text.format(**_values(report, kind)) for kind in GOALS))
    console.print(table)
    console.print(
        f"{report['people']:,} people, {report['courses']:,} courses; levels include the lower"
        " ones, unknown counts as beginner"
    )
    if report["unnamed"]:
        console.print(f"{report['unnamed']:,} skills are not in {skills.name}")
    console.print(f"report in {out}")


_ROWS = {
    "plans": "{plans:,}",
    "plans whose needs are met": "{needs_met:.1%}",
    "missing skills of a goal": "{missing:.1f}",
    "coverable ones": "{coverable:.1f}",
    "covered of those": "{covered:.3f}",
    "courses of a plan": "{courses:.2f}",
    "of greedy set cover": "{greedy:.2f}",
    "fewer, equal, more than greedy": "{fewer:,}, {equal:,}, {more:,}",
    "seconds (99th percentile)": "{seconds:.2f} ({slowest:.2f})",
}


def _values(report: dict[str, Any], kind: str) -> dict[str, Any]:
    prefix = f"{kind}/"
    return {
        key.removeprefix(prefix).replace(" ", "_"): value
        for key, value in report.items()
        if key.startswith(prefix)
    }
