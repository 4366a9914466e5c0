"""careerstream doctor and settings: this machine, and the settings in force."""

from operator import attrgetter
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from jobs.cli.commands.invocation import Json, print_json, settings_of
from jobs.runtime.tables import Table
from jobs.runtime.terminal import Paragraph, console, styled
from streaming import settings as settings_module
from streaming.errors import MissingDependencyError


def doctor(
    context: typer.Context,
    install: Annotated[bool, typer.Option(help="Download missing parts where possible.")] = False,
    as_json: Json = False,
) -> None:
    """Check what is installed, and how to get what is missing; exit code 3 if a needed part is."""
    from infra.setup import doctor as infra_doctor  # noqa: PLC0415

    if install:
        console.print(infra_doctor.install())
    checks = infra_doctor.checks(settings_of(context))
    if as_json:
        print_json(checks)
    for check in () if as_json else checks:
        mark, colour = (
            ("✓", "green") if check.ok else ("✗", "red") if check.needed else ("-", "yellow")
        )
        remedy = "" if check.ok else f"; {check.remedy}"
        text = f" {check.name}: {check.found}{remedy}"
        console.print(Paragraph(styled(mark, colour), text))
    missing = [check.name for check in checks if check.needed and not check.ok]
    if missing:
        raise MissingDependencyError(f"missing: {', '.join(missing)}; the remedies stand above")


def settings(
    context: typer.Context,
    as_json: Json = False,
) -> None:
    """Show name, value and meaning of every setting. Secrets print as stars."""
    current = settings_of(context)
    if as_json:
        print_json(current)
        return
    table = Table("name", "value", "meaning", whole=("name", "value"))
    for name, field in settings_module.names().items():
        table.add_row(name, _display(attrgetter(name)(current)), field.description or "")
    console.print(table)
    console.print(
        Paragraph(
            "In a file: a TOML section per part, e.g. [kafka]. In the environment: "
            "CAREERSTREAM_KAFKA__TOPIC_PREFIX. As a flag: --set kafka.topic_prefix=...",
            indent=0,
        )
    )


def _display(value: Any) -> str:
    if value is None:
        return "-"
    return "********" if isinstance(value, SecretStr) else str(value)
