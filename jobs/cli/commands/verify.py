"""careerstream verify: kills processes under load and counts lost and duplicated records."""

import json
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.live import Live

from jobs.cli.commands.invocation import Json, invocation, print_json, settings_of, spark_session
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.errors import CareerstreamError

if TYPE_CHECKING:
    from jobs.verify.chaos import Kill
    from jobs.verify.recording_producer import Produced

COLUMNS = {
    "expected": "expected", "actual": "found", "repeated": "repeated", "lost": "lost",
    "invented": "invented", "duplicated": "twice", "out_of_order": "out of order",
}  # fmt: skip
"""Counts of a comparison in the report, and their words."""


def verify(
    context: typer.Context,
    kills: Annotated[
        int, typer.Option(min=0, help="How often a process is killed with SIGKILL.")
    ] = 20,
    events: Annotated[
        int,
        typer.Option(
            min=0, help="Minimum number of messages. Sending goes on until the last kill."
        ),
    ] = 0,
    rate: Annotated[float, typer.Option(min=0.1, help="Messages a second.")] = 100.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of messages, victims and times.")] = 7,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("verify.json"),
    cluster: Annotated[
        bool,
        typer.Option(
            "--cluster",
            help="Use Kafka, storage and MLflow of the settings, which are not killed themselves.",
        ),
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the topics and the folder of the run.")
    ] = False,
    matches: Annotated[
        bool,
        typer.Option("--matches", help="Kill the job match instead of those of lists and lake."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Kill jobs and broker at random times under load; then compare all results with the fold."""
    from jobs.verify import run  # noqa: PLC0415 - pyspark takes a second
    from jobs.verify.comparison import FAULTS  # noqa: PLC0415

    if not invocation(context).debug:
        # The broker is killed on purpose, so ended connections are expected.
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
    options = run.Options(
        kills=kills,
        events=events,
        rate=rate,
        seed=seed,
        cluster=cluster,
        keep=keep,
        matches=matches,
    )
    with sigterm_as_interrupt(), run.verify_sandbox(settings_of(context), options) as own:
        console.print(f"home {own.home}, Kafka {own.kafka.bootstrap_servers}, seed {seed}")
        with spark_session(own.settings, "verify") as spark, Display(kills) as display:
            report = run.verify(spark, own, options, display)
        out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        if as_json:
            print_json(report)
        else:
            console.print(faults_table(report))
            console.print(_summary(report))
            console.print(f"report in {out}")
        if not report["ok"]:
            faults = ", ".join(f"{report[fault]} {fault}".replace("_", " ") for fault in FAULTS)
            raise CareerstreamError(f"{faults}; {out} names them, {own.home / 'logs'} has the logs")


class Display(Live):
    """Shows the progress, and a line for each kill."""

    def __init__(self, kills: int) -> None:
        super().__init__(console=console, refresh_per_second=4, transient=True)
        self._kills, self._done, self._stage = kills, 0, ""

    def stage(self, name: str) -> None:
        """Show the current stage."""
        self._stage = name
        self.update(name)

    def tick(self, produced: "Produced") -> None:
        """Show how many messages were sent."""
        waiting = produced.sent - len(produced.acknowledged)
        self.update(
            f"{self._stage}: {self._done} of {self._kills} killed, {produced.sent:,} messages "
            f"sent, {waiting:,} not yet taken"
        )

    def kill(self, kill: "Kill") -> None:
        """Print what a kill hit."""
        self._done = kill.number
        behind = ", ".join(f"{name} {count:,}" for name, count in kill.lag.items() if count)
        open_batches = ", ".join(f"{name} {kill.batches[name] + 1}" for name in kill.in_flight)
        self.console.print(
            f"{kill.number:>3} of {self._kills}  {kill.process:<15} at {kill.at_seconds:>6.1f} s, "
            f"{kill.produced:,} sent, {kill.unacknowledged:,} not taken; "
            f"behind: {behind or 'nothing'}; open batches: {open_batches or 'none'}"
        )


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Handle SIGTERM as Ctrl-C, so that everything is cleaned up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def faults_table(report: dict[str, Any]) -> Table:
    """Return the counts of each topic and table."""
    table = Table("topic or table", *COLUMNS.values(), whole=("topic or table",), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for comparison in report["comparisons"]:
        table.add_row(comparison["name"], *(f"{comparison[key]:,}" for key in COLUMNS))
    return table


def _summary(report: dict[str, Any]) -> str:
    hits = ", ".join(
        f"{name} {count} ({report['hit_work'][name]} at work)"
        for name, count in report["killed"].items()
    )
    return (
        f"{report['produced']['messages']:,} messages in {report['seconds']:.0f} s; "
        f"killed: {hits}\n"
        f"lost {report['lost']}, invented {report['invented']}, "
        f"duplicated in effect {report['duplicated']}, out of order {report['out_of_order']}"
    )
