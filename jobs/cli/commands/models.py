"""careerstream train, promote, rollback and models: from events to the champion."""

import json
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.table import Table

from jobs.cli.commands.invocation import settings_of, spark_session
from jobs.runtime.progress import EpochProgress
from jobs.runtime.tables import comparison_table
from jobs.runtime.terminal import console
from streaming.errors import CareerstreamError

NOT_PROMOTED = 6


def train(
    context: typer.Context,
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the preset's.")] = None,
    preset: Annotated[str | None, typer.Option(help="published or best.")] = None,
) -> None:
    """Train on the newest lake and register the model as challenger."""
    from jobs import train as job  # noqa: PLC0415 - torch takes seconds to load

    settings = settings_of(context)
    given = {"epochs": epochs, "preset": preset}
    chosen = {name: value for name, value in given.items() if value is not None}
    training = settings.training.model_copy(update=chosen)
    settings = settings.model_copy(update={"training": training})
    with spark_session(settings, "train") as spark, EpochProgress() as progress:
        reference, fitted = job.run(spark, settings, progress.epoch)
    if fitted.decoding is not None:
        console.print(decoding_table(fitted.compared, fitted.decoding))
    if fitted.content is not None:
        blend, cases = fitted.content.ranker.blend, fitted.content.cases
        console.print(f"blend: {blend}, chosen on {cases} validation cases")
    console.print(
        f"registered {reference.name} version {reference.version} as challenger, trained by "
        f"{fitted.processes} process(es); `careerstream promote` measures it"
    )


def promote(
    context: typer.Context,
    force: Annotated[bool, typer.Option(help="Promote against the gate; recorded.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Make the challenger champion if it beats champion and baseline; exit code 6 if not."""
    from jobs import promote as job  # noqa: PLC0415

    settings = settings_of(context)
    with spark_session(settings, "promote") as spark, console.status("measuring"):
        report, promotion = job.run(spark, settings, force=force)
    if as_json:
        typer.echo(json.dumps(report.to_dict(), indent=2))
    else:
        console.print(comparison_table(report.to_dict()))
        console.print(promotion.verdict.text)
        console.print(f"champion: version {promotion.champion.version}")
    if not promotion.promoted:
        raise typer.Exit(NOT_PROMOTED)


def rollback(context: typer.Context) -> None:
    """Make the champion's predecessor champion again."""
    from training.registry import model_registry  # noqa: PLC0415

    previous = model_registry.rollback(settings_of(context))
    console.print(f"champion: version {previous.version} of {previous.name} ({previous.kind})")


def versions(context: typer.Context) -> None:
    """List the registered versions and the champions so far."""
    from streaming.serving.versions import CHAMPION  # noqa: PLC0415
    from training.registry import model_registry, tracking  # noqa: PLC0415

    settings = settings_of(context)
    client = tracking.setup(settings)
    with tracking.registry_errors(settings):
        known = model_registry.versions(settings, client)
        past = model_registry.history(settings) if known else []
        aliases = {
            alias: found.version
            for alias in (CHAMPION, model_registry.CHALLENGER)
            if (found := model_registry.aliased(settings, client, alias))
        }
    if not known:
        raise CareerstreamError(
            f"no model {settings.mlflow.model_name} is registered; `careerstream up` registers the "
            "baseline, `careerstream train` trains one"
        )
    table = Table("version", "kind", "trained on events up to", "alias", "run")
    for version in known:
        held = ", ".join(alias for alias, holder in aliases.items() if holder == version.version)
        table.add_row(version.version, version.kind, version.cut or "-", held, version.run_id)
    console.print(table)
    for entry in past:
        forced = " (forced)" if entry["forced"] else ""
        console.print(f"{entry['time']} version {entry['version']}{forced}: {entry['reason']}")


def decoding_table(compared: Mapping[str, Mapping[str, float]], served: str) -> Table:
    """Lay the ways of decoding out side by side, as measured on the validation part."""
    table = Table("validation", *(f"{way} (served)" if way == served else way for way in compared))
    for metric in compared[served]:
        table.add_row(metric, *(f"{values[metric]:.4f}" for values in compared.values()))
    return table
