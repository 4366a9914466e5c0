"""`careerstream docs`: writes the reference pages under docs/ from the code.

The pages are the contract, settings, commands and metrics. Tests compare the files of the
repository with what the code makes.
"""

import html
import inspect
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from jinja2 import Environment, FileSystemLoader
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from typer.cli import get_docs_for_click

from jobs.cli.commands.invocation import Json, print_json
from jobs.cli.commands.models import NOT_PROMOTED
from streaming import errors
from streaming.contract import documents
from streaming.logs import BATCH_FIELDS
from streaming.metrics.definitions import METRICS
from streaming.settings import CONFIG_VARIABLE, DEFAULT_CONFIG, Settings, environment_name, names

COMMANDS_HEAD = """\
`careerstream docs` writes this page from the command line itself. Words in capitals, such as `FILE`
or `FOLDER`, stand for values that you give. The options of `careerstream` go before the name of the
command. Every command takes settings by `--set` ([settings.md](settings.md)).

"""
TYPE_NAMES: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    Path: "path",
    SecretStr: "secret text",
    dict[str, str]: "table of texts",
}
LIMIT_NAMES = {"ge": "at least", "gt": "above", "le": "at most"}


def docs(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")] = Path("docs"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing. Fail if a file would change.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the reference pages: contract, settings, commands and metrics."""
    command = context.find_root().command
    if not check:
        written = write(folder, command)
        if as_json:
            print_json(written)
        for path in () if as_json else written:
            typer.echo(path)
    elif stale := outdated(folder, command):
        files = ", ".join(map(str, stale))
        raise errors.InputError(
            f"{files} would change; write them with `careerstream docs {folder}`"
        )


def commands_page(command: Any) -> str:
    """Describe the whole command line, a click command, with its exit codes in Markdown."""
    context = typer.Context(command, info_name="careerstream", **command.context_settings)
    page = html.unescape(get_docs_for_click(obj=command, ctx=context, name="careerstream"))
    title, rest = page.split("\n\n", 1)
    return f"{title}\n\n{COMMANDS_HEAD}{rest.rstrip()}\n\n{_exit_codes()}"


def settings_page() -> str:
    """Describe every setting, section by section, in Markdown."""
    return _render(
        "settings.md.j2",
        sections=groupby(names().items(), key=lambda item: item[0].rpartition(".")[0]),
        config_variable=CONFIG_VARIABLE,
        default_config=DEFAULT_CONFIG,
    )


def metrics_page() -> str:
    """Describe every metric in Markdown."""
    return _render("metrics.md.j2", metrics=METRICS, fields=BATCH_FIELDS)


def pages(command: Any) -> Iterator[tuple[str, str]]:
    """Yield the path below docs/ and the content of every page."""
    for name, content in documents.contract_documents():
        yield f"contract/{name}", content
    yield "settings.md", settings_page()
    yield "commands.md", commands_page(command)
    yield "metrics.md", metrics_page()


def write(folder: Path, command: Any) -> list[Path]:
    """Write every page into a folder; return the files."""
    written = []
    for name, content in pages(command):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        written.append(file)
    return written


def outdated(folder: Path, command: Any) -> list[Path]:
    """List the pages that are missing from a folder or differ from what `write` would write."""
    return [
        folder / name
        for name, content in pages(command)
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != content
    ]


def _exit_codes() -> str:
    meanings = {0: ["Done."], 1: ["Something else went wrong; the line says what."]}
    for kind in errors.CareerstreamError.__subclasses__():
        if kind.__module__ == errors.__name__:
            meanings.setdefault(kind.exit_code, []).append(inspect.getdoc(kind) or "")
    meanings[NOT_PROMOTED] = ["`promote`: the gate refuses the challenger."]
    meanings[errors.UNEXPECTED_EXIT_CODE] = [
        "An unexpected error; `--debug` shows where it happened."
    ]
    rows = (f"| {code} | {' '.join(texts)} |\n" for code, texts in sorted(meanings.items()))
    return "## Exit codes\n\n| code | meaning |\n| --- | --- |\n" + "".join(rows)


def _render(template: str, **values: Any) -> str:
    # Markdown needs no escaping: the values come from our own code.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(Path(__file__).parent), keep_trailing_newline=True
    )
    environment.filters |= {
        "code": "`{}`".format,
        "short": "{:g}".format,
        "section": lambda name: inspect.getdoc(Settings.model_fields[name].annotation),
        "type": _type,
        "literal": _literal,
        "variable": environment_name,
    }
    return environment.get_template(template).render(values)


def _literal(value: Any) -> str:
    if value is None:
        return "none"
    return f'`"{value}"`' if isinstance(value, (str, Path)) else f"`{value}`"


def _type(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) not in {Union, UnionType}:
        return _type_name(kind, field.metadata)
    kinds = [part for part in get_args(kind) if part is not NoneType]
    return ", or ".join(_type_name(part, field.metadata) for part in kinds)


def _type_name(kind: Any, constraints: list[Any]) -> str:
    """Describe a type and its limits in words."""
    if get_origin(kind) is Literal:
        values = [f"`{value}`" for value in get_args(kind)]
        return values[0] if len(values) == 1 else f"one of {', '.join(values)}"
    if get_origin(kind) is Annotated:
        kind, field = get_args(kind)
        constraints = field.metadata
    limits = [
        f"{text} {getattr(constraint, name):g}"
        for constraint in constraints
        for name, text in LIMIT_NAMES.items()
        if hasattr(constraint, name)
    ]
    return ", ".join([TYPE_NAMES[kind], *limits])
