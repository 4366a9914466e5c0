"""careerstream train, promote, rollback and models: from events to the champion."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.progress import EpochProgress, SweepProgress
from jobs.runtime.tables import Table, comparison_table
from jobs.runtime.terminal import Paragraph, console
from streaming.errors import CareerstreamError, SettingsError
from streaming.settings import Settings, TrainingSettings
from streaming.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from jobs.train import Trained
    from training.registry.model_registry import ModelRef

NOT_PROMOTED = 6
"""Exit code of `promote` when the gate refuses the challenger."""

app = typer.Typer(help="List the registered versions and the history of champions.")


def train(
    context: typer.Context,
    epochs: Annotated[int | None, typer.Option(min=1, help="Default: the preset's.")] = None,
    preset: Annotated[
        str | None, typer.Option(help="published, best, or a file that `sweep` wrote.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that train. Default: training.processes.")
    ] = None,
    hosts: Annotated[
        str | None, typer.Option(metavar="a:4,b:4", help="Hosts that train, through horovodrun.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Go on with a run that was interrupted: its folder in HOME/training.",
        ),
    ] = None,
    from_run: Annotated[
        str | None,
        typer.Option(
            metavar="RUN_ID",
            help="Repeat an MLflow run: its versions of the tables, its preset, its seed.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train on the newest version of the lake and register the model as challenger."""
    if (resume or from_run) and (epochs or preset or (resume and from_run)):
        raise typer.BadParameter("--resume and --from-run keep the epochs and preset of their run")
    from jobs import train as job  # noqa: PLC0415 - torch takes seconds to load

    settings = settings_of(context)
    options = {"epochs": epochs, "preset": preset, "processes": workers, "hosts": hosts}
    chosen = {name: value for name, value in options.items() if value is not None}
    settings = with_training(settings, chosen)
    with spark_session(settings, "train") as spark, EpochProgress() as progress:
        trained = job.run(spark, settings, progress.epoch, resume=resume, from_run=from_run)
    if (content := trained.fitted.content) is not None and not as_json:
        blend, cases = content.ranker.blend, content.cases
        console.print(f"blend: {blend}, chosen on {cases} validation cases")
    _print_registered(trained, as_json=as_json)


def retrain(
    context: typer.Context,
    force: Annotated[bool, typer.Option(help="Train even without new events or drift.")] = False,
    as_json: Json = False,
) -> None:
    """Go on from the champion with the events since its data, if there are enough or they drift.

    The model becomes the challenger, as after `train`. Whether it trained or not, the exit code is
    0: the output says why.
    """
    from jobs import retrain as job  # noqa: PLC0415 - torch takes seconds to load

    settings = settings_of(context)
    with spark_session(settings, "retrain") as spark, EpochProgress() as progress:
        outcome = job.run(spark, settings, progress.epoch, force=force)
    if as_json:
        trained = outcome.trained
        print_json(
            {"decision": outcome.decision, "challenger": trained and trained.reference},
        )
        return
    console.print(f"{'not ' if outcome.trained is None else ''}trained: {outcome.decision.text}")
    if outcome.trained is not None:
        _print_registered(outcome.trained, as_json=False)


