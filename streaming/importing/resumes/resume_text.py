"""The text of a résumé, and the limits to it; reads files of plain text."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from streaming.contract.rejection_reasons import RejectionReason
from streaming.errors import InputError, quote
from streaming.importing.rows import RowError
from streaming.importing.source_file import SourceFile

MAX_FILE_BYTES = 20_000_000
"""Of a file on disk; pictures take most of it."""
MAX_TEXT_BYTES = 1_000_000
"""Of the text in UTF-8. A résumé of ten pages has 40,000."""
MAX_PAGES = 50

_SHARE_OF_NULLS = 0.1
"""UTF-16 without its mark has more of them, text with a stray one has fewer."""
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE_ENDS = "\x0b\x0c\r\x85\u2028\u2029"


@dataclass(frozen=True, kw_only=True)
class ResumeText:
    """What a reader took out of a file. Spans are offsets into `text`."""

    text: str
    read_as: str
    """The format of the file, in words."""
    page_starts: tuple[int, ...] = ()
    """Where each page begins; empty for formats without pages."""

    def page_of(self, offset: int) -> int | None:
        """Return the page that a character stands on, from 1; None without pages."""
        return bisect_right(self.page_starts, offset) or None


def clean_text(text: str) -> str:
    r"""Turn line ends into "\n", and control characters and lone surrogates into blanks.

    Each character stays one character, so that offsets stay what they were: "\r\n" is " \n".
    """
    text = text.replace("\r\n", " \n")
    return _UNWANTED.sub(lambda found: "\n" if found[0] in _LINE_ENDS else " ", text)


def check_text(text: ResumeText, path: Path, remedy: str) -> ResumeText:
    """Return the text if it has letters and is not too long.

    Raises:
        RowError: it has none, for which there is a remedy, or it is too long.
    """
    check_length(len(text.text.encode(errors="replace")), path)
    if not any(map(str.isalnum, text.text)):
        raise RowError(RejectionReason.NO_TEXT, f"{path.name} has no text; {remedy}")
    return text


def check_length(size: int, path: Path) -> None:
    """Check the length of a text so far, in bytes of UTF-8; a RowError if it is too long."""
    if size > MAX_TEXT_BYTES:
        raise RowError(
            RejectionReason.TOO_LARGE,
            f"{path.name} has {size:,} bytes of text or more, at most {MAX_TEXT_BYTES:,} are "
            "read; give a résumé of one candidate",
        )


def read_text_file(path: Path, encoding: str) -> ResumeText:
    """Read a file of plain text or Markdown; offsets count its own characters.

    Raises:
        RowError: it is empty, too long, or in another encoding.
        InputError: it cannot be read, or there is no such encoding.
    """
    source = SourceFile(path, encoding)
    check_length(source.size, path)
    try:
        content = path.read_bytes()
        text = content.decode(encoding)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise _wrong_encoding(source) from error
    if text.count("\0") > _SHARE_OF_NULLS * len(text):
        raise _wrong_encoding(source)
    if text.startswith("%PDF-"):
        raise RowError(
            RejectionReason.NOT_READABLE, f"{path.name} is a PDF; give it the ending .pdf"
        )
    found = ResumeText(text=clean_text(text), read_as=f"text in {encoding}")
    return check_text(found, path, "give a file with at least one line")


def _wrong_encoding(source: SourceFile) -> RowError:
    return RowError(
        RejectionReason.NOT_DECODABLE,
        f"{source.path.name} is not {quote(source.encoding)}; name the file's encoding, "
        f"e.g. --encoding {source.likely_encoding()}",
    )
