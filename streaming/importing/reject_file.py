"""Where rejected rows go: a file of JSON lines under HOME/rejected."""

from datetime import UTC, datetime
from io import BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import Self

from streaming.importing.rows import Reject
from streaming.settings import Settings


class RejectFile:
    """Writes rejects as JSON lines (line, reason, text, raw); without a reject there is no file.

    Args:
        settings: say where the project's home is.
        source: the file that is read.
        topic: where its records go.
    """

    def __init__(self, settings: Settings, source: Path, topic: str) -> None:
        stamp = datetime.now(tz=UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self._path = settings.home.absolute() / "rejected" / f"{source.name}-{topic}-{stamp}.jsonl"
        self._file: BufferedWriter | None = None

    @property
    def path(self) -> Path | None:
        """The file, once there is a reject."""
        return self._path if self._file else None

    def write(self, reject: Reject) -> None:
        """Add one row."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("wb")
        self._file.write(reject.to_json())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()
