"""The reference under docs/, made from the code: contract, settings, commands, metrics.

`careerstream docs` writes it; the tests hold the files of the repository against it.
"""

import html
import inspect
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from typer.cli import get_docs_for_click

from jobs.cli.app import app
from jobs.cli.commands.models import NOT_PROMOTED
from jobs.cli.metrics_page import metrics_page
from streaming import errors
from streaming.contract import schemas
from streaming.settings import CONFIG_VARIABLE, DEFAULT_CONFIG, Settings, names

COMMANDS_HEAD = """\
Written by `careerstream docs` from the command line itself. `FILE`, `FOLDER` and the like stand for
what you give; every command takes the options of `careerstream` before its name, and settings by
`--set` ([settings.md](settings.md)).

"""
SETTINGS_HEAD = f"""\
# Settings

Written by `careerstream docs` from `streaming/settings.py`; `careerstream settings` prints the
values in force. Every setting can be given in three ways, under the same name:

- as a flag before the command: `careerstream --set kafka.topic_prefix=staging. topics list`,
- in the environment: `CAREERSTREAM_KAFKA__TOPIC_PREFIX=staging.`,
- in a TOML file: `topic_prefix = "staging."` in the section `[kafka]`. The file is the one given by
  `--config` or `{CONFIG_VARIABLE}`, else `{DEFAULT_CONFIG}` in the working directory.

A flag wins over the environment, the environment over the file. A name that does not exist is an
error. HOME stands for the setting `home`. A table is JSON in the environment, and a TOML table
elsewhere.
"""
WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    Path: "path",
    SecretStr: "secret text",
    dict[str, str]: "table of texts",
}
LIMITS = {"ge": "at least", "gt": "above", "le": "at most"}


def commands_page() -> str:
    """Describe every command with its arguments and options, and the exit codes, in Markdown."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="careerstream")
    page = html.unescape(get_docs_for_click(obj=command, ctx=context, name="careerstream"))
    title, rest = page.split("\n\n", 1)
    return f"{title}\n\n{COMMANDS_HEAD}{rest.rstrip()}\n\n{_exit_codes()}"


def settings_page() -> str:
    """Describe every setting, section by section, in Markdown."""
    sections = groupby(names().items(), key=lambda item: item[0].rpartition(".")[0])
    return SETTINGS_HEAD + "".join(_section(name, dict(fields)) for name, fields in sections)


def documents() -> Iterator[tuple[str, str]]:
    """Yield path below docs/ and content of every generated document."""
    for name, content in schemas.documents():
        yield f"contract/{name}", content
    yield "settings.md", settings_page()
    yield "commands.md", commands_page()
    yield "metrics.md", metrics_page()


def write(folder: Path) -> list[Path]:
    """Write every generated document into a folder; return the files."""
    written = []
    for name, content in documents():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        written.append(file)
    return written


def outdated(folder: Path) -> list[Path]:
    """List the files of a folder that are missing or not as `write` would write them."""
    return [
        folder / name
        for name, content in documents()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != content
    ]


def _exit_codes() -> str:
    meanings = {0: ["Done."], 1: ["Something else went wrong; the line says what."]}
    for kind in errors.CareerstreamError.__subclasses__():
        if kind.__module__ == errors.__name__:
            meanings.setdefault(kind.exit_code, []).append(inspect.getdoc(kind) or "")
    meanings[NOT_PROMOTED] = ["`promote`: the gate says no."]
    meanings[errors.UNEXPECTED] = ["An error that nobody foresaw; `--debug` shows where."]
    rows = (f"| {code} | {' '.join(words)} |\n" for code, words in sorted(meanings.items()))
    return "## Exit codes\n\n| code | meaning |\n| --- | --- |\n" + "".join(rows)


def _section(name: str, fields: dict[str, FieldInfo]) -> str:
    if not name:
        title, about = "Top level", "Before the first section of a file."
    else:
        kind = Settings.model_fields[name].annotation
        title, about = f"`[{name}]`", inspect.getdoc(kind) or ""
    head = "| name | type | default | meaning | environment |\n| --- | --- | --- | --- | --- |\n"
    rows = (_row(setting, field) for setting, field in fields.items())
    return f"\n## {title}\n\n{about}\n\n{head}{''.join(rows)}"


def _row(name: str, field: FieldInfo) -> str:
    default = "none" if field.default is None else f"`{_literal(field.default)}`"
    variable = environment_name(name)
    return f"| `{name}` | {_type(field)} | {default} | {field.description} | `{variable}` |\n"


def environment_name(setting: str) -> str:
    """Spell a setting's dotted name as its environment variable."""
    return "CAREERSTREAM_" + setting.replace(".", "__").upper()


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, (str, Path)) else str(value)


def _type(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) not in {Union, UnionType}:
        return _kind(kind, field.metadata)
    kinds = [part for part in get_args(kind) if part is not NoneType]
    return ", or ".join(_kind(part, field.metadata) for part in kinds)


def _kind(kind: Any, rules: list[Any]) -> str:
    """Name a type in words, with its limits."""
    if get_origin(kind) is Literal:
        values = [f"`{value}`" for value in get_args(kind)]
        return values[0] if len(values) == 1 else f"one of {', '.join(values)}"
    if get_origin(kind) is Annotated:
        kind, info = get_args(kind)
        rules = info.metadata
    limits = [
        f"{words} {getattr(rule, name):g}"
        for rule in rules
        for name, words in LIMITS.items()
        if hasattr(rule, name)
    ]
    return ", ".join([WORDS[kind], *limits])
