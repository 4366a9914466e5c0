"""careerstream up, demo and console: all jobs in one process, and a page that shows them."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.streaming_query import until_signalled
from jobs.runtime.terminal import Paragraph, console, styled
from streaming.loopback import is_loopback


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


def serve_console(
    context: typer.Context,
    host: Annotated[
        str,
        typer.Option(help="Address to listen at. Others than loopback let others in."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Default: a free port.")] = 0,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in this machine's browser.")
    ] = False,
    on_demo: Annotated[
        bool,
        typer.Option("--demo", help="Show the demo's data: start its broker and jobs, too."),
    ] = False,
) -> None:
    """Serve a page that shows the stream live, until Ctrl-C; the URL holds its password.

    A candidate's lists move as you click, with reasons, latency and versions. The operator's page
    shows lag, dead letters, models and health.
    """
    from jobs.console.server import serving  # noqa: PLC0415 - starlette takes time to load
    from jobs.demo.demo_jobs import demo_jobs  # noqa: PLC0415

    settings = settings_of(context)
    if not is_loopback(host):
        text = f"--host {host}: whoever reads the URL on the way may act; use a trusted network"
        console.print(Paragraph(styled(text, "yellow")))
    with ExitStack() as stack:
        stop, jobs = stack.enter_context(until_signalled()), None
        if on_demo:
            with console.status("starting the demo's broker"):
                settings, jobs = stack.enter_context(demo_jobs(settings))
        url = stack.enter_context(serving(settings, host, port))
        console.print(f"console: {url}")
        console.print("stop with Ctrl-C")
        if open_page:
            typer.launch(url)
        while not stop.wait(1):
            if jobs is not None:
                jobs.check()
