"""Reads the text of a DOCX: paragraphs and tables in their order (python-docx, extra `resumes`).

python-docx's own list of paragraphs leaves out text boxes and content controls, which templates of
résumés are made of. So we walk through the document's elements ourselves.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streaming.contract.rejection_reasons import RejectionReason
from streaming.errors import MissingDependencyError, one_line
from streaming.importing.resumes.resume_text import ResumeText, check_text, clean_text
from streaming.importing.rows import RowError

MAX_UNPACKED_BYTES = 60_000_000
"""Of all parts together; pictures take most of it."""
MAX_XML_BYTES = 8_000_000
"""Of a part that is parsed."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
"""Repeats a text box for older programs."""
_PARAGRAPH, _TABLE, _ROW, _CELL = (_W + name for name in ("p", "tbl", "tr", "tc"))
_TEXT, _TEXT_BOX = _W + "t", _W + "txbxContent"
_CHARACTERS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-"}
_PROPERTIES = {_W + "pPr", _W + "rPr", _W + "tblPr", _W + "tcPr", _W + "trPr", _W + "sdtPr"}
_REMEDY = "save it as .docx again"


def read_docx(path: Path) -> ResumeText:
    """Read a DOCX; cells of a row become one line, with tabs, where each is one paragraph.

    Headers, footers, footnotes and comments are not read.

    Raises:
        RowError: it is broken, no DOCX, too large, or has no text.
        MissingDependencyError: the extra is not installed.
    """
    try:
        import docx  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingDependencyError(
            f"{path.name} needs python-docx, which is not installed; install careerstream[resumes]"
        ) from error
    try:
        _check_parts(path)
        body = docx.Document(str(path)).element.body
        text = clean_text("\n".join(_lines(body)))
    except RowError:
        raise
    except Exception as error:  # python-docx raises whatever a broken file leads to
        raise RowError(
            RejectionReason.NOT_READABLE,
            f"{path.name} cannot be read as a DOCX: {one_line(error)}; {_REMEDY}",
        ) from error
    return check_text(ResumeText(text=text, read_as="DOCX"), path, "write its text as text")


def _check_parts(path: Path) -> None:
    """Check the sizes that a DOCX declares; zipfile unpacks no more than those."""
    with zipfile.ZipFile(path) as package:
        parts = package.infolist()
    if not any(part.filename == "word/document.xml" for part in parts):
        raise RowError(RejectionReason.NOT_READABLE, f"{path.name} is a zip but no DOCX; {_REMEDY}")
    total = sum(part.file_size for part in parts)
    xml = max(part.file_size for part in parts if part.filename.endswith((".xml", ".rels")))
    for size, limit in ((total, MAX_UNPACKED_BYTES), (xml, MAX_XML_BYTES)):
        if size > limit:
            raise RowError(
                RejectionReason.TOO_LARGE,
                f"{path.name} unpacks to {size:,} bytes, at most {limit:,} are read; save it "
                "without pictures",
            )


def _lines(parent: Any) -> Iterator[str]:
    """Yield the lines of the paragraphs and tables within an element."""
    for element in parent:
        if element.tag == _PARAGRAPH:
            yield from _paragraph_lines(element)
        elif element.tag == _TABLE:
            yield from _table_lines(element)
        elif element.tag not in _PROPERTIES and element.tag != _FALLBACK:
            yield from _lines(element)


def _paragraph_lines(paragraph: Any) -> Iterator[str]:
    bullet = "- " if _is_item(paragraph) else ""
    yield bullet + "".join(_characters(paragraph))
    for box in paragraph.iter(_TEXT_BOX):
        if not any(parent.tag == _FALLBACK for parent in box.iterancestors()):
            yield from _lines(box)


def _characters(element: Any) -> Iterator[str]:
    """Yield the pieces of a paragraph's own text, without that of text boxes in it."""
    for child in element:
        if child.tag == _TEXT:
            yield child.text or ""
        elif child.tag in _CHARACTERS:
            yield _CHARACTERS[child.tag]
        elif child.tag not in _PROPERTIES and child.tag not in {_FALLBACK, _TEXT_BOX}:
            yield from _characters(child)


def _is_item(paragraph: Any) -> bool:
    """Return whether a paragraph is an item of a list."""
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    has_list_style = style is not None and style.get(f"{_W}val", "").startswith("List")
    return has_list_style or paragraph.find(f"{_W}pPr/{_W}numPr") is not None


def _table_lines(table: Any) -> Iterator[str]:
    for row in table.iter(_ROW):
        if next(row.iterancestors(_TABLE)) is not table:
            continue  # of a table within a cell, which the cell's own lines hold
        cells = [
            [line for line in _lines(cell) if line.strip()]
            for cell in row.iter(_CELL)
            if next(cell.iterancestors(_ROW)) is row
        ]
        if all(len(lines) <= 1 for lines in cells):
            yield "\t".join(lines[0] for lines in cells if lines)
        else:
            for lines in cells:
                yield from lines
