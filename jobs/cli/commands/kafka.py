"""careerstream kafka and topics: the embedded broker, and the topics on any broker."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of
from jobs.runtime.tables import Table
from jobs.runtime.terminal import Paragraph, console, styled
from streaming.contract.access.principals import PRINCIPALS, Operation, Principal
from streaming.contract.topics import TOPICS, Topic
from streaming.errors import BrokerError, InputError, SettingsError
from streaming.settings import KafkaSettings, Settings

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


@topics.command()
def grants(
    context: typer.Context,
    apply: Annotated[
        bool, typer.Option("--apply", help="Create the missing rules; name those beyond the table.")
    ] = False,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune", help="With --apply: remove what goes beyond the table for its principals."
        ),
    ] = False,
    principal_prefix: Annotated[
        str, typer.Option(help="What the names of users begin with.", metavar="TEXT")
    ] = "careerstream-",
    as_json: Json = False,
) -> None:
    """Show who may do what with the topics, or make Kafka's access rules (ACLs) of it.

    Each user of the table has rights of its own, and everything else is refused. To apply it, log
    in as a super user of the cluster.
    """
    if prune and not apply:
        raise InputError("--prune removes rules of a cluster: give --apply, too")
    settings = settings_of(context)
    if not apply:
        _show_grants(settings.kafka, principal_prefix, as_json=as_json)
        return
    from infra.broker import acls  # noqa: PLC0415 - the Kafka client takes time to load

    result = acls.apply(settings.kafka, principal_prefix, prune=prune)
    if as_json:
        print_json(result)
        return
    console.print(f"created: {len(result.created)}")
    console.print(f"there already: {len(result.existing)}")
    for title, found, style in (
        ("removed", result.removed, ""),
        ("beyond the table; --prune removes it", result.excess, "yellow"),
        ("of others", result.others, ""),
    ):
        for grant in found:
            console.print(Paragraph(styled(f"{title}: {grant}", style)))


def _show_grants(kafka_settings: KafkaSettings, prefix: str, *, as_json: bool) -> None:
    if as_json:
        print_json([_row(principal, kafka_settings, prefix) for principal in PRINCIPALS])
        return
    table = Table("user", "may", "topics", whole=("user",))
    for principal in PRINCIPALS:
        user = prefix + principal.name
        for operations, names in _rights(principal):
            table.add_row(user, operations, names)
            user = ""
    console.print(table)


def _row(principal: Principal, kafka_settings: KafkaSettings, prefix: str) -> dict[str, Any]:
    user = prefix + principal.name
    row: dict[str, Any] = {"user": user, "description": principal.description}
    for operation in Operation:
        if topics_of := principal.topics(operation):
            row[operation.value] = [kafka_settings.topic_prefix + each.name for each in topics_of]
    return row | ({"groups": f"{user}*"} if principal.has_groups else {})


def _rights(principal: Principal) -> Iterator[tuple[str, str]]:
    """Yield operations, and the topics on which they are allowed together."""
    together: dict[tuple[Topic, ...], list[str]] = {}
    for operation in Operation:
        if topics_of := principal.topics(operation):
            together.setdefault(topics_of, []).append(operation.value)
    for topics_of, operations in together.items():
        names = "all" if topics_of == TOPICS else " ".join(topic.name for topic in topics_of)
        yield ", ".join(operations), names


def _local_port(settings: Settings) -> int:
    """Return the port of kafka.bootstrap_servers, which must be on this machine."""
    host, _, port = settings.kafka.bootstrap_servers.partition(":")
    if host not in {"127.0.0.1", "localhost"} or not port.isdecimal():
        raise SettingsError(
            f"kafka.bootstrap_servers is {settings.kafka.bootstrap_servers}; the embedded broker "
            "can only be started at 127.0.0.1:PORT"
        )
    return int(port)
