"""careerstream topics: the interfaces between jobs."""

import json
from typing import Annotated

import typer
from rich.table import Table

from jobs.cli.commands.invocation import settings_of
from jobs.runtime.terminal import console

app = typer.Typer(no_args_is_help=True, help="The topics: the interfaces between jobs.")


@app.command()
def create(context: typer.Context) -> None:
    """Create the topics that do not exist yet; say where an existing one differs."""
    from infra.broker import provisioning  # noqa: PLC0415

    done = provisioning.create(settings_of(context).kafka)
    console.print(f"created: {', '.join(done.created) or 'none'}")
    console.print(f"there already: {', '.join(done.existing) or 'none'}")
    for difference in done.differences:
        console.print(f"[yellow]{difference}[/]")


@app.command("list")
def list_topics(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the topics with their partitions, messages and differences from the contract."""
    from infra.broker import provisioning  # noqa: PLC0415

    states = provisioning.states(settings_of(context).kafka)
    if as_json:
        rows = [
            {
                "topic": s.topic,
                "exists": s.exists,
                "partitions": s.partitions,
                "messages": s.messages,
                "config": s.config,
            }
            for s in states
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("topic", "partitions", "messages", "differs from the contract")
    for state in states:
        if state.exists:
            differences = "; ".join(str(difference) for difference in state.differences)
            table.add_row(state.topic, str(state.partitions), f"{state.messages:,}", differences)
        else:
            table.add_row(state.topic, "-", "-", "missing: `careerstream topics create`")
    console.print(table)
