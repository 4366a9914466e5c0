"""Writes rejected rows to a file of JSON lines under HOME/rejected."""

from datetime import UTC, datetime
from io import BufferedWriter
from pathlib import Path
from typing import Self

from streaming.importing.rows import RejectedRow
from streaming.settings import Settings


class RejectFile:
    """A file of rejected rows (line, reason, text, raw), created with the first of them.

    It is named after the file being imported and the topic that its records go to.
    """

    def __init__(self, settings: Settings, source: Path, topic: str) -> None:
        stamp = datetime.now(tz=UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self._path = settings.home.absolute() / "rejected" / f"{source.name}-{topic}-{stamp}.jsonl"
        self._file: BufferedWriter | None = None

    @property
    def path(self) -> Path | None:
        """The file, once a row was rejected."""
        return self._path if self._file else None

    def write(self, row: RejectedRow) -> None:
        """Add one row."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
        self._file.write(row.to_json())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()
