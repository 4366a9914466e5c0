"""The client's wheel holds its modules, and they need nothing but kafka-python and orjson."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

CLIENT = Path(__file__).parents[2] / "client"
DECLARED = tomllib.loads((CLIENT / "pyproject.toml").read_text("utf-8"))["project"]
NEEDED = {"kafka", "orjson"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, because setuptools leaves folders beside what it builds."""
    source, out = tmp_path_factory.mktemp("source") / "client", tmp_path_factory.mktemp("wheel")
    shutil.copytree(CLIENT, source, ignore=shutil.ignore_patterns("*.egg-info", "build"))
    build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", out, source]
    subprocess.run([sys.executable, *build], check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


def test_it_holds_the_modules_and_nothing_else(wheel: Path) -> None:
    folder = CLIENT / "src" / "careerstream_client"
    files = [*folder.glob("*.py"), folder / "py.typed"]
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}

    assert names == {f"careerstream_client/{file.name}" for file in files}


def test_it_is_imported_where_there_is_nothing_but_what_it_needs(
    wheel: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path)
    for name in NEEDED:
        found = find_spec(name)
        assert found is not None
        assert found.origin is not None
        (tmp_path / name).symlink_to(Path(found.origin).parent)
    modules = [f"careerstream_client.{file.stem}" for file in _modules()]
    program = (
        f"import sys, importlib; sys.path.insert(0, {str(tmp_path)!r})\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
    )
    # -I -S: without site-packages.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_it_declares_what_it_needs_as_the_project_has_it() -> None:
    project = tomllib.loads((CLIENT.parent / "pyproject.toml").read_text("utf-8"))["project"]
    ours = {Requirement(line).name: Requirement(line) for line in project["dependencies"]}
    declared = [*DECLARED["dependencies"], *DECLARED["optional-dependencies"]["fast"]]

    assert {Requirement(line).name for line in DECLARED["dependencies"]} == {
        "kafka-python",
        "orjson",
    }
    assert [line for line in declared if Requirement(line) not in ours.values()] == []


def test_the_test_to_copy_passes_for_the_client_itself() -> None:
    file = CLIENT / "examples" / "test_careerstream_contract.py"
    options = ["-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(CLIENT)]
    program = [sys.executable, "-m", "pytest", *options, str(file)]
    environment = {"PYTHONPATH": str(CLIENT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}

    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def _modules() -> list[Path]:
    return list((CLIENT / "src" / "careerstream_client").glob("[!_]*.py"))
