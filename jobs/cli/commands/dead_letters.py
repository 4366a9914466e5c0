"""careerstream dead-letters: list, show and replay messages that could not be read."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs.cli.commands.invocation import (
    Json,
    print_json,
    settings_of,
    spark_session,
    time_of_flag,
)
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console, json_text
from streaming.privacy.pseudonyms import pseudonyms_of
from streaming.settings import Settings

app = typer.Typer(no_args_is_help=True, help="List, show and replay unreadable messages.")

Reason = Annotated[str | None, typer.Option(help="Select dead letters with this reason code.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Select dead letters from this topic.")]
Since = Annotated[
    str | None,
    typer.Option(help="Select messages that became dead letters at this time or later."),
]
MAX_CHARACTERS = 4_000
"""Of a value on the terminal. --raw and --json print all of it."""


@app.command("list")
def list_dead_letters(
    context: typer.Context,
    reason: Reason = None,
    topic: Topic = None,
    since: Since = None,
    newest: Annotated[int, typer.Option(min=0, help="Number of dead letters to list.")] = 10,
    as_json: Json = False,
) -> None:
    """Count dead letters by reason, topic and job, and list the newest ones."""
    from jobs.operations.dead_letter_browser import DeadLetterFilter, summarize  # noqa: PLC0415 - pyspark takes a second to load

    selection = DeadLetterFilter(reason=reason, topic=topic, since=time_of_flag("--since", since))
    settings = settings_of(context)
    summary = summarize(settings.kafka, selection, newest, pseudonyms_of(settings.privacy))
    if as_json:
        print_json(summary)
        return
    console.print(_counts_table(summary))
    if summary["newest"]:
        console.print(_newest_table(summary["newest"]))


@app.command()
def show(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="topic/partition/offset, as `list` shows it.")],
    raw: Annotated[
        bool, typer.Option("--raw", help="Print the original bytes and nothing else.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the headers of a dead letter, and its bytes decoded as far as possible."""
    from jobs.operations.dead_letter_browser import decode_value, find_dead_letter  # noqa: PLC0415

    settings = settings_of(context)
    letter, value = find_dead_letter(settings.kafka, key, pseudonyms_of(settings.privacy))
    if raw:
        sys.stdout.buffer.write(value or b"")
        return
    decoded = decode_value(value, letter.topic)
    if as_json:
        fields = {"is": decoded.stage, "faults": decoded.problems, "value": decoded.value}
        print_json(letter.to_dict() | fields)
        return
    headers = letter.to_dict() | {"read as": decoded.stage}
    for name, content in headers.items():
        console.print(f"{name}: {'-' if content is None else content}")
    console.print(f"not more, because: {'; '.join(decoded.problems) or '-'}")
    console.print(_value_text(decoded.value))


@app.command("replay")
def replay_dead_letters(
    context: typer.Context,
    keys: Annotated[
        list[str] | None, typer.Argument(help="Keys of dead letters. Default: all selected.")
    ] = None,
    reason: Reason = None,
    topic: Topic = None,
    since: Since = None,
    attempts: Annotated[
        int,
        typer.Option(
            min=1, help="How often to replay the same content if it becomes a dead letter again."
        ),
    ] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing; print what would be sent.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Send dead letters to their original topics again. A second run changes nothing."""
    from jobs.operations import dead_letter_replay  # noqa: PLC0415
    from jobs.operations.dead_letter_browser import DeadLetterFilter  # noqa: PLC0415

    selection = DeadLetterFilter(
        keys=frozenset(keys or ()), reason=reason, topic=topic, since=time_of_flag("--since", since)
    )
    with console.status("reading the dead letters") as status:
        outcomes = dead_letter_replay.replay(
            settings_of(context),
            selection,
            attempts=attempts,
            dry_run=dry_run,
            on_read=lambda n: status.update(f"looking for earlier replays: {n:,} messages read"),
            on_sent=lambda n: status.update(f"replayed {n:,}"),
            read_fences=lambda: _fences(settings_of(context)),
        )
    counts = dead_letter_replay.count_outcomes(outcomes)
    if as_json:
        report = {"dry_run": dry_run, "counts": counts, "letters": dict(sorted(outcomes.items()))}
        print_json(report)
        return
    sent = counts.pop(dead_letter_replay.ReplayOutcome.REPLAY.value)
    console.print(f"{'would replay' if dry_run else 'replayed'} {sent:,} of {len(outcomes):,}")
    for outcome, count in counts.items():
        if count:
            console.print(f"  {outcome}: {count:,}")


def _fences(settings: Settings) -> dict[tuple[str, str], int]:
    """Return the offset of each fence of Δ erasures by topic and candidate."""
    from streaming.lake import erasures, tables  # noqa: PLC0415 - pyspark takes a second to load
    from streaming.spark.configuration import is_folder  # noqa: PLC0415

    path = tables.ERASURES.path(settings)
    if is_folder(path) and not Path(path).is_dir():
        return {}
    with spark_session(settings, "dead-letters") as spark:
        fences = erasures.read_fences(spark, settings)
    return {(fence.topic, fence.candidate_id): fence.offset for fence in fences}


def _counts_table(summary: dict[str, Any]) -> Table:
    table = Table(
        "reason", "topic", "job", "letters", whole=("topic",),
        title=f"{summary['letters']:,} dead letters",
    )  # fmt: skip
    table.columns[-1].justify = "right"
    for row in summary["counts"]:
        table.add_row(row["reason"], row["topic"], row["job"], f"{row['letters']:,}")
    return table


def _newest_table(letters: list[dict[str, Any]]) -> Table:
    table = Table("key", "since", "reason", "why", "bytes", whole=("key",), title="the newest")
    table.columns[-1].justify = "right"
    for letter in letters:
        size = "null" if letter["size"] is None else f"{letter['size']:,}"
        table.add_row(letter["key"], letter["at"][:19], letter["reason"], letter["text"], size)
    return table


def _value_text(value: Any) -> str:
    if value is None:
        return "null"
    text = value if isinstance(value, str) else json_text(value)
    more = len(text) - MAX_CHARACTERS
    tail = f" ... and {more:,} characters more" if more > 0 else ""
    return text[:MAX_CHARACTERS] + tail
