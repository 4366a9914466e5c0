"""careerstream retention: people of whom nothing came for long are erased."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.errors import InputError
from streaming.timestamps import format_timestamp

_SHOWN = 10


def retention(
    context: typer.Context,
    idle_days: Annotated[
        float | None,
        typer.Option(min=0.001, help="Days of event time. Default: privacy.idle_days."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Erase them; without it nothing changes.")
    ] = False,
    receipt: Annotated[
        Path | None, typer.Option("--receipt", help="Write the signed receipt to this file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the people of whom nothing came for so long; with --apply they are erased."""
    from jobs.privacy.retention import idle_people  # noqa: PLC0415 - the Kafka client takes time to load

    settings = settings_of(context)
    days = settings.privacy.idle_days if idle_days is None else idle_days
    if days is None:
        raise InputError(
            "say after how many days: --idle-days 365, or the setting privacy.idle_days"
        )
    with console.status("reading the topic"):
        found = idle_people(settings, days)
    chosen = list(found.last_seen)
    erased = bool(apply and chosen)
    if erased:
        from jobs.privacy import erase as erasing  # noqa: PLC0415 - pyspark takes a second to load
        from jobs.privacy.receipt import sign, write_receipt  # noqa: PLC0415

        with ExitStack() as stack, console.status("erasing") as status:
            made = erasing.erase(
                lambda: stack.enter_context(spark_session(settings, "retention")),
                settings,
                chosen,
                "keep",
                status.update,
            )
            signed = sign(settings, made)
        if receipt is not None:
            write_receipt(receipt, signed)
    if as_json:
        last_seen = {who: format_timestamp(at) for who, at in found.last_seen.items()}
        print_json({"people": found.people, "idle": last_seen, "erased": erased})
        return
    console.print(
        f"{len(chosen):,} of {found.people:,} people were idle for {days:g} days of event time"
    )
    if erased:
        console.print("they are erased; the stream forgets them as soon as it reads the fences")
        return
    table = Table("candidate", "last seen", whole=("candidate",))
    for who, at in list(found.last_seen.items())[:_SHOWN]:
        table.add_row(who, format_timestamp(at))
    if chosen:
        console.print(table)
        console.print("nothing was changed; `careerstream retention --apply` erases them")
