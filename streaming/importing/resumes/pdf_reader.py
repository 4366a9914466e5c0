"""Reads the text of a PDF, page by page (pypdf, the extra `resumes`)."""

import logging
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from streaming.contract.rejection_reasons import RejectionReason
from streaming.errors import MissingDependencyError, one_line
from streaming.importing.resumes.resume_text import (
    MAX_PAGES,
    ResumeText,
    check_length,
    check_text,
    clean_text,
)
from streaming.importing.rows import RowError

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

MAX_PAGE_BYTES = 4_000_000
"""Of the drawing commands of a page, unpacked: pypdf reads about a megabyte of them a second."""

# Fonts often have ligatures and radicals in place of the letters that a reader sees.
_PRESENTATION_FORMS = re.compile("[\u2e80-\u2fdf\uf900-\ufaff\ufb00-\ufb06]")
_BULLET_OF_LATIN_FONTS = "\x7f"
_RECOGNISE = "if its pages are images, recognise their text first (OCR)"


def read_pdf(path: Path) -> ResumeText:
    """Read a PDF; a page begins a line. Columns side by side are not told apart.

    Raises:
        RowError: it is broken, encrypted, too long, or has no text.
        MissingDependencyError: the extra is not installed.
    """
    try:
        import pypdf  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingDependencyError(
            f"{path.name} needs pypdf, which is not installed; install careerstream[resumes]"
        ) from error
    # pypdf would print what it repairs in a broken file.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with path.open("rb") as file:
            return _read_pages(pypdf.PdfReader(file), path)
    except RowError:
        raise
    except Exception as error:  # pypdf raises whatever a broken file leads to
        raise RowError(
            RejectionReason.NOT_READABLE,
            f"{path.name} cannot be read as a PDF: {one_line(error)}; save it again",
        ) from error


def _read_pages(reader: "PdfReader", path: Path) -> ResumeText:
    if reader.is_encrypted and not reader.decrypt(""):
        raise RowError(
            RejectionReason.NOT_READABLE,
            f"{path.name} is encrypted; save a copy without a password",
        )
    if (count := len(reader.pages)) > MAX_PAGES:
        raise RowError(
            RejectionReason.TOO_LARGE,
            f"{path.name} has {count:,} pages, at most {MAX_PAGES} are read; give a résumé of one "
            "candidate",
        )
    texts: list[str] = []
    starts: list[int] = []
    length = 0
    for page in reader.pages:
        starts.append(length)
        texts.append(_page_text(page, path))
        length += len(texts[-1]) + 1
        check_length(length, path)
    text = ResumeText(text="\n".join(texts), read_as="PDF", page_starts=tuple(starts))
    return check_text(text, path, _RECOGNISE)


def _page_text(page: "PageObject", path: Path) -> str:
    contents = page.get_contents()
    if contents is not None and (size := len(contents.get_data())) > MAX_PAGE_BYTES:
        raise RowError(
            RejectionReason.TOO_LARGE,
            f"{path.name} has a page of {size:,} bytes, at most {MAX_PAGE_BYTES:,} are read; "
            "save it without drawings",
        )
    text = _in_lines(page) or page.extract_text()
    text = clean_text(text.replace(_BULLET_OF_LATIN_FONTS, "•"))
    return _PRESENTATION_FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def _in_lines(page: "PageObject") -> str:
    """Return the text as it stands on the page: a date at the right margin is in its line.

    It is empty where pypdf cannot place the text, such as that of a form within the page.
    """
    try:
        text = page.extract_text(extraction_mode="layout")
    except Exception:  # noqa: BLE001 - as for a broken file; the other mode may still read it
        return ""
    return text if text.strip() else ""
