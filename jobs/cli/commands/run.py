"""careerstream up and demo: all jobs in one process."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.streaming_query import until_signalled
from jobs.runtime.terminal import console


def up(context: typer.Context) -> None:
    """Run all streaming jobs in one session until Ctrl-C or SIGTERM.

    Creates missing topics. Without a champion, the most-popular baseline becomes champion.
    """
    from infra.broker import provisioning  # noqa: PLC0415 - the Kafka client takes time to load
    from jobs import up as job  # noqa: PLC0415 - mlflow takes seconds to load
    from jobs.runtime.health_monitor import monitored  # noqa: PLC0415
    from streaming.logs import configure  # noqa: PLC0415

    settings = settings_of(context)
    if settings.jobs.log_format == "json":
        configure(settings.jobs.log_format, "up")
    provisioning.create(settings.kafka)
    # The session comes first, because Spark handles SIGINT itself while it starts.
    with (
        spark_session(settings, "up", scores=True, archives=True) as spark,
        until_signalled() as stop,
        monitored("up", spark, settings) as monitor,
    ):
        with console.status("starting the streaming jobs"):
            running = job.start(spark, settings)
            monitor.follow(running)
        try:
            names = ", ".join(query.name for query in running.queries)
            console.print(f"running: {names}; stop with Ctrl-C")
            if url := monitor.address:
                console.print(f"metrics: {url}/metrics; `careerstream status` shows them")
            running.wait(stop)
        finally:
            with console.status("stopping"):
                running.stop(settings.jobs.shutdown_timeout_seconds)


def demo(
    context: typer.Context,
    events: Annotated[
        Path | None,
        typer.Option(help="A file of real events instead of simulated ones.", metavar="FILE"),
    ] = None,
    quick: Annotated[bool, typer.Option(help="A small market and few epochs.")] = False,
    as_json: Json = False,
) -> None:
    """Run the whole flow once: clicks, Kafka, Spark, Delta, Horovod, MLflow, recommendations."""
    from jobs.demo.run import run_demo  # noqa: PLC0415 - torch takes seconds to load

    summary = run_demo(settings_of(context), events, quick=quick)
    if as_json:
        print_json(summary)
