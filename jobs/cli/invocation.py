"""What every command gets and how it speaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from streaming.settings import Settings, load

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

console = Console()
"""For people; what programs read goes to standard output as it is."""


@dataclass(frozen=True)
class Invocation:
    """The flags before the command."""

    config: Path | None
    overrides: tuple[str, ...]
    debug: bool

    @cached_property
    def settings(self) -> Settings:
        """All settings, read when first asked for."""
        return load(self.config, self.overrides)


def settings_of(context: typer.Context) -> Settings:
    """Return the settings of this invocation."""
    return invocation(context).settings


def invocation(context: typer.Context) -> Invocation:
    """Return the flags before the command."""
    found = context.find_object(Invocation)
    if found is None:
        raise RuntimeError("the command line was not started through jobs.cli.app.main")
    return found


@contextmanager
def spark_of(
    settings: Settings, app: str, *, scores: bool = False, archives: bool = False
) -> Iterator["SparkSession"]:
    """Give a Spark session that ends with the block; what the JVM says goes to HOME/logs."""
    from streaming.spark.session import logged_session  # noqa: PLC0415 - starting Spark takes seconds

    with logged_session(settings, app, scores=scores, archives=archives) as spark:
        yield spark
