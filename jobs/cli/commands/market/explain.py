"""careerstream explain: a past list made again, its rules, and what would change it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import Group

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.tables import Table
from jobs.runtime.terminal import Paragraph, console
from streaming.errors import CareerstreamError
from streaming.privacy.access_log import record_access

SHOWN = 3
"""Changes of the same size that are shown."""
_ID_LENGTH = 12
"""Characters of a hash that are shown."""

Result = Mapping[str, Any]
"""What the command prints as JSON."""


def explain(
    context: typer.Context,
    recommendation_id: Annotated[
        str, typer.Argument(help="recommendation_id of a published list.")
    ],
    without: Annotated[
        str | None,
        typer.Option(help="Also make the list without this event.", metavar="EVENT_ID"),
    ] = None,
    why_not: Annotated[
        str | None,
        typer.Option(
            help="Also say why this posting is not in the list, and what would bring it in.",
            metavar="POSTING_ID",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a past list again from the recorded versions, compare the bytes, and explain it.

    The profile, model and catalogue are those that the list was made from. A list that comes out
    otherwise is an error.
    """
    from jobs.explaining.explain import Questions  # noqa: PLC0415 - pyspark takes a second to load
    from jobs.explaining.explain import explain as answer  # noqa: PLC0415

    settings, questions = settings_of(context), Questions(without=without, why_not=why_not)
    questions.check()
    with spark_session(settings, "explain") as spark, console.status("making the list again"):
        result = answer(spark, settings, recommendation_id, questions)
    record_access(settings, "explain", [result["recommendation"]["candidate_id"]])
    if as_json:
        print_json(result)
    else:
        console.print(Group(*explanation(result)))
    if not result["replay"]["identical"]:
        raise CareerstreamError(
            f"recommendation {recommendation_id} comes out otherwise now: "
            f"{result['replay']['differences'][0]}; other code or settings made it"
        )


def explanation(result: Result) -> Iterator[Table | Paragraph]:
    """Lay out an explanation."""
    compared = result["replay"]
    yield place_table(result)
    if result["recommendation"].get("shuffle", {}).get("shuffled"):
        yield Paragraph(
            "shuffled within its first ten; places below are those of the model's order"
        )
    if compared["identical"]:
        digest = compared["recorded_sha256"][:_ID_LENGTH]
        yield Paragraph(f"identical: {compared['bytes']:,} bytes of canonical JSON, {digest}…")
    else:
        yield Paragraph("made again, it differs from what was recorded:")
        yield from (Paragraph(f"  {text}") for text in compared["differences"])
    yield left_out_table(result["left_out"])
    if "without" in result:
        yield moved_table(result["without"])
    if "why_not" in result:
        yield from why_not_texts(result["why_not"])


def place_table(result: Result) -> Table:
    """Lay out the list, with everything that is known of each place."""
    made = result["recommendation"]
    versions = f"{made['model_name']} {made['model_version']}, catalogue"
    table = Table(
        *("#", "posting", "title", "why"),
        whole=("posting",),
        title=f"{made['candidate_id']}, profile version {made['profile_version']}",
        caption=f"{versions} {made['catalogue_version']}, as of {made['as_of']}",
    )
    for item in result["places"]:
        title = "\n".join(filter(None, (item["title"] or "-", item["employer"])))
        table.add_row(str(item["rank"]), item["posting_id"], title, "\n".join(_why(item)))
    return table


def left_out_table(rows: list[dict[str, Any]]) -> Table:
    """Lay out the rules and how many postings each leaves out."""
    table = Table("left out by", "because", "postings", "for instance")
    for row in rows:
        examples = "\n".join(row["examples"]) or "-"
        table.add_row(row["rule"], row["meaning"], f"{row['postings']:,}", examples)
    return table


def moved_table(result: Result) -> Table:
    """Lay out the list without an event beside the list as it was."""
    as_of = result["recommendation"]["as_of"]
    table = Table(
        *("before", "without", "posting", "title", "moved"),
        whole=("posting",),
        title=f"without event {result['event_id']}",
        caption=f"as of {as_of}",
    )
    for row in result["places"]:
        before, after = row["before"], row["after"]
        cells = (str(before or "-"), str(after or "-"), row["posting_id"], row["title"] or "-")
        table.add_row(*cells, _moved(before, after))
    return table


def why_not_texts(result: Result) -> Iterator[Paragraph]:
    """Say why a posting is not in the list, and what would bring it in."""
    name = f"{result['posting_id']}, {result['title'] or '-'}, {result['employer'] or '-'}"
    if not result["rules"]:
        yield Paragraph(f"{name}: in the list, at place {result['place']}")
        return
    rules = "; ".join(f"{one['rule']}: {one['meaning']}" for one in result["rules"])
    yield Paragraph(f"{name}: {rules}")
    if result["place"]:
        last = "" if result["last_score"] is None else f", the last listed {result['last_score']:g}"
        yield Paragraph(
            f"  In a longer list it has place {result['place']}. Its score is "
            f"{result['score']:g}{last}."
        )
    if result["search"] is None:
        yield Paragraph(f"  No change was tried: {result['not_searched']}.")
        return
    tried, smallest = result["search"]["tried"], result["search"]["smallest"]
    if not smallest:
        yield Paragraph(f"  None of {tried} changed profiles brings it in.")
    for one in smallest[:SHOWN]:
        changes = " and ".join(one["changes"])
        yield Paragraph(f"  With this change it comes to place {one['place']}: {changes}.")
    if len(smallest) > SHOWN:
        yield Paragraph(f"  {len(smallest) - SHOWN} more of {tried} changed profiles do it, too.")


def _why(item: Result) -> Iterator[str]:
    yield from (reason["text"] for reason in item["reasons"])
    source = f", retrieved by {item['source']}" if item.get("source") else ""
    chance = item.get("probability")
    turn = "" if chance is None else f", {chance:.1%} probable as next turn"
    yield f"score {item['score']:.3f}{source}{turn}"


def _moved(before: int | None, after: int | None) -> str:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    return f"{before - after:+}" if before != after else ""
