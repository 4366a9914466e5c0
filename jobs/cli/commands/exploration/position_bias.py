"""careerstream position-bias: how much a place in a list counts, from shuffled lists."""

from typing import Annotated

import typer

from jobs.cli.commands.invocation import (
    Json,
    print_json,
    settings_of,
    spark_session,
    time_of_flag,
)
from jobs.runtime.tables import Table
from jobs.runtime.terminal import Paragraph, console
from streaming.timestamps import format_timestamp


def position_bias(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Lists whose as_of is not earlier.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Estimate from shuffled lists how likely each place is looked at, and what shuffling costs."""
    from jobs.rollouts import shuffled_lists  # noqa: PLC0415 - pyspark takes a second to load

    settings, moment = settings_of(context), time_of_flag("--since", since)
    earliest = None if moment is None else format_timestamp(moment)
    with console.status("starting Spark"), spark_session(settings, "position-bias") as spark:
        lists = shuffled_lists.read_published_lists(spark, settings, earliest)
    found = shuffled_lists.position_bias(lists)
    if as_json:
        print_json(found)
        return
    table = Table("place", "clicks", "looked at, against the first")
    for place, (clicks, one) in enumerate(
        zip(found.clicks, found.examination, strict=True), start=1
    ):
        table.add_row(
            str(place), f"{clicks:,}", f"{one.estimate:.2f} [{one.low:.2f}, {one.high:.2f}]"
        )
    console.print(table)
    values = {
        "shuffled": found.shuffled,
        "the model's order, estimated from them": found.estimated,
        "the model's order, measured": found.measured,
    }
    table = Table("clicks a list", "")
    for name, value in values.items():
        text = "-" if value is None else f"{value.estimate:.3f} [{value.low:.3f}, {value.high:.3f}]"
        table.add_row(name, text)
    console.print(table)
    text = f"{found.lists:,} shuffled lists of {found.candidates:,} people"
    shorter = f"; {found.left_out:,} with fewer items are left out" if found.left_out else ""
    console.print(Paragraph(text + shorter))
