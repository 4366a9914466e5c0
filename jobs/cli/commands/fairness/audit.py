"""careerstream audit: for whom the champion's lists and matches are worse."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.terminal import console
from streaming.errors import InputError


def audit(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder of audit.json and audit.html.")],
    as_json: Json = False,
) -> None:
    """Measure the champion for every audit group: a page and a file for auditors."""
    from jobs.fairness.audit import audit as measure  # noqa: PLC0415 - torch takes seconds to load
    from jobs.fairness.page import write  # noqa: PLC0415
    from jobs.reporting.html_page import write_report  # noqa: PLC0415

    settings = settings_of(context)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out} is no folder that can be made: {error.strerror}") from error
    with spark_session(settings, "audit") as spark, console.status("measuring"):
        report = measure(spark, settings)
    write_report(report, out / "audit.json", write)
    if as_json:
        print_json(report)
        return
    told = [row for row in report["rows"] if "impact_ratio" in row]
    low = [row for row in told if row["impact_ratio"] < report["threshold"]]
    for row in low:
        ratio = f"{row['impact_ratio']:.2f}"
        console.print(f"{row['attribute']} {row['group']}: {row['figure']}, impact ratio {ratio}")
    console.print(f"{len(told):,} impact ratios, {len(low):,} below {report['threshold']:g}")
    console.print(f"page and file in {out}")
