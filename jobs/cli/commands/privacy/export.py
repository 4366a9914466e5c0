"""careerstream export: everything about a person, for that person."""

from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console, json_text
from streaming.privacy.access_log import record_access


def export(
    context: typer.Context,
    candidate: Annotated[str, typer.Argument(help="Candidate id.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write the JSON to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Collect everything about a candidate as JSON: topics, tables, state, files, models."""
    from jobs.privacy import export as exporting  # noqa: PLC0415 - pyspark takes a second to load

    settings = settings_of(context)
    record_access(settings, "export", [candidate])
    with spark_session(settings, "export") as spark, console.status("searching"):
        document = exporting.export(spark, settings, candidate)
    if out is not None:
        out.touch(mode=0o600)
        out.write_text(json_text(document, indent=2) + "\n", encoding="utf-8")
    if as_json or out is None:
        print_json(document)
        return
    console.print(_counts(document))


def _counts(document: dict[str, Any]) -> Table:
    table = Table("place", "found", title=document["candidate_id"])
    table.columns[-1].justify = "right"
    for kind, parts in (("topic", document["messages"]), ("table", document["rows"])):
        for name, found in parts.items():
            table.add_row(f"{kind} {name}", f"{len(found):,}")
    for name in ("dead_letters", "state", "files", "models"):
        table.add_row(name.replace("_", " "), f"{len(document[name]):,}")
    return table
