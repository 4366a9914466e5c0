"""Writes a market to files of JSON lines in careerstream's own schema."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from infra.simulator.market import Market
from streaming.errors import InputError

Progress = Callable[[str, int], None]
"""Called with a file's name and the number of records written to it so far."""

_PROGRESS_INTERVAL = 1_000


def write(market: Market, folder: Path, progress: Progress = lambda *_: None) -> dict[str, int]:
    """Write postings.jsonl, candidates.jsonl and events.jsonl, all three or none.

    The folder is created where it is missing; files of these names are replaced. `progress` is
    called every thousand records and at the end of each file.

    Returns:
        The number of records of `postings`, `candidates` and `events`.

    Raises:
        InputError: the folder cannot be created or written to.
    """
    parts: dict[str, Iterator[dict[str, Any]]] = {
        "postings": market.postings(),
        "candidates": market.candidates(),
        "events": market.events(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # In the same folder, so that the last step only renames files.
        with TemporaryDirectory(dir=folder, prefix=".unfinished-") as unfinished:
            files = {name: Path(unfinished) / f"{name}.jsonl" for name in parts}
            counts = {
                name: _write_lines(records, files[name], progress)
                for name, records in parts.items()
            }
            for file in files.values():
                file.replace(folder / file.name)
    except OSError as error:
        raise InputError(
            f"the simulator cannot write to {folder} ({error.strerror}); give a writable folder"
        ) from error
    return counts


def _write_lines(records: Iterator[dict[str, Any]], file: Path, progress: Progress) -> int:
    """Write one record a line; return the number of records."""
    count = 0
    with file.open("wb") as lines:
        for count, record in enumerate(records, start=1):
            lines.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            if count % _PROGRESS_INTERVAL == 0:
                progress(file.name, count)
    progress(file.name, count)
    return count
