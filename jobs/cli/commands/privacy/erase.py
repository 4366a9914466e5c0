"""careerstream erase and receipt: people removed everywhere, and the signed proof of it."""

from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.errors import InputError


class Models(StrEnum):
    """What becomes of models that were trained on somebody who is erased."""

    KEEP = "keep"
    RETIRE = "retire"


def erase(
    context: typer.Context,
    candidates: Annotated[list[str], typer.Argument(help="Ids of candidates.")],
    receipt: Annotated[
        Path | None, typer.Option("--receipt", help="Write the signed receipt to this file.")
    ] = None,
    models: Annotated[
        Models,
        typer.Option(help="Models that were trained on them: name them, or train anew and delete."),
    ] = Models.KEEP,
    as_json: Json = False,
) -> None:
    """Erase candidates everywhere. It waits for nothing; the receipt says what stays until when."""
    from jobs.privacy import erase as erasing  # noqa: PLC0415 - pyspark takes a second to load
    from jobs.privacy.receipt import sign, write_receipt  # noqa: PLC0415

    settings = settings_of(context)
    with ExitStack() as stack, console.status("erasing") as status:
        signed = sign(
            settings,
            erasing.erase(
                lambda: stack.enter_context(spark_session(settings, "erase")),
                settings,
                candidates,
                "retire" if models is Models.RETIRE else "keep",
                status.update,
            ),
        )
    if receipt is not None:
        write_receipt(receipt, signed)
    if as_json:
        print_json(signed)
        return
    _print_receipt(signed["receipt"])


def show_receipt(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A receipt of `careerstream erase`.")],
    key: Annotated[
        Path | None, typer.Option("--key", help="Public Ed25519 key (PEM) that must have signed.")
    ] = None,
    candidate: Annotated[
        str | None, typer.Option("--candidate", help="Check that it is about this candidate.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the signature of a receipt, and print it."""
    from jobs.privacy.receipt import concerns, read_receipt  # noqa: PLC0415

    del context
    receipt = read_receipt(file, key)
    if candidate is not None and not concerns(receipt, candidate):
        raise InputError(f"{file} is not about candidate {candidate}")
    if as_json:
        print_json(receipt)
        return
    console.print(f"the signature of {file} is right")
    _print_receipt(receipt)


def _print_receipt(receipt: dict[str, Any]) -> None:
    table = Table("place", "found", "stays until", "because", title=receipt["erased_at"])
    for row in receipt["places"]:
        if row["found"]:
            because = row.get("stays_because") or row["removed"]
            until = row.get("stays_until") or ("-" if "stays_because" not in row else "no date")
            table.add_row(row["place"], f"{row['found']:,}", until[:10], because)
    console.print(table)
    for model in receipt["models"]:
        name = f"model {model['model']} version {model['version']}"
        console.print(f"{name} was trained on them; it was {model['became']}")
