"""Removes somebody from files below the folder `home`: data sets, logs, rejected rows."""

import shutil
from pathlib import Path

from jobs.privacy.findings import Place
from jobs.privacy.person_traces import Traces
from streaming.settings import Settings

DATASET = "dataset"
"""The folder of a run's data set."""
MODELS = ("mlflow", "serving")
"""Folders of models and of what is prepared from them, which only a retirement replaces."""


def remove_from(settings: Settings, place: Place, traces: Traces) -> str:
    """Remove the traces from a file that a search found; return what was done.

    A run's folder goes as a whole: its data set, shards and checkpoint are made of each other, and
    nothing but `train --resume` reads them. In logs, bytes are overwritten in place, because a
    running job may still write to them. Repeated, it ends the same.
    """
    home = settings.home.absolute()
    file = home / place.name
    if run := _run_folder(home, file):
        shutil.rmtree(run, ignore_errors=True)
        return f"the folder {run.relative_to(home)} of a training was deleted"
    if not file.exists():
        return "it was deleted with its folder"
    top = Path(place.name).parts[0]
    if top == "logs" or file.suffix == ".log":
        _overwrite(file, traces)
        return "the traces were overwritten in place"
    if top == "rejected":
        _drop_lines(file, traces)
        return "the lines were removed"
    if top in MODELS:
        return "not removed: it belongs to a model; `--models retire` replaces it"
    return "not removed: careerstream did not write it; remove it by hand"


def _run_folder(home: Path, file: Path) -> Path | None:
    """Return the folder of the training run that a file belongs to."""
    for folder in file.parents:
        if folder == home:
            return None
        if (folder / DATASET).is_dir() and folder.parent.parent == home:
            return folder
    return None


def _overwrite(file: Path, traces: Traces) -> None:
    with file.open("r+b") as opened:
        content = opened.read()
        for start, end in traces.spans(content):
            opened.seek(start)
            opened.write(b"x" * (end - start))


def _drop_lines(file: Path, traces: Traces) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    staged = file.with_name(f".{file.name}")
    staged.write_bytes(b"".join(line for line in lines if not traces.within(line)))
    staged.replace(file)
