"""careerstream audit-log: who asked for personal data, and whether that log is whole.

It is not called `audit verify`, because `careerstream audit` measures fairness.
"""

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.privacy.access_log import verify_chains

app = typer.Typer(no_args_is_help=True, help="The log of who asked for personal data.")


@app.callback()
def audit_log() -> None:
    """Check the log of who asked for personal data."""


@app.command()
def verify(context: typer.Context, as_json: Json = False) -> None:
    """Check the hash chain of each writer. Keep the last hashes elsewhere to notice a cut end."""
    chains = list(verify_chains(settings_of(context)))
    if as_json:
        print_json([{"writer": c.writer, "lines": c.lines, "last": c.last} for c in chains])
        return
    table = Table("writer", "lines", "last hash", whole=("last hash",), title="whole")
    for chain in chains:
        table.add_row(chain.writer, f"{chain.lines:,}", chain.last)
    console.print(table)
