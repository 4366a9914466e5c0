"""The arrows between the packages, read from the imports; and names that would shadow a package."""

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
MAY_IMPORT = {
    "streaming": set[str](),
    "training": {"streaming"},
    "infra": {"streaming"},
    "jobs": {"streaming", "training", "infra"},
}


def _imports(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Yield line and top-level package of every import, inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, package if node.level else (node.module or "").partition(".")[0]


def _wrong_arrows(source: str, package: str) -> list[str]:
    forbidden = set(MAY_IMPORT) - MAY_IMPORT[package] - {package}
    found = [(line, name) for line, name in _imports(source, package) if name in forbidden]
    return [f"line {line}: {package} may not import {name}" for line, name in found]


def _sources(package: str) -> list[Path]:
    return sorted((PROJECT / package).rglob("*.py"))


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_every_import_follows_an_arrow(package: str) -> None:
    assert _sources(package)
    wrong = {
        str(file.relative_to(PROJECT)): found
        for file in _sources(package)
        if (found := _wrong_arrows(file.read_text(encoding="utf-8"), package))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("streaming", "import training"),
        ("streaming", "from infra.broker.embedded import Broker"),
        ("training", "def f():\n    from jobs import cli"),
        ("infra", "import numpy, training.model.network as m"),
    ],
)
def test_a_wrong_arrow_is_found(package: str, line: str) -> None:
    assert len(_wrong_arrows(line, package)) == 1


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_nothing_is_imported_from_tests_or_notebooks(package: str) -> None:
    for file in _sources(package):
        names = {name for _, name in _imports(file.read_text(encoding="utf-8"), package)}
        assert not names & {"tests", "notebooks", "conftest"}, file


def test_no_job_file_shadows_a_module_when_submitted() -> None:
    # spark-submit jobs/NAME.py puts the folder jobs/ before everything else on the path.
    mine = {file.stem for file in (PROJECT / "jobs").glob("*.py")} - {"__init__"}
    mine |= {folder.parent.name for folder in (PROJECT / "jobs").glob("*/__init__.py")}
    others = set(sys.stdlib_module_names) | set(packages_distributions()) - set(MAY_IMPORT)
    assert not mine & (others | set(MAY_IMPORT))


def test_no_test_folder_shadows_a_package() -> None:
    assert not list((PROJECT / "tests").rglob("__init__.py"))
    files = [file.name for file in (PROJECT / "tests").rglob("test_*.py")]
    assert len(files) == len(set(files)), "two test files of one name"
    folders = {folder.name for folder in (PROJECT / "tests").iterdir() if folder.is_dir()}
    assert not folders & set(MAY_IMPORT)


def test_set_up_imports_nothing_that_must_be_installed() -> None:
    # What the set-up itself imports; the others of the room run when all is installed.
    files = [
        file
        for file in _sources("infra/setup")
        if file.stem not in {"doctor", "packed_environment"}
    ]
    files += [PROJECT / "infra" / "__init__.py", *_sources("infra/process")]
    files += [
        PROJECT / "streaming" / f"{name}.py" for name in ("__init__", "dependencies", "errors")
    ]
    files.remove(PROJECT / "infra" / "process" / "supervisor.py")
    for file in files:
        names = {name for _, name in _imports(file.read_text(encoding="utf-8"), "infra")}
        assert names <= sys.stdlib_module_names | {"infra", "streaming"}, file
