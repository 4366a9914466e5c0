"""careerstream kafka: the embedded broker."""

from typing import Annotated

import typer

from jobs.cli.commands.invocation import settings_of
from jobs.runtime.terminal import console
from streaming.errors import BrokerError, SettingsError
from streaming.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="The embedded Kafka broker, for laptops and tests: a real one, on this machine only.",
)


@app.command()
def start(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(help="Port on 127.0.0.1; default: of kafka.bootstrap_servers.")
    ] = None,
) -> None:
    """Start the broker in the background and create the topics."""
    from infra.broker import embedded, provisioning  # noqa: PLC0415

    settings = settings_of(context)
    folder = settings.home / "kafka"
    if (running := embedded.status(folder)) is not None:
        console.print(f"already running at {running.bootstrap_servers} (process {running.pid})")
        return
    with console.status("starting Kafka"):
        running = embedded.detached(folder, port or _port(settings))
        kafka = settings.kafka.model_copy(update={"bootstrap_servers": running.bootstrap_servers})
        provisioning.create(kafka)
    console.print(f"Kafka runs at {running.bootstrap_servers} (process {running.pid})")


@app.command()
def stop(context: typer.Context) -> None:
    """Stop the broker; its data stay."""
    from infra.broker import embedded  # noqa: PLC0415

    running = embedded.stop(settings_of(context).home / "kafka")
    console.print("no broker was running" if running is None else "Kafka stopped")


@app.command()
def status(context: typer.Context) -> None:
    """Say whether the broker runs and where; exit code 4 when it does not."""
    from infra.broker import embedded  # noqa: PLC0415

    folder = settings_of(context).home / "kafka"
    running = embedded.status(folder)
    if running is None:
        raise BrokerError(f"no broker runs in {folder}; start one with `careerstream kafka start`")
    console.print(f"Kafka runs at {running.bootstrap_servers} (process {running.pid})")


def _port(settings: Settings) -> int:
    """The port of kafka.bootstrap_servers, which must be on this machine."""
    host, _, port = settings.kafka.bootstrap_servers.partition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdecimal():
        raise SettingsError(
            f"kafka.bootstrap_servers is {settings.kafka.bootstrap_servers}; the embedded broker "
            "can only be started at 127.0.0.1:PORT"
        )
    return int(port)
