"""Names that would shadow a package, and what the set-up may import."""

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import house_map
import pytest

PROJECT = house_map.PROJECT
PACKAGES = house_map.PACKAGES


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_imported_from_tests_or_notebooks(package: str) -> None:
    files = house_map.source_files(package)
    assert files
    for file in files:
        names = {name.partition(".")[0] for _, name in _imports(file)}
        assert not names & {"tests", "notebooks", "conftest"}, file


def test_no_job_file_shadows_a_module_when_submitted() -> None:
    # spark-submit jobs/NAME.py puts the folder jobs/ before everything else on the path.
    mine = {file.stem for file in (PROJECT / "jobs").glob("*.py")} - {"__init__"}
    mine |= {folder.parent.name for folder in (PROJECT / "jobs").glob("*/__init__.py")}
    others = set(sys.stdlib_module_names) | set(packages_distributions()) - set(PACKAGES)
    assert not mine & (others | set(PACKAGES))


def test_no_test_folder_shadows_a_package() -> None:
    assert not list((PROJECT / "tests").rglob("__init__.py"))
    files = [file.name for file in (PROJECT / "tests").rglob("test_*.py")]
    assert len(files) == len(set(files)), "two test files of one name"
    folders = {folder.name for folder in (PROJECT / "tests").iterdir() if folder.is_dir()}
    assert not folders & set(PACKAGES)


def test_set_up_imports_nothing_that_must_be_installed() -> None:
    # What the set-up itself imports; the others of the room run when all is installed.
    files = [
        file
        for file in house_map.source_files("infra/setup")
        if file.stem not in {"doctor", "packed_environment"}
    ]
    files += [PROJECT / "infra" / "__init__.py", *house_map.source_files("infra/process")]
    files += [
        PROJECT / "streaming" / f"{name}.py" for name in ("__init__", "dependencies", "errors")
    ]
    files.remove(PROJECT / "infra" / "process" / "supervisor.py")
    for file in files:
        names = {name.partition(".")[0] for _, name in _imports(file)}
        assert names <= sys.stdlib_module_names | {"infra", "streaming"}, file


def _imports(file: Path) -> list[tuple[int, str]]:
    return list(house_map.imported_names(file.read_text(encoding="utf-8")))
