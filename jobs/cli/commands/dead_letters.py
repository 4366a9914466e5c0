"""careerstream dead-letters: what could not be read, and the way back."""

import json
import sys
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from jobs.cli.commands.invocation import settings_of
from jobs.runtime.terminal import console
from streaming.errors import InputError
from streaming.timestamps import from_text

app = typer.Typer(no_args_is_help=True, help="What could not be read, and the way back.")

Reason = Annotated[str | None, typer.Option(help="Only those with this reason code.")]
Source = Annotated[str | None, typer.Option("--topic", help="Only those from this topic.")]
Since = Annotated[
    str | None, typer.Option(help="Only those that became dead letters from then on.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SHOWN_CHARACTERS = 4_000
"""Of a value on the terminal; --raw and --json give all of it."""


@app.command("list")
def list_letters(
    context: typer.Context,
    reason: Reason = None,
    topic: Source = None,
    since: Since = None,
    newest: Annotated[int, typer.Option(min=0, help="How many of the newest to list.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Count dead letters by reason, topic and job, and list the newest ones."""
    from jobs.operations.dead_letter_browser import Choice, summary  # noqa: PLC0415 - pyspark takes a second to load

    choice = Choice(reason=reason, topic=topic, since=_moment(since))
    found = summary(settings_of(context).kafka, choice, newest)
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    console.print(_counts(found))
    if found["newest"]:
        console.print(_newest(found["newest"]))


@app.command()
def show(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="topic/partition/offset, as `list` shows it.")],
    raw: Annotated[
        bool, typer.Option("--raw", help="Print the original bytes and nothing else.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a dead letter: its headers, and its bytes read as far as possible."""
    from jobs.operations.dead_letter_browser import decoded, find  # noqa: PLC0415

    letter, value = find(settings_of(context).kafka, key)
    if raw:
        sys.stdout.buffer.write(value or b"")
        return
    read = decoded(value, letter.topic)
    if as_json:
        told = letter.shown() | {"is": read.stage, "faults": read.faults, "value": read.value}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    table = Table("header", "value", show_header=False)
    for name, said in letter.shown().items():
        table.add_row(name, _harmless("-" if said is None else str(said)))
    table.add_row("read as", read.stage)
    table.add_row("not more, because", _harmless("\n".join(read.faults)) or "-")
    console.print(table)
    console.print(_text(read.value), highlight=False)


@app.command("replay")
def replay_letters(
    context: typer.Context,
    keys: Annotated[
        list[str] | None, typer.Argument(help="These only; default: all that match.")
    ] = None,
    reason: Reason = None,
    topic: Source = None,
    since: Since = None,
    attempts: Annotated[
        int,
        typer.Option(min=1, help="How often one content may be replayed in all, if it comes back."),
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send dead letters to the topics they came from again; a second time changes nothing."""
    from jobs.operations import dead_letter_replay  # noqa: PLC0415
    from jobs.operations.dead_letter_browser import Choice  # noqa: PLC0415

    choice = Choice(
        keys=frozenset(keys or ()), reason=reason, topic=topic, since=_moment(since)
    )  # fmt: skip
    with console.status("reading the dead letters") as status:
        verdicts = dead_letter_replay.replay(
            settings_of(context),
            choice,
            attempts=attempts,
            dry_run=dry_run,
            on_read=lambda n: status.update(f"looking for earlier replays: {n:,} messages read"),
            on_sent=lambda n: status.update(f"replayed {n:,}"),
        )
    counts = dead_letter_replay.counts(verdicts)
    if as_json:
        report = {"dry_run": dry_run, "counts": counts, "letters": dict(sorted(verdicts.items()))}
        typer.echo(json.dumps(report, indent=2))
        return
    sent = counts.pop(dead_letter_replay.Verdict.REPLAY.value)
    console.print(f"{'would replay' if dry_run else 'replayed'} {sent:,} of {len(verdicts):,}")
    for verdict, count in counts.items():
        if count:
            console.print(f"  {verdict}: {count:,}")


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else from_text(text)
    except ValueError as error:
        raise InputError(f"--since {text} is no time; write it as 2026-01-31T09:30:00Z") from error


def _counts(found: dict[str, Any]) -> Table:
    table = Table("reason", "topic", "job", "letters", title=f"{found['letters']:,} dead letters")
    table.columns[-1].justify = "right"
    for row in found["counts"]:
        table.add_row(row["reason"], row["topic"], row["job"], f"{row['letters']:,}")
    return table


def _newest(rows: list[dict[str, Any]]) -> Table:
    table = Table("key", "since", "reason", "why", "bytes", title="the newest")
    table.columns[-1].justify = "right"
    for row in rows:
        size = "null" if row["size"] is None else f"{row['size']:,}"
        table.add_row(row["key"], row["at"][:19], row["reason"], _harmless(row["text"]), size)
    return table


def _text(value: Any) -> str:
    if value is None:
        return "null"
    said = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    more = len(said) - SHOWN_CHARACTERS
    tail = f" ... and {more:,} characters more" if more > 0 else ""
    return _harmless(said[:SHOWN_CHARACTERS]) + tail


def _harmless(text: str) -> str:
    """Spell out what would steer a terminal: the bytes come from anywhere."""
    return escape("".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text))
