"""careerstream rollout: the challenger for a share of the candidates, or beside the champion."""

import secrets
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.tables import Table
from jobs.runtime.terminal import Paragraph, console
from streaming.errors import InputError, ModelError
from streaming.settings import Settings

if TYPE_CHECKING:
    from streaming.serving.rollouts.rollout import Rollout, RolloutHistory

HARMFUL = 6
"""Exit code of `check` when the challenger is worse, as of `promote` when the gate refuses it."""

app = typer.Typer(
    no_args_is_help=True, help="Try the challenger on a share of the candidates, in the stream."
)


def parse_share(text: str) -> float:
    """Read `5%` or `0.05` as a share between 0 and 1.

    Raises:
        InputError: it is none.
    """
    number, percent = (text[:-1], 100.0) if text.endswith("%") else (text, 1.0)
    try:
        share = float(number) / percent
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise InputError(f"--share {text} is no share of the candidates; write 5% or 0.05")
    return share


@app.command()
def start(
    context: typer.Context,
    share: Annotated[str, typer.Option(help="Of the candidates, as 5% or 0.05.")],
    canary: Annotated[
        bool, typer.Option("--canary", help="They get the challenger's lists.")
    ] = False,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Its lists are made and kept, and nobody sees them.")
    ] = False,
    version: Annotated[str, typer.Option(help="Number or alias of the version.")] = "challenger",
    salt: Annotated[
        str | None,
        typer.Option(help="Decides who is in the share; with an older one the same people are."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Start a rollout: the stream takes it up within seconds, and ends it where it does harm."""
    if canary == shadow:
        raise InputError("say what becomes of the challenger's lists: --canary or --shadow")
    from streaming.serving.rollouts.rollout import Mode, Rollout, now, start_rollout  # noqa: PLC0415 - mlflow takes seconds to load
    from training.registry.model_registry import champion, find_version  # noqa: PLC0415

    settings, chosen = settings_of(context), parse_share(share)
    serving, challenger = champion(settings), find_version(settings, version)
    if challenger == serving:
        raise ModelError(f"version {serving.version} is champion already; name another --version")
    rollout_id = secrets.token_hex(6)
    rollout = Rollout(
        rollout_id=rollout_id,
        mode=str(Mode.SHADOW if shadow else Mode.CANARY),
        share=chosen,
        salt=salt or rollout_id,
        champion_version=serving.version,
        model_version=challenger.version,
        started_at=now(),
    )
    start_rollout(settings, rollout)
    if as_json:
        print_json(asdict(rollout))
        return
    console.print(Paragraph(f"{_line(rollout)}; `careerstream rollout status` shows how it goes"))


@app.command()
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show the rollout that is on, what the newest look at it found, and those that have ended."""
    from streaming.serving.rollouts.rollout import read_rollouts  # noqa: PLC0415 - mlflow takes seconds to load

    history = read_rollouts(settings_of(context))
    if as_json:
        print_json(asdict(history))
        return
    if history.current is None:
        console.print("no rollout is on")
    else:
        console.print(Paragraph(_line(history.current)))
        _print_look(history.look)
    if history.remake:
        versions = ", ".join(history.remake)
        console.print(Paragraph(f"the stream makes the lists of version {versions} again"))
    for one in reversed(history.ended):
        text = f"{one.ended_at} version {one.rollout.model_version} {one.outcome}: {one.reason}"
        console.print(Paragraph(text))


@app.command()
def check(context: typer.Context, as_json: Json = False) -> None:
    """Look now at what people did with the lists; harm ends the rollout, with exit code 6.

    The job archive does the same every rollout.check_seconds.
    """
    from jobs.rollouts import looks  # noqa: PLC0415 - pyspark takes a second to load

    settings = settings_of(context)
    rollout = _current(settings)
    with console.status("starting Spark"), spark_session(settings, "rollout-check") as spark:
        found = looks.look(spark, settings, rollout)
    harm = found.harm if isinstance(found, looks.CanaryLook) else None
    if as_json:
        print_json(looks.as_json(found) | {"harm": harm})
    else:
        _print_look(looks.as_json(found))
        if harm:
            console.print(Paragraph(f"aborted: {harm}"))
    if harm:
        raise typer.Exit(HARMFUL)


@app.command()
def finish(context: typer.Context, as_json: Json = False) -> None:
    """Make the challenger of the rollout champion, for everybody."""
    from streaming.serving.rollouts.rollout import Outcome, end_rollout  # noqa: PLC0415 - mlflow takes seconds to load
    from training.registry.model_registry import find_version, set_champion  # noqa: PLC0415

    settings = settings_of(context)
    rollout = _current(settings)
    version = find_version(settings, rollout.model_version)
    reason = f"rollout {rollout.rollout_id} to {_percent(rollout.share)} of the candidates"
    set_champion(settings, version, reason=reason, forced=False)
    end_rollout(settings, rollout, Outcome.FINISHED, "by hand")
    if as_json:
        print_json({"champion": version, "rollout_id": rollout.rollout_id})
        return
    console.print(f"champion: version {version.version} of {version.name}")


@app.command()
def abort(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Kept in the history.")] = "by hand",
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait until the lists are made again.")
    ] = 60.0,
    as_json: Json = False,
) -> None:
    """End the rollout; the stream makes the challenger's lists again, with the champion."""
    from streaming.serving.rollouts.rollout import Outcome, end_rollout, read_rollouts  # noqa: PLC0415 - mlflow takes seconds to load

    settings = settings_of(context)
    rollout = _current(settings)
    end_rollout(settings, rollout, Outcome.ABORTED, reason)
    deadline = time.monotonic() + wait
    with console.status("until the stream has made the lists again"):
        while rollout.model_version in (left := read_rollouts(settings).remake):
            if time.monotonic() >= deadline:
                break
            time.sleep(0.5)
    remade = rollout.model_version not in left
    if as_json:
        print_json({"rollout_id": rollout.rollout_id, "remade": remade})
        return
    console.print(f"rollout {rollout.rollout_id} of version {rollout.model_version} is aborted")
    if not remade:
        text = (
            "its lists are not made again yet: the stream does that as soon as it runs "
            "(`careerstream up`), and `careerstream rollout status` says when it has"
        )
        console.print(Paragraph(text))


def _current(settings: Settings) -> "Rollout":
    from streaming.serving.rollouts.rollout import read_rollouts  # noqa: PLC0415 - mlflow takes seconds to load

    history: RolloutHistory = read_rollouts(settings)
    if history.current is None:
        last = f"; the last one: {history.ended[-1].reason}" if history.ended else ""
        raise ModelError(f"no rollout is on{last}; `careerstream rollout start` starts one")
    return history.current


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _line(rollout: "Rollout") -> str:
    does = "is tried unseen on" if rollout.mode == "shadow" else "serves"
    return (
        f"rollout {rollout.rollout_id}: version {rollout.model_version} {does} "
        f"{_percent(rollout.share)} of the candidates, beside champion {rollout.champion_version}, "
        f"since {rollout.started_at}"
    )


def _print_look(look: dict[str, Any] | None) -> None:
    if look is None:
        text = "nobody has looked at it yet: archive does, or `careerstream rollout check`"
        console.print(Paragraph(text))
        return
    if "evidence" not in look:
        shares = (look["same_postings"], look["same_first"])
        same, first = ("-" if one is None else _percent(one) for one in shares)
        text = (
            f"{look['lists']:,} lists were made twice; {same} of the postings are the same, and "
            f"the first one in {first} of the lists ({look['looked_at']})"
        )
        console.print(Paragraph(text))
        return
    arms = ("champion", "challenger")
    table = Table("", *arms, "evidence of harm")
    for name in ("lists", "people"):
        table.add_row(name, *(f"{look[arm][name]:,}" for arm in arms), "")
    for name in look["champion"]["rates"]:
        rates = (f"{100 * look[arm]['rates'][name]:.2f} %" for arm in arms)
        evidence = look["evidence"].get(name)
        table.add_row(name, *rates, "" if evidence is None else f"{evidence:.3g}")
    console.print(table)
    text = f"at {look['looked_at']}; evidence of {look['limit']:g} or more ends the rollout"
    console.print(Paragraph(text))
