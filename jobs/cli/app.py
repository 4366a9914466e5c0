"""The command line `careerstream`."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from jobs.cli import reference_pages
from jobs.cli.commands import (
    benchmark,
    dead_letters,
    doctor,
    imports,
    kafka,
    lake,
    models,
    recommendations,
    run,
    similarity,
    status,
    verify,
)
from jobs.cli.commands.exploration.off_policy_benchmark import off_policy
from jobs.cli.commands.exploration.position_bias import position_bias
from jobs.cli.commands.fairness import audit, groups
from jobs.cli.commands.invocation import Invocation
from jobs.cli.commands.market import (
    candidates_benchmark,
    chat,
    courses,
    dialogues_benchmark,
    explain,
    matches,
    plan,
    plan_benchmark,
    taxonomy,
    titles_benchmark,
    write,
)
from jobs.cli.commands.market import understand as understanding
from jobs.cli.commands.parity.parity import parity
from jobs.cli.commands.privacy import audit_log, erase, export, retention, reveal
from jobs.cli.commands.rollouts import rollout
from jobs.runtime.terminal import errors_as_exit_codes

app = typer.Typer(
    name="careerstream",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A streaming job recommender: clicks on Kafka in, recommendations with reasons out.",
)
BROKER, DATA, RUN = "Broker and topics", "Data in", "Running"
INSPECT, MODELS, MACHINE = "Looking", "Models", "This machine"
app.add_typer(kafka.kafka, name="kafka", rich_help_panel=BROKER)
app.add_typer(kafka.topics, name="topics", rich_help_panel=BROKER)
app.add_typer(dead_letters.app, name="dead-letters", rich_help_panel=BROKER)
app.add_typer(imports.app, name="import", rich_help_panel=DATA)
app.command("simulate", rich_help_panel=DATA)(imports.simulate)
imports.app.command("taxonomy")(taxonomy.taxonomy)
imports.app.command("courses")(courses.courses)
imports.app.command("groups")(groups.groups)
app.command("up", rich_help_panel=RUN)(run.up)
app.command("recommend", rich_help_panel=RUN)(recommendations.recommend)
app.command("match", rich_help_panel=RUN)(matches.match)
app.command("demo", rich_help_panel=RUN)(run.demo)
app.command("console", rich_help_panel=RUN)(run.serve_console)
app.command("maintain", rich_help_panel=RUN)(lake.maintain)
app.command("rebuild-profiles", rich_help_panel=RUN)(lake.rebuild_profiles)
app.command("reshard", rich_help_panel=RUN)(lake.reshard)
app.command("erase", rich_help_panel=RUN)(erase.erase)
app.command("retention", rich_help_panel=RUN)(retention.retention)
app.command("export", rich_help_panel=INSPECT)(export.export)
app.add_typer(audit_log.app, name="audit-log", rich_help_panel=INSPECT)
app.command("reveal", rich_help_panel=INSPECT)(reveal.reveal)
app.command("receipt", rich_help_panel=INSPECT)(erase.show_receipt)
app.command("recommendations", rich_help_panel=INSPECT)(recommendations.recommendations)
app.command("chat", rich_help_panel=RUN)(chat.chat)
app.command("plan", rich_help_panel=INSPECT)(plan.plan)
app.command("understand", rich_help_panel=INSPECT)(understanding.understand)
app.command("explain", rich_help_panel=INSPECT)(explain.explain)
app.command("write", rich_help_panel=INSPECT)(write.write)
app.add_typer(similarity.app, name="similar", rich_help_panel=INSPECT)
app.command("groups", rich_help_panel=INSPECT)(similarity.groups)
app.command("candidates", rich_help_panel=INSPECT)(matches.candidates)
app.command("position-bias", rich_help_panel=INSPECT)(position_bias)
app.command("audit", rich_help_panel=INSPECT)(audit.audit)
app.command("status", rich_help_panel=INSPECT)(status.status)
app.add_typer(benchmark.app, name="benchmark", rich_help_panel=INSPECT)
benchmark.app.command("wishes")(understanding.wishes)
benchmark.app.command("plans")(plan_benchmark.plans)
benchmark.app.command("candidates")(candidates_benchmark.candidates)
benchmark.app.command("titles")(titles_benchmark.titles)
benchmark.app.command("dialogues")(dialogues_benchmark.dialogues)
benchmark.app.command("rewrites")(write.rewrites)
benchmark.app.command("off-policy")(off_policy)
app.command("verify", rich_help_panel=INSPECT)(verify.verify)
app.command("parity", rich_help_panel=INSPECT)(parity)
app.command("train", rich_help_panel=MODELS)(models.train)
app.command("retrain", rich_help_panel=MODELS)(models.retrain)
app.command("sweep", rich_help_panel=MODELS)(models.sweep)
app.command("promote", rich_help_panel=MODELS)(models.promote)
app.command("rollback", rich_help_panel=MODELS)(models.rollback)
app.add_typer(models.app, name="models", rich_help_panel=MODELS)
app.add_typer(rollout.app, name="rollout", rich_help_panel=MODELS)
app.command("doctor", rich_help_panel=MACHINE)(doctor.doctor)
app.command("settings", rich_help_panel=MACHINE)(doctor.settings)
app.command("docs", rich_help_panel=MACHINE)(reference_pages.docs)


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
            help="Set one setting, under its name in the file; repeatable.",
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
    for noisy in ("py4j", "kafka", "matplotlib", "jieba", "gensim", "alembic", "mlflow"):
        logging.getLogger(noisy).setLevel("INFO" if debug else "ERROR")
    context.obj = Invocation(config, tuple(overrides or ()), debug)


def main(arguments: list[str] | None = None) -> None:
    """Run a command. An expected error is one line on standard error and an exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    with errors_as_exit_codes("careerstream", debug="--debug" in arguments):
        app(arguments, prog_name="careerstream")


if __name__ == "__main__":
    main()