def sweep(
    context: typer.Context,
    trials: Annotated[int, typer.Option(min=1, help="How many settings are tried.")] = 20,
    epochs: Annotated[int | None, typer.Option(min=1, help="Default: the preset's.")] = None,
    preset: Annotated[
        str | None, typer.Option(help="Where the search starts: published, best or a file.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="SWEEP", help="Go on with a sweep: its folder in HOME/sweep."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Search for better settings of the encoder-decoder; write the best as a preset.

    Each trial is an MLflow run, nested in that of the sweep. `train --preset FILE` uses the result.
    """
    if resume and (epochs or preset):
        raise typer.BadParameter("--resume keeps the epochs and preset of its sweep")
    from jobs import sweep as job  # noqa: PLC0415 - torch takes seconds to load

    settings = settings_of(context)
    chosen = {"preset": preset, "epochs": epochs}
    settings = with_training(settings, {name: v for name, v in chosen.items() if v})
    with spark_session(settings, "sweep") as spark, SweepProgress(trials) as progress:
        found = job.run(
            spark, settings, progress.trial, progress.epoch, trials=trials, resume=resume
        )
    best_first = sorted(found.trials, key=lambda own: (own.value is None, own.value or 0.0))
    if as_json:
        names = ("number", "value", "params")
        trials_made = [
            {name: getattr(trial, name) for name in names} | {"state": trial.state.name.lower()}
            for trial in best_first
        ]
        print_json({"best": found.best.number, "preset": found.preset, "trials": trials_made})
        return
    table = Table("trial", "validation loss", "state", "settings")
    for trial in best_first[:10]:
        values = (f"{name.partition('.')[2]} {value:.4g}" for name, value in trial.params.items())
        value = "-" if trial.value is None else f"{trial.value:.4f}"
        table.add_row(str(trial.number), value, trial.state.name.lower(), ", ".join(values))
    console.print(table)
    console.print(f"best: trial {found.best.number}; `careerstream train --preset {found.preset}`")


def with_training(settings: Settings, chosen: Mapping[str, Any]) -> Settings:
    """Return settings with other values of the section training, checked."""
    try:
        training = TrainingSettings.model_validate(settings.training.model_dump() | {**chosen})
    except ValidationError as error:
        [first, *_] = error.errors()
        raise SettingsError(f"training.{first['loc'][0]}: {first['msg']}") from error
    return settings.model_copy(update={"training": training})


def _print_registered(trained: "Trained", *, as_json: bool) -> None:
    if as_json:
        content = trained.fitted.content
        blend = None if content is None else content.ranker.blend
        print_json(
            {
                "challenger": trained.reference,
                "processes": trained.fitted.processes,
                "blend": blend,
            }
        )
        return
    console.print(
        f"registered {trained.reference.name} version {trained.reference.version} as challenger, "
        f"trained by {trained.fitted.processes} process(es); `careerstream promote` measures it"
    )


def promote(
    context: typer.Context,
    force: Annotated[
        bool, typer.Option(help="Promote even if the gate refuses; the history records it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the challenger champion if it beats champion and baseline; exit code 6 if not."""
    from jobs import promote as job  # noqa: PLC0415 - torch takes seconds to load

    settings = settings_of(context)
    with spark_session(settings, "promote") as spark, console.status("measuring"):
        report, promotion = job.run(spark, settings, force=force)
    if as_json:
        print_json(report.to_dict())
    else:
        console.print(comparison_table(report.to_dict()))
        console.print(Paragraph(promotion.verdict.text))
        console.print(f"champion: version {promotion.champion.version}")
    if not promotion.promoted:
        raise typer.Exit(NOT_PROMOTED)


def rollback(context: typer.Context, as_json: Json = False) -> None:
    """Make the previous champion champion again."""
    from training.registry import model_registry  # noqa: PLC0415 - mlflow takes seconds to load

    previous = model_registry.rollback(settings_of(context))
    _print_champion(previous, as_json=as_json)


@app.command()
def init(context: typer.Context, as_json: Json = False) -> None:
    """Make the most-popular baseline champion if there is no champion.

    The jobs recommend and hot_path need a champion to start. `careerstream up` does this itself.
    """
    from training.registry.registration import ensure_champion  # noqa: PLC0415 - mlflow takes seconds to load

    champion = ensure_champion(settings_of(context))
    _print_champion(champion, as_json=as_json)


def _print_champion(champion: "ModelRef", *, as_json: bool) -> None:
    if as_json:
        print_json(champion)
        return
    console.print(f"champion: version {champion.version} of {champion.name} ({champion.kind})")


@app.command()
def outcomes(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Lists whose as_of is not earlier.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Count what people did with the lists of each version: clicks, applications, dismissals."""
    from jobs.rollouts.outcomes import OUTCOMES, read_outcomes  # noqa: PLC0415 - pyspark takes a second to load

    settings, moment = settings_of(context), _moment(since)
    with console.status("starting Spark"), spark_session(settings, "outcomes") as spark:
        found = read_outcomes(spark, settings, moment)
    if as_json:
        print_json(asdict(found))
        return
    table = Table("version", "lists", "people", *(f"{name} %" for name in OUTCOMES))
    for one in found.versions:
        whose = "" if one.personal else ", for everybody"
        cells = (
            f"{100 * rate.estimate:.1f} [{100 * rate.low:.1f}, {100 * rate.high:.1f}]"
            for rate in one.rates.values()
        )
        name = f"{one.model_name} {one.model_version}{whose}"
        table.add_row(name, f"{one.lists:,}", f"{one.candidates:,}", *cells)
    console.print(table)
    ranks = ", ".join(f"{rank}: {count:,}" for rank, count in found.clicks_by_rank.items())
    console.print(f"clicks by rank: {ranks or 'no event names a list and a rank'}")
    if found.unknown:
        text = f"{found.unknown:,} events name a list of the same person that is not in the lake"
        console.print(text)


def _moment(since: str | None) -> str | None:
    if since is None:
        return None
    try:
        return format_timestamp(parse_timestamp(since))
    except ValueError as error:
        text = f"--since {since!r} is no time; write it as 2026-03-01T00:00:00Z"
        raise SettingsError(text) from error


@app.callback(invoke_without_command=True)
def list_versions(context: typer.Context, as_json: Json = False) -> None:
    """List the registered versions and the history of champions."""
    if context.invoked_subcommand is not None:
        return
    from streaming.serving.champion import CHAMPION  # noqa: PLC0415 - mlflow takes seconds to load
    from training.registry import model_registry, tracking  # noqa: PLC0415

    settings = settings_of(context)
    client = tracking.setup(settings)
    with tracking.registry_errors(settings):
        versions = model_registry.versions(settings, client)
        history = model_registry.history(settings) if versions else []
        aliases = {
            alias: reference.version
            for alias in (CHAMPION, model_registry.CHALLENGER)
            if (reference := model_registry.version_of_alias(settings, client, alias))
        }
    if not versions:
        raise CareerstreamError(
            f"no model {settings.mlflow.model_name} is registered; `careerstream models init` "
            "registers the baseline, `careerstream train` trains a model"
        )
    if as_json:
        print_json({"versions": versions, "aliases": aliases, "champions": history})
        return
    table = Table(
        "version", "kind", "trained on events up to", "alias", "run", whole=("version", "run")
    )
    for version in versions:
        own = ", ".join(alias for alias, number in aliases.items() if number == version.version)
        table.add_row(version.version, version.kind, version.cut or "-", own, version.run_id)
    console.print(table)
    for entry in history:
        forced = " (forced)" if entry["forced"] else ""
        text = f"{entry['time']} version {entry['version']}{forced}: {entry['reason']}"
        console.print(Paragraph(text))
