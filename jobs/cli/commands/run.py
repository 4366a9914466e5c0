"""careerstream up, recommend, recommendations, demo and benchmark: everything that runs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.commands.invocation import invocation, settings_of, spark_session
from jobs.runtime.streaming_query import until_signalled
from jobs.runtime.tables import recommendation_table
from jobs.runtime.terminal import console
from streaming.errors import InputError

benchmark = typer.Typer(no_args_is_help=True, help="Measurements, each into a report file.")


def up(context: typer.Context) -> None:
    """Run all streaming jobs in one session until Ctrl-C or SIGTERM."""
    from infra.broker import provisioning  # noqa: PLC0415
    from jobs import up as job  # noqa: PLC0415
    from jobs.runtime.health_monitor import watched  # noqa: PLC0415
    from streaming.logs import configure  # noqa: PLC0415

    settings = settings_of(context)
    if settings.jobs.log_format == "json":
        configure(settings.jobs.log_format, "up")
    provisioning.create(settings.kafka)
    # In this order: Spark takes SIGINT for itself while it starts.
    with (
        spark_session(settings, "up", scores=True, archives=True) as spark,
        until_signalled() as stop,
        watched("up", spark, settings) as watch,
    ):
        with console.status("starting the streaming jobs"):
            running = job.start(spark, settings)
            watch(running)
        try:
            names = ", ".join(query.name for query in running.queries)
            console.print(f"running: {names}; stop with Ctrl-C")
            if watch.address:
                console.print(f"metrics: {watch.address}/metrics; `careerstream status` shows them")
            running.wait(stop)
        finally:
            with console.status("stopping"):
                running.stop(settings.jobs.shutdown_seconds)


def recommend(
    context: typer.Context,
    everyone: Annotated[
        bool, typer.Option("--all", help="For every profile that stands on its topic.")
    ] = False,
) -> None:
    """Recommend anew with the newest champion and catalogue."""
    from jobs import recommend as job  # noqa: PLC0415

    if not everyone:
        raise InputError(
            "say for whom: --all; new profiles are served by the job (`careerstream up`)"
        )
    settings = settings_of(context)
    with (
        spark_session(settings, "recommend-all", scores=True) as spark,
        console.status("recommending"),
    ):
        made = job.refresh(spark, settings)
    console.print(f"published {made:,} recommendations")


def recommendations(
    context: typer.Context,
    candidate: Annotated[str, typer.Argument(help="Candidate id; * for people nobody knows.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the value as JSON.")] = False,
) -> None:
    """Show the latest recommendation of a candidate, with titles and reasons."""
    from streaming.kafka.topic_reader import latest_recommendation, titles  # noqa: PLC0415

    settings = settings_of(context)
    with console.status("reading the topic"):
        found = latest_recommendation(settings.kafka, candidate)
    if found is None:
        raise InputError(
            f"no recommendation for candidate {candidate} stands on its topic; is the id right, "
            "and does `careerstream up` run?"
        )
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    wanted = {item["posting_id"] for item in found["items"]}
    console.print(recommendation_table(found, titles(settings.kafka, wanted)))


def demo(
    context: typer.Context,
    events: Annotated[
        Path | None,
        typer.Option(help="A real stream instead of the simulated one.", metavar="FILE"),
    ] = None,
    quick: Annotated[bool, typer.Option(help="A small market and few epochs.")] = False,
) -> None:
    """The whole way once: clicks, Kafka, Spark, Delta, Horovod, MLflow, recommendations."""
    from jobs.demo.run import run_demo  # noqa: PLC0415

    run_demo(invocation(context).settings, events, quick=quick)


@benchmark.command("latency")
def latency(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("latency.json"),
    count: Annotated[int, typer.Option("--events", min=1, help="Events to send.")] = 600,
    rate: Annotated[float, typer.Option(min=0.1, help="Events a second.")] = 20.0,
) -> None:
    """Send events to a running `careerstream up` and time them to their recommendations."""
    from jobs.operations.latency import measure_latency  # noqa: PLC0415

    report = measure_latency(settings_of(context), events=count, rate=rate)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    console.print(
        f"{report['answered']} of {report['sent']} answered, p50 {report['p50_ms']} ms, "
        f"p99 {report['p99_ms']} ms; report in {out}"
    )
