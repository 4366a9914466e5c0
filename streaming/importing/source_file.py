"""Reads files as lines: any encoding, gzip, and a limit to the length of a line."""

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO

from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import MAX_VALUE_BYTES
from streaming.errors import InputError
from streaming.importing.rows import RejectedRow, RowError

LINE_LIMIT = 8 * MAX_VALUE_BYTES
"""Characters. Markup can be several times as long as the text of its record."""

_LENIENT = "careerstream-lenient"
_GZIP_MAGIC = b"\x1f\x8b"


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    """Decode invalid bytes as lone surrogates, which unlike U+FFFD no valid text contains.

    "surrogateescape" does the same, but not for UTF-16.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    invalid = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in invalid), error.end


_INVALID = re.compile("[\ud800-\udfff]")
_SAMPLE_BYTES = 64 * 1024
_WORD_RUN = 3
"""Bytes: German words have two accents side by side ("Größe"), Chinese ones four bytes or more."""

codecs.register_error(_LENIENT, _as_surrogates)


@dataclass
class SourceFile:
    """A file being read, and how much of it has been read.

    Gzip is recognised by its first bytes; the encoding is one of Python's names.

    Raises:
        InputError: it does not exist, is no file, cannot be read or is empty, or there is no such
            encoding.
    """

    path: Path
    encoding: str = "utf-8-sig"
    bytes_read: int = field(default=0, init=False)
    """Of the file on disk, compressed or not: `bytes_read / size` is the share that is done."""
    size: int = field(default=0, init=False)
    read_as: str = field(default="JSON lines", init=False)
    """The format that was found, in words."""
    has_entries: bool = field(default=False, init=False)
    """Whether a row is one entry of what somebody states (`stated_entries`)."""

    def __post_init__(self) -> None:
        if not self.path.exists():
            raise InputError(f"{self.path} does not exist; give an existing file")
        if not self.path.is_file():
            raise InputError(f"{self.path} is not a file; give one file, not a folder")
        self.size = self.path.stat().st_size
        if self.size == 0:
            raise InputError(f"{self.path} is empty; give a file with at least one row")
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise InputError(
                f"there is no encoding {self.encoding!r}; try utf-8, utf-16 or gb18030"
            ) from None

    def lines(self) -> Iterator[str]:
        """Yield the lines with their ends; invalid bytes become lone surrogates.

        A line longer than LINE_LIMIT comes in pieces of that length.

        Raises:
            RowError: a gzip file ends too early.
            InputError: it cannot be read.
        """
        self.bytes_read = 0
        try:
            with self.path.open("rb") as raw, self._text(raw) as text:
                start = "\ufeff"  # a mark of the byte order that the encoding's name leaves there
                while line := text.readline(LINE_LIMIT).removeprefix(start):
                    start, self.bytes_read = "", raw.tell()
                    yield line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            message = f"the compressed file breaks off here ({error}); fetch it again"
            raise RowError(RejectionReason.TRUNCATED, message) from error
        except OSError as error:
            raise InputError(f"{self.path} cannot be read: {error.strerror}") from error
        except UnicodeError as error:  # such as UTF-16 without its mark of the byte order
            raise InputError(
                f"{self.path} is not {self.encoding}: {error}; name the file's encoding, "
                f"e.g. --encoding {self.likely_encoding()}"
            ) from error

    def likely_encoding(self) -> str:
        """Return which encoding a file that is not UTF-8 probably has, for a message."""
        with self.path.open("rb") as raw:
            sample = raw.read(_SAMPLE_BYTES)
        if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in sample:
            big_endian = sample[::2].count(0) > sample[1::2].count(0)
            return "utf-16-be" if big_endian else "utf-16-le"
        # Chinese characters are pairs of high bytes; in Latin scripts most accents stand alone.
        runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", sample)]
        return (
            "gb18030" if sum(run for run in runs if run > _WORD_RUN) > sum(runs) / 2 else "cp1252"
        )

    def _text(self, raw: IO[bytes]) -> io.TextIOWrapper:
        compressed = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        source = gzip.GzipFile(fileobj=raw) if compressed else raw
        # newline="" keeps line ends inside quotes, which the CSV reader needs
        return io.TextIOWrapper(source, encoding=self.encoding, errors=_LENIENT, newline="")


def check_decoded(text: str, encoding: str) -> None:
    """Check that a text has no invalid bytes.

    Raises:
        RowError: it has.
    """
    if not is_decoded(text):
        place = _INVALID.search(text)
        raise RowError(
            RejectionReason.NOT_DECODABLE,
            f"character {place.start() + 1 if place else 1} is not {encoding}; correct the row, or "
            "name the file's encoding with --encoding",
        )


def is_decoded(text: str) -> bool:
    """Return whether a text has no invalid bytes."""
    return text.isascii() or _INVALID.search(text) is None


class RowLines:
    """The lines of a file, and those that the current row has taken."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.row_line = 1
        self._taken: list[str] = []
        self._lines = source.lines()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._taken.append(line)
        return line

    def first_text(self) -> str:
        """Return the first line that is not blank, without taking it."""
        head: list[str] = []
        for line in self._lines:
            head.append(line)
            if line.strip():
                break
        else:
            raise InputError(f"{self.source.path} is empty; give a file with at least one row")
        self._lines = chain(head, self._lines)
        return head[-1].strip()

    def skip_text(self) -> None:
        """Take the first line that is not blank, as no part of a row."""
        for line in self:
            if line.strip():
                break
        self.take()

    def take(self) -> tuple[int, str]:
        """Return number and text of the current row, and start the next one."""
        raw = "".join(self._taken)
        line, self.row_line = self.row_line, self.row_line + sum(map(is_complete, self._taken))
        self._taken.clear()
        return line, raw

    def reject(self, error: RowError) -> RejectedRow:
        """Return the current row as rejected."""
        line, raw = self.take()
        return RejectedRow(line, error.reason, str(error), raw[:LINE_LIMIT])


def is_complete(line: str) -> bool:
    """Return whether a piece of a file ends with its line."""
    return line.endswith(("\n", "\r"))
