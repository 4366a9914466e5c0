"""The notebook runs in its own kernel, as a person would run it, and leaves nothing behind."""

import ast
import base64
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "walkthrough.ipynb"
SLOWEST_CELL_SECONDS = 400
TIMEOUT_SECONDS = 60

pytestmark = [
    pytest.mark.usefixtures("quick_jvms"),
    # The client chooses and opens its ports itself, all on 127.0.0.1.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(jupyter_client|zmq|nbclient|tornado)"),
    pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning"),
]


@pytest.fixture
def notebook() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files; at the end every process that used it must have ended."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    yield tmp_path
    _, alive = psutil.wait_procs(_started_in(tmp_path), timeout=TIMEOUT_SECONDS)
    assert alive == []
    assert list(tmp_path.glob("careerstream-*")) == []


def _started_in(folder: Path) -> list[psutil.Process]:
    processes = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(folder):
                processes.append(process)
        except psutil.Error:  # another user's, or it has just ended
            continue
    return processes


def _run(notebook: NotebookNode, folder: Path) -> None:
    NotebookClient(
        notebook, timeout=SLOWEST_CELL_SECONDS, resources={"metadata": {"path": str(folder)}}
    ).execute()


def test_it_is_kept_without_outputs(notebook: NotebookNode) -> None:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) > 10
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    nbformat.validate(notebook)


def test_every_name_it_imports_is_there(notebook: NotebookNode) -> None:
    (code,) = (cell.source for cell in notebook.cells if cell.id == "parts")
    lines = [line for line in code.splitlines() if not line.startswith("%")]
    tree = ast.parse("\n".join(lines))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert imports
    for node in imports:
        exec(ast.unparse(node), {})  # noqa: S102 - of our own notebook


# The demo runs the same way from the simulator to the lists in the ordinary suite.
@pytest.mark.nightly
@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.kafka
@pytest.mark.timeout(900)
def test_it_runs_from_top_to_bottom(notebook: NotebookNode, folder: Path) -> None:
    _run(notebook, folder)
    outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    pictures = [
        base64.b64decode(output.data["image/png"])
        for cell_outputs in outputs.values()
        for output in cell_outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 6
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert "is better" in outputs["promotion"][0].text
    (java,) = (output.data["text/plain"] for output in outputs["java"])
    assert "Java" in java or "后端" in java
    assert outputs["stop"][0].text == "stopped, and the folder is gone\n"


@pytest.mark.kafka
def test_a_cell_that_fails_leaves_nothing_running(notebook: NotebookNode, folder: Path) -> None:
    broker = next(place for place, cell in enumerate(notebook.cells) if cell.id == "broker")
    failing = nbformat.v4.new_code_cell("raise RuntimeError(broker.bootstrap_servers)")
    notebook.cells = [*notebook.cells[: broker + 1], failing]
    with pytest.raises(CellExecutionError, match=r"127\.0\.0\.1:\d+"):
        _run(notebook, folder)
