"""The files under docs/contract say what the code says, and a file that does not is found."""

from pathlib import Path

import pytest
from typer.main import get_command

from jobs.cli import reference_pages
from jobs.cli.app import app
from streaming.contract import documents
from streaming.errors import InputError

COMMAND = get_command(app)
DOCS = Path(__file__).parents[3] / "docs"
NAMES = [name for name, _ in reference_pages.pages(COMMAND) if name.startswith("contract/")]


def test_the_files_are_what_the_code_makes() -> None:
    assert reference_pages.outdated(DOCS, COMMAND) == [], "run `careerstream docs`"


def test_no_file_is_left_of_something_that_is_gone() -> None:
    found = {f"contract/{file.name}" for file in (DOCS / "contract").iterdir()}

    assert found == set(NAMES)


def test_each_drifting_or_missing_file_is_found(tmp_path: Path) -> None:
    reference_pages.write(tmp_path, COMMAND)
    files = [tmp_path / name for name in NAMES]
    for file in files[:-1]:
        # One letter is enough.
        file.write_text(file.read_text("utf-8").replace("e", "E", 1), "utf-8")
    files[-1].unlink()

    assert reference_pages.outdated(tmp_path, COMMAND) == files


def test_the_command_says_which_file_drifts(tmp_path: Path) -> None:
    reference_pages.write(tmp_path, COMMAND)
    (tmp_path / "settings.md").write_text("", "utf-8")

    with pytest.raises(InputError, match=r"settings\.md would change") as caught:
        app(["docs", "--check", str(tmp_path)], standalone_mode=False)
    assert "commands.md" not in str(caught.value)


def test_writing_twice_is_writing_once(tmp_path: Path) -> None:
    first = {file: file.read_bytes() for file in reference_pages.write(tmp_path, COMMAND)}

    assert {file: file.read_bytes() for file in reference_pages.write(tmp_path, COMMAND)} == first
    others = {"commands.md", "metrics.md", "settings.md"}
    assert {file.name for file in first} == others | {
        name for name, _ in documents.contract_documents()
    }
