"""Reads the map of the house from ARCHITECTURE.md, and the imports from the code."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[2]
PACKAGES = ("streaming", "training", "infra", "jobs")
_ROW = re.compile(r"^\| `([a-z_/]+)` \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)
_NAME = re.compile(r"`([a-z_/]+(?:/\*)?)`")

Graph = Mapping[str, set[str]]
"""What each module or room imports."""


class Row(NamedTuple):
    """A row of the map; `may_import` holds rooms, and `PACKAGE/*` for all rooms of a package."""

    room: str
    contents: str
    may_import: tuple[str, ...]


def rows(text: str) -> list[Row]:
    """Read the rows of the map from the text of ARCHITECTURE.md, in their order."""
    return [
        Row(room, what, tuple(_NAME.findall(names))) for room, what, names in _ROW.findall(text)
    ]


def read_map() -> list[Row]:
    return rows((PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8"))


def source_files(folder: str) -> list[Path]:
    return sorted((PROJECT / folder).rglob("*.py"))


def modules() -> dict[str, Path]:
    """Map the dotted name of every module of the four packages to its file."""
    return {module_name(file): file for package in PACKAGES for file in source_files(package)}


def module_name(file: Path) -> str:
    parts = file.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def folder_of(file: Path) -> str:
    return file.parent.relative_to(PROJECT).as_posix()


def imported_names(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of every import, also of those inside functions.

    `from a import b` is `a.b`, whether `b` is a module or not.

    Raises:
        ValueError: an import is relative; ours are absolute.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise ValueError(f"line {node.lineno}: a relative import")
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def imports_between(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Build the import graph of modules.

    Args:
        sources: the source text of each module, by dotted name.
    """
    graph: dict[str, set[str]] = {}
    for module, source in sources.items():
        targets = {_known(name, sources) for _, name in imported_names(source)}
        graph[module] = {target for target in targets if target and target != module}
    return graph


def _known(name: str, sources: Mapping[str, str]) -> str | None:
    """Return the module that an imported name belongs to; None where it is not ours."""
    while name and name not in sources:
        name = name.rpartition(".")[0]
    return name or None


def room_of(folder: str, rooms: Iterable[str]) -> str | None:
    """Return the room of a folder: its own row, or else that of the nearest folder above it."""
    rooms = set(rooms)
    while folder and folder not in rooms:
        folder = folder.rpartition("/")[0]
    return folder or None


def circles(graph: Graph) -> list[list[str]]:
    """Return the groups of nodes that import each other, directly or over others (Tarjan 1972)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(node: str) -> None:
        order[node] = lowest[node] = len(order)
        stack.append(node)
        for target in sorted(graph.get(node, ())):
            if target not in order:
                visit(target)
            if target in stack:
                lowest[node] = min(lowest[node], lowest[target])
        if lowest[node] == order[node]:
            start = stack.index(node)
            groups.append(sorted(stack[start:]))
            del stack[start:]

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return [group for group in groups if len(group) > 1]
