"""The options before the command, and the Spark session of a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic_core import to_jsonable_python

from jobs.runtime.terminal import console, json_text
from streaming.errors import InputError
from streaming.importing.parsers.times import parse_time
from streaming.privacy.pseudonyms import known_as
from streaming.settings import Settings, load

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Invocation:
    """The options before the command."""

    config: Path | None
    overrides: tuple[str, ...]
    debug: bool

    @cached_property
    def settings(self) -> Settings:
        """All settings, loaded at the first access."""
        return load(self.config, self.overrides)


def invocation(context: typer.Context) -> Invocation:
    """Return the options before the command."""
    current = context.find_object(Invocation)
    if current is None:
        raise RuntimeError("the command line was not started through jobs.cli.app.main")
    return current


def settings_of(context: typer.Context) -> Settings:
    """Return the settings of this invocation."""
    return invocation(context).settings


def known_candidate(context: typer.Context, candidate: str) -> str:
    """Return under what the topics know a candidate, who is given by id or by pseudonym."""
    return known_as(settings_of(context).privacy, candidate)


def time_of_flag(flag: str, text: str | None) -> datetime | None:
    """Return the time that a flag gives, in UTC unless it says otherwise; None without the flag.

    Raises:
        InputError: the text is no time.
    """
    try:
        return None if text is None else parse_time(text)
    except ValueError as error:
        raise InputError(f"{flag}: {error}") from error


def _reserve_standard_output(context: typer.Context, chosen: bool) -> bool:
    """Send what is for people to standard error until the command ends, if `--json` was given."""
    if chosen:
        context.with_resource(console.on_standard_error())
    return chosen


Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the result as one JSON document, and nothing else on standard output.",
        callback=_reserve_standard_output,
    ),
]
"""The option `--json` of every command that has a result."""


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print the result of a command as JSON; without `indent` in one line."""
    typer.echo(json_text(to_jsonable_python(value), indent=indent))


@contextmanager
def spark_session(
    settings: Settings, app: str, *, scores: bool = False, archives: bool = False
) -> Iterator["SparkSession"]:
    """Start a Spark session for the block; the JVM writes its output to HOME/logs.

    `app` names the Spark application and its log file. `scores` says whether the session's workers
    rank postings, `archives` whether it writes to the lake while it scores.
    """
    from streaming.spark.session import logged_session  # noqa: PLC0415 - pyspark takes a second to load

    with logged_session(settings, app, scores=scores, archives=archives) as spark:
        yield spark
