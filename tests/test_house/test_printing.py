"""Texts reach the terminal through one console, which reads no markup in them."""

import ast
from collections.abc import Iterator

import house_map
import pytest

TERMINAL = "jobs.runtime.terminal"
PRINTERS = {TERMINAL, "jobs.runtime.progress", "jobs.runtime.tables"}
"""The modules that make what others print with."""
HARMLESS = {"rich.console.Group", "rich.live.Live", "rich.progress.Progress"}
READS_MARKUP = ("rich.markup", "rich.panel", "rich.progress.TextColumn", "rich.prompt")


def faults(module: str, source: str) -> Iterator[str]:
    """Name each use of Rich by which a text could be read as markup or reach the terminal raw."""
    for line, name in house_map.imported_names(source):
        if f"{name}.".startswith("rich.") and (
            name.startswith(READS_MARKUP) or (module not in PRINTERS and name not in HARMLESS)
        ):
            yield f"line {line}: imports {name}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in {"from_markup", "from_ansi"}:
            yield f"line {node.lineno}: {node.attr}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = {keyword.arg for keyword in node.keywords}
            if node.func.id in {"Console", "Text"} and module != TERMINAL:
                yield f"line {node.lineno}: makes a {node.func.id}"
            if node.func.id in {"Live", "Progress"} and not given & {"console", "disable"}:
                yield f"line {node.lineno}: {node.func.id} without our console"


def test_everything_is_printed_by_our_console() -> None:
    found = {
        module: lines
        for module, file in house_map.modules().items()
        if "rich" in (source := file.read_text("utf-8")) and (lines := list(faults(module, source)))
    }

    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "from rich.markup import escape",
        "from rich.table import Table",
        "from rich import print",
        "import rich",
        "Text.from_markup(title)",
        "Console()",
        "Live(table)",
    ],
)
def test_a_way_around_it_is_found(line: str) -> None:
    assert len(list(faults("jobs.cli.commands.status", line))) == 1


@pytest.mark.parametrize("line", ["from rich.progress import TextColumn", "Text(title)"])
def test_the_modules_that_print_have_rules_of_their_own(line: str) -> None:
    assert len(list(faults("jobs.runtime.progress", line))) == 1


def test_what_shows_through_our_console_is_left_alone() -> None:
    source = "from rich.live import Live\nLive('[b]', console=console)"
    assert list(faults("jobs.cli.commands.status", source)) == []
