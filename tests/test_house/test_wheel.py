"""The wheel holds our Python files and templates, nothing else, and works without the checkout."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGES = ("streaming", "training", "jobs", "infra")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, because setuptools leaves folders beside what it builds."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    tracked = [*_ours(), Path("pyproject.toml"), Path("LICENSE"), Path("README.md")]
    # What must stay out is there, so that its absence from the wheel means something.
    strangers = [
        Path("infra/terraform/main.tf"),
        Path("notebooks/flow.py"),
        Path("tests/test_x.py"),
    ]
    for name in tracked:
        _write(source / name, (PROJECT / name).read_bytes())
    for name in strangers:
        _write(source / name, b"")
    build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", out, source]
    subprocess.run([sys.executable, *build], check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


def _ours() -> list[Path]:
    kinds = ("*.py", "*.j2", "*.css", "*.java", "*.js", "py.typed")
    files = [file for package in PACKAGES for kind in kinds for file in _all(package, kind)]
    return [file.relative_to(PROJECT) for file in files]


def _all(package: str, kind: str) -> list[Path]:
    return sorted((PROJECT / package).rglob(kind))


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def test_it_holds_our_files_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert names == {file.as_posix() for file in _ours()}


def test_it_is_for_any_platform_and_names_the_licence(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as packed:
        (metadata,) = (name for name in packed.namelist() if name.endswith("METADATA"))
        assert "License-Expression: Apache-2.0" in packed.read(metadata).decode()
        assert any(name.endswith("licenses/LICENSE") for name in packed.namelist())


def test_it_is_imported_from_where_it_was_installed(wheel: Path, tmp_path: Path) -> None:
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    elsewhere.mkdir()
    install = ["pip", "install", "--quiet", "--offline", "--no-deps", "--target", target, wheel]
    subprocess.run([Path(sys.executable).with_name("uv"), *install], check=True, cwd=elsewhere)
    modules = [file.with_suffix("").as_posix().replace("/", ".") for file in _light_modules()]
    program = (
        f"import sys; sys.path.insert(0, {str(target)!r}); import importlib\n"
        f"for name in {modules!r}:\n"
        "    module = importlib.import_module(name)\n"
        f"    assert module.__file__.startswith({str(target)!r}), module.__file__\n"
    )
    # -P: neither the working directory nor the script's folder on the path.
    command = [sys.executable, "-P", "-c", program]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _light_modules() -> list[Path]:
    """Every module that is no program: importing one must have no effect."""
    return [file for file in _ours() if file.suffix == ".py" and file.stem != "__main__"]
