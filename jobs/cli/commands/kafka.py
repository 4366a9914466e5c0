"""careerstream kafka and topics: the embedded broker, and the topics on any broker."""

from typing import Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of
from jobs.runtime.tables import Table
from jobs.runtime.terminal import Paragraph, console, styled
from streaming.errors import BrokerError, SettingsError
from streaming.settings import Settings

kafka = typer.Typer(
    no_args_is_help=True,
    help="The embedded Kafka broker, for laptops and tests: a real broker on this machine only.",
)
topics = typer.Typer(no_args_is_help=True, help="The topics: the interfaces between jobs.")


@kafka.command()
def start(
    context: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(help="Port on 127.0.0.1. Default: the port of kafka.bootstrap_servers."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Start the broker in the background and create the topics."""
    from infra.broker import embedded, provisioning  # noqa: PLC0415 - the Kafka client takes time to load

    settings = settings_of(context)
    folder = settings.home / "kafka"
    if (running := embedded.status(folder)) is not None:
        if as_json:
            print_json(running)
            return
        console.print(f"already running at {running.bootstrap_servers} (process {running.pid})")
        return
    with console.status("starting Kafka"):
        running = embedded.detached(folder, port or _local_port(settings))
        options = settings.kafka.model_copy(update={"bootstrap_servers": running.bootstrap_servers})
        provisioning.create(options)
    if as_json:
        print_json(running)
        return
    console.print(f"Kafka runs at {running.bootstrap_servers} (process {running.pid})")


@kafka.command()
def stop(context: typer.Context, as_json: Json = False) -> None:
    """Stop the broker and keep its data."""
    from infra.broker import embedded  # noqa: PLC0415

    running = embedded.stop(settings_of(context).home / "kafka")
    if as_json:
        print_json({"stopped": running})
        return
    console.print("no broker was running" if running is None else "Kafka stopped")


@kafka.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show whether the broker runs, and where; exit code 4 if it does not."""
    from infra.broker import embedded  # noqa: PLC0415

    folder = settings_of(context).home / "kafka"
    running = embedded.status(folder)
    if running is None:
        raise BrokerError(f"no broker runs in {folder}; start one with `careerstream kafka start`")
    if as_json:
        print_json(running)
        return
    console.print(f"Kafka runs at {running.bootstrap_servers} (process {running.pid})")


@topics.command()
def create(context: typer.Context, as_json: Json = False) -> None:
    """Create the missing topics, and list where an existing topic differs from the contract."""
    from infra.broker import provisioning  # noqa: PLC0415

    result = provisioning.create(settings_of(context).kafka)
    if as_json:
        print_json(result)
        return
    console.print(f"created: {', '.join(result.created) or 'none'}")
    console.print(f"there already: {', '.join(result.existing) or 'none'}")
    for difference in result.differences:
        console.print(Paragraph(styled(str(difference), "yellow")))


@topics.command("list")
def list_topics(
    context: typer.Context,
    as_json: Json = False,
) -> None:
    """Show the topics: partitions, messages and differences from the contract."""
    from infra.broker import provisioning  # noqa: PLC0415

    states = provisioning.states(settings_of(context).kafka)
    if as_json:
        fields = ("topic", "exists", "partitions", "messages", "config")
        rows = [{name: getattr(state, name) for name in fields} for state in states]
        print_json(rows)
        return
    table = Table("topic", "partitions", "messages", "differs from the contract", whole=("topic",))
    for state in states:
        if state.exists:
            differences = "; ".join(str(difference) for difference in state.differences)
            table.add_row(state.topic, str(state.partitions), f"{state.messages:,}", differences)
        else:
            table.add_row(state.topic, "-", "-", "missing: `careerstream topics create`")
    console.print(table)


def _local_port(settings: Settings) -> int:
    """Return the port of kafka.bootstrap_servers, which must be on this machine."""
    host, _, port = settings.kafka.bootstrap_servers.partition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdecimal():
        raise SettingsError(
            f"kafka.bootstrap_servers is {settings.kafka.bootstrap_servers}; the embedded broker "
            "can only be started at 127.0.0.1:PORT"
        )
    return int(port)
