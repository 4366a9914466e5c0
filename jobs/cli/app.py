"""The command line `careerstream`."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli import reference_pages
from jobs.cli.commands import (
    benchmark_quality,
    benchmark_stream,
    broker,
    dead_letters,
    doctor,
    imports,
    lake,
    models,
    run,
    similar,
    status,
    topics,
    verify,
)
from jobs.cli.commands.invocation import Invocation
from streaming.errors import UNEXPECTED, CareerstreamError, one_line

app = typer.Typer(
    name="careerstream",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A streaming job recommender: clicks on Kafka in, recommendations with reasons out.",
)
app.add_typer(broker.app, name="kafka", rich_help_panel="Broker and topics")
app.add_typer(topics.app, name="topics", rich_help_panel="Broker and topics")
app.add_typer(dead_letters.app, name="dead-letters", rich_help_panel="Broker and topics")
app.add_typer(imports.imports, name="import", rich_help_panel="Data in")
app.command("simulate", rich_help_panel="Data in")(imports.simulate)
app.command("up", rich_help_panel="Running")(run.up)
app.command("recommend", rich_help_panel="Running")(run.recommend)
app.command("demo", rich_help_panel="Running")(run.demo)
app.command("maintain", rich_help_panel="Running")(lake.maintain)
app.command("rebuild-profiles", rich_help_panel="Running")(lake.rebuild_profiles)
app.command("recommendations", rich_help_panel="Looking")(run.recommendations)
app.add_typer(similar.app, name="similar", rich_help_panel="Looking")
app.command("groups", rich_help_panel="Looking")(similar.groups)
app.command("status", rich_help_panel="Looking")(status.status)
run.benchmark.command("quality")(benchmark_quality.quality)
run.benchmark.command("stream")(benchmark_stream.stream)
app.add_typer(run.benchmark, name="benchmark", rich_help_panel="Looking")
app.command("verify", rich_help_panel="Looking")(verify.verify)
app.command("train", rich_help_panel="Models")(models.train)
app.command("promote", rich_help_panel="Models")(models.promote)
app.command("rollback", rich_help_panel="Models")(models.rollback)
app.command("models", rich_help_panel="Models")(models.versions)
app.command("doctor", rich_help_panel="This machine")(doctor.doctor)
app.command("settings", rich_help_panel="This machine")(doctor.settings)
app.command("docs", rich_help_panel="This machine")(reference_pages.docs)


@app.callback(invoke_without_command=True)
def start(  # noqa: D103 - its help is the app's
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings file (TOML).", envvar="CAREERSTREAM_CONFIG", metavar="FILE"),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="One setting, by the name it has in the file; repeatable.",
            metavar="NAME=VALUE",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option(help="Show stack traces and every log line.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed  # noqa: PLC0415 - rarely needed

        typer.echo(f"careerstream {installed('careerstream')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit
    logging.basicConfig(
        level="DEBUG" if debug else "WARNING", format="%(levelname)s %(name)s: %(message)s"
    )
    for chatty in ("py4j", "kafka", "matplotlib", "jieba", "gensim", "alembic", "mlflow"):
        logging.getLogger(chatty).setLevel("INFO" if debug else "ERROR")
    context.obj = Invocation(config, tuple(overrides or ()), debug)


def main(arguments: list[str] | None = None) -> None:
    """Run a command; an expected error is one line on standard error and its own exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        app(arguments, prog_name="careerstream")
    except CareerstreamError as error:
        if "--debug" in arguments:
            raise
        sys.stderr.write(f"careerstream: {error}\n")
        sys.exit(error.exit_code)
    except Exception as error:
        if "--debug" in arguments:
            raise
        sys.stderr.write(f"careerstream: {one_line(error)}; --debug shows where\n")
        sys.exit(UNEXPECTED)


if __name__ == "__main__":
    main()
