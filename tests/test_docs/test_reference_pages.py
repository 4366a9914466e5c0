"""The generated pages hold every command and every setting, and are what the code makes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from jobs.cli import reference_pages
from jobs.cli.app import app
from streaming.settings import Settings, environment_name, load, names

DOCS = Path(__file__).parents[2] / "docs"


def commands(command: Any, path: str = "careerstream") -> Iterator[tuple[str, Any]]:
    """Walk the command line itself."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{path} {name}")


COMMAND = typer.main.get_command(app)
COMMANDS = dict(commands(COMMAND))


def test_the_pages_are_what_the_code_makes() -> None:
    assert reference_pages.outdated(DOCS, COMMAND) == [], "run `careerstream docs`"


def test_every_command_is_documented_with_all_its_options() -> None:
    page = (DOCS / "commands.md").read_text("utf-8")

    for path, command in COMMANDS.items():
        _, _, rest = page.partition(f"# `{path}`\n")
        part = rest.partition("\n# ")[0].partition("\n## ")[0].partition("\n### ")[0]
        assert part, f"{path} is not documented"
        for option in command.params:
            for spelling in option.opts:
                assert spelling in part, f"{path} {spelling} is not documented"


def test_every_command_says_what_it_does() -> None:
    for path, command in COMMANDS.items():
        assert command.help, path
        for option in command.params:
            told = option.help or option.name in {"install_completion", "show_completion"}
            assert told, f"{path} {option.name} has no help"


def test_every_setting_is_documented() -> None:
    page = (DOCS / "settings.md").read_text("utf-8")

    for name, field in names().items():
        assert field.description, name
        row = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        assert field.description in row
        assert f"`{environment_name(name)}`" in row


def test_the_environment_names_work(monkeypatch: Any) -> None:
    given = {"kafka.topic_prefix": "t.", "spark.conf": '{"a": "b"}', "recommend.list_size": "3"}
    for name, value in given.items():
        monkeypatch.setenv(environment_name(name), value)

    settings = load()

    assert isinstance(settings, Settings)
    assert settings.kafka.topic_prefix == "t."
    assert settings.spark.conf == {"a": "b"}
    assert settings.recommend.list_size == 3
