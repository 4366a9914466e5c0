"""careerstream parity: one round of the job parity."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.tables import Table
from jobs.runtime.terminal import Paragraph, console
from streaming.errors import CareerstreamError, InputError
from streaming.privacy.access_log import record_access

if TYPE_CHECKING:
    from jobs.parity.outcome import Outcome

SHOWN = 5
"""Differences of each kind that are printed."""


def parity(
    context: typer.Context,
    sample: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="Of each kind. Default: the setting parity.sample."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare a sample of what is served with what is recorded; any difference is an error.

    It compares profiles on their topic with the fold of the lake, lists with those that the
    recorded model makes again, and what training makes of history with what the stream knew. Each
    call draws anew.
    """
    from jobs.parity.rounds import JOB, run_round  # noqa: PLC0415 - pyspark takes a second to load

    settings = settings_of(context)
    if sample is not None:
        chosen = settings.parity.model_copy(update={"sample": sample})
        settings = settings.model_copy(update={"parity": chosen})
    number = int(time.time())
    with spark_session(settings, JOB) as spark, console.status("comparing"):
        outcomes = run_round(spark, settings, number)
    if not any(one.drawn for one in outcomes):
        raise InputError(
            "there is nothing to compare: topic profiles, Δ decisions and Δ events are empty; "
            "`careerstream up` fills them"
        )
    differences = [each for one in outcomes for each in one.differences]
    if differences:
        named = dict.fromkeys(each.candidate_id for each in differences)
        record_access(settings, JOB, named)
    if as_json:
        print_json({"round": number, "kinds": [one.report() for one in outcomes]})
    else:
        _print(outcomes)
    if differences:
        raise CareerstreamError(f"{len(differences)} differ; the first: {differences[0].text}")


def _print(outcomes: "list[Outcome]") -> None:
    table = Table("compared", "equal", "different", "not compared", whole=("compared",))
    for one in outcomes:
        apart = "\n".join(f"{count:,} {reason}" for reason, count in sorted(one.apart.items()))
        compared = f"{one.compared:,} {one.kind}"
        table.add_row(compared, f"{one.equal:,}", f"{len(one.differences):,}", apart or "-")
    console.print(table)
    for one in outcomes:
        for each in one.differences[:SHOWN]:
            console.print(Paragraph(each.text))
        if len(one.differences) > SHOWN:
            console.print(f"{len(one.differences) - SHOWN:,} more {one.kind} differ")
