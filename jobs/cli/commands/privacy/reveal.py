"""careerstream reveal: the pseudonyms of ids that somebody brings."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.errors import InputError, SettingsError
from streaming.privacy.access_log import record_access
from streaming.privacy.pseudonyms import pseudonyms_of


def reveal(
    context: typer.Context,
    ids: Annotated[Path, typer.Option("--ids", help="File with an id of a candidate a line.")],
    as_json: Json = False,
) -> None:
    """Show under which pseudonym each of your ids stands behind `events` and `candidates`."""
    settings = settings_of(context)
    pseudonyms = pseudonyms_of(settings.privacy)
    if pseudonyms is None:
        raise SettingsError(
            'privacy.pseudonyms is "no", so ids stand as they are and nothing needs revealing'
        )
    try:
        lines = ids.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{ids} cannot be read: {error}") from error
    known = {one: pseudonyms.of(one) for line in lines if (one := line.strip())}
    record_access(settings, "reveal", known)
    if as_json:
        rows = [{"candidate_id": own, "pseudonym": name} for own, name in known.items()]
        print_json(rows)
        return
    table = Table("candidate", "pseudonym", whole=("candidate", "pseudonym"))
    for own, name in known.items():
        table.add_row(own, name)
    console.print(table)
