"""careerstream understand and benchmark wishes: what a text says, and how well that is read."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from jobs.cli.commands.invocation import Json, print_json
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.errors import InputError, quote

FIELDS = ("text", "values", "part", "kind")


def understand(
    text: Annotated[str, typer.Argument(help="What somebody wishes for, English or Chinese.")],
    as_json: Json = False,
) -> None:
    """Print the values that a text says: skills, titles, places, pay, each with its words.

    Rules read its first 4,000 characters, over the embedded taxonomy and tables of names.
    """
    from streaming.language.understanding import understand as values_of  # noqa: PLC0415

    if not text.strip():
        raise InputError("the text is empty; say what somebody wishes for, in English or Chinese")
    values = values_of(text, _vocabulary())
    if as_json:
        print_json([value.model_dump(mode="json") for value in values])
        return
    if not values:
        console.print("the text says nothing that is known")
        return
    table = Table("field", "value", "strength", "words")
    for value in values:
        content = value.value if isinstance(value.value, str) else str(value.value)
        table.add_row(value.field.value, content, value.strength.value, value.span)
    console.print(table)


def wishes(
    files: Annotated[list[Path], typer.Argument(help="JSON lines: text, values, part, kind.")],
    part: Annotated[
        Literal["validation", "held_out"], typer.Option(help="The lines that are read.")
    ] = "validation",
    as_json: Json = False,
) -> None:
    """Compare what is read in wishes with what they mean: values found and wrong values."""
    report = {file.name: _measured(file, part) for file in files}
    if as_json:
        print_json(report)
        return
    table = Table("file", "kind", "values", "found", "wrong")
    for name, kinds in report.items():
        for kind, score in kinds.items():
            shares = (_text(score["found"]), _text(score["wrong"]))
            table.add_row(name, kind, str(score["values"]), *shares)
    console.print(table)


def _measured(file: Path, part: str) -> dict[str, Any]:
    """Return the score of each kind of wish in a file, and of all."""
    from streaming.language.understanding import understand as values_of  # noqa: PLC0415
    from streaming.language.wish_scoring import WishScore  # noqa: PLC0415

    vocabulary, scores = _vocabulary(), {"all": WishScore()}
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        chosen = [line for line in lines if line["part"] == part]
        for line in chosen:
            values = values_of(line["text"], vocabulary)
            for kind in ("all", line["kind"]):
                scores.setdefault(kind, WishScore()).add(line["values"], values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{quote(str(file))} is no file of wishes ({error}); give JSON lines with"
            f" {', '.join(FIELDS)}"
        ) from error
    return {kind: score.report() for kind, score in scores.items()}


def _vocabulary() -> Any:
    from infra.simulator.taxonomy_export import embedded_taxonomy  # noqa: PLC0415
    from streaming.language.vocabulary import Vocabulary, taxonomy_names  # noqa: PLC0415

    return Vocabulary.of(taxonomy_names(embedded_taxonomy()))


def _text(share: dict[str, float]) -> str:
    return f"{share['share']:.3f} ({share['low']:.3f} to {share['high']:.3f})"
