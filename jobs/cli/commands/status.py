"""careerstream status: the state of running jobs, once or as a live table."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group
from rich.live import Live

from jobs.cli.commands.invocation import Json, print_json, settings_of
from jobs.runtime.tables import Table
from jobs.runtime.terminal import Paragraph, console, styled

if TYPE_CHECKING:
    from jobs.operations.status_report import BrokerOffsets
    from streaming.settings import Settings


def status(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Print the tables once and end.")] = False,
    endpoints: Annotated[
        list[str] | None,
        typer.Option(
            "--endpoint",
            help="Read this metrics endpoint instead of HOME/run; repeatable.",
            metavar="URL",
        ),
    ] = None,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two updates.")] = 2.0,
    as_json: Json = False,
) -> None:
    """Show running jobs, their queries and the topics as a live table; Ctrl-C ends it.

    With `--json` they are printed once.
    """
    from jobs.operations.status_report import BrokerOffsets  # noqa: PLC0415 - pyspark takes a second to load
    from jobs.runtime.streaming_query import until_signalled  # noqa: PLC0415

    settings, addresses = settings_of(context), tuple(endpoints or ())
    with closing(BrokerOffsets(settings.kafka)) as broker:
        if as_json:
            print_json(_read(settings, addresses, broker))
            return
        if once or not console.is_terminal:
            console.print(_tables(_read(settings, addresses, broker)))
            return
        with (
            until_signalled() as stop,
            Live(_tables(_read(settings, addresses, broker)), console=console, screen=True) as live,
        ):
            while not stop.wait(every):
                live.update(_tables(_read(settings, addresses, broker)))


def _read(
    settings: "Settings", addresses: tuple[str, ...], broker: "BrokerOffsets"
) -> dict[str, Any]:
    from jobs.operations.status_report import build_report, read_endpoint, read_job_statuses  # noqa: PLC0415
    from jobs.runtime.health_monitor import run_folder  # noqa: PLC0415
    from streaming.metrics.http_endpoint import bearer_token  # noqa: PLC0415

    if addresses:
        token = bearer_token(settings.metrics)
        endpoints = (read_endpoint(address, token) for address in addresses)
        return build_report(endpoints, *broker.read())
    return build_report(read_job_statuses(run_folder(settings)), *broker.read())


def _tables(report: dict[str, Any]) -> Group:
    parts: list[Any] = [_jobs_table(report["jobs"]), _queries_table(report["queries"])]
    if any(job["dead_letters"] for job in report["jobs"]):
        parts.append(_dead_letters_table(report["jobs"]))
    if report["broker"] == "ok":
        parts.append(_topics_table(report["topics"]))
    else:
        parts.append(Paragraph(styled(report["broker"], "red")))
    return Group(*parts)


def _jobs_table(jobs: list[dict[str, Any]]) -> Table:
    table = Table(
        "job", "health", "lists", "p50", "p99", "folded", "since", "metrics",
        whole=("job", "metrics"), title="jobs",
        caption=None if jobs else "none runs here: `careerstream up` starts them",
    )  # fmt: skip
    for job in jobs:
        health = styled("ok", "green") if job["healthy"] else styled(job["trouble"] or "?", "red")
        folded = ", ".join(f"{name} {n:,.0f}" for name, n in sorted(job["folded"].items()))
        table.add_row(
            job["job"], health, _number(job["recommendations"]),
            _seconds(job["latency_p50_seconds"]), _seconds(job["latency_p99_seconds"]),
            folded or "-", (job["started_at"] or "-")[:19], job["address"] or "-",
        )  # fmt: skip
    return table


def _queries_table(queries: list[dict[str, Any]]) -> Table:
    table = Table(
        "query", "batch", "read", "in/s", "can/s", "batch time", "lag", "state", "bytes", "seen",
        whole=("query",), title="queries",
    )  # fmt: skip
    for row in queries:
        name = row["query"] if row["active"] else styled(f"{row['query']} (ended)", "red")
        lag = ", ".join(f"{topic} {n:,}" for topic, n in sorted(row["lag"].items()))
        table.add_row(
            name, _number(row["batch_id"]), _number(row["rows"]),
            _number(row["input_rows_per_second"]), _number(row["processed_rows_per_second"]),
            _seconds(row["mean_batch_seconds"]), lag or "-", _number(row["state_rows"]),
            _number(row["state_bytes"]), _seconds(row["seen_seconds_ago"]),
        )  # fmt: skip
    return table


def _dead_letters_table(jobs: list[dict[str, Any]]) -> Table:
    table = Table(
        "query", "topic", "reason", "dead letters", whole=("query", "topic"),
        title="dead letters since the start",
    )  # fmt: skip
    for job in jobs:
        for row in job["dead_letters"]:
            table.add_row(row["query"], row["topic"], row["reason"], _number(row["letters"]))
    return table


def _topics_table(topics: list[dict[str, Any]]) -> Table:
    table = Table("topic", "messages so far", whole=("topic",), title="topics")
    for row in topics:
        table.add_row(row["topic"], _number(row["messages"]))
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"
