"""Writes résumés as PDF and DOCX with real libraries, as people's programs do."""

import re
from pathlib import Path

import docx
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

SAMPLES = Path(__file__).parent / "samples"
_GAP = re.compile(r"\s{4,}|\t")
_CHINESE = "STSong-Light"
_TOP, _BOTTOM, _LEFT, _RIGHT, _LINE = 800, 50, 50, 540, 14


def write_pdf(file: Path, text: str, password: str | None = None) -> Path:
    """Write lines; what stands behind a wide gap goes to the right margin, "\f" begins a page."""
    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
    lock = StandardEncryption(password, strength=128) if password else None
    page = canvas.Canvas(str(file), encrypt=lock)
    font = "Helvetica" if text.isascii() or not re.search("[\u4e00-\u9fff]", text) else _CHINESE
    height = _TOP
    page.setFont(font, 10)
    for line in text.replace("\f", "\n\f\n").split("\n"):
        if line == "\f" or height < _BOTTOM:
            page.showPage()
            page.setFont(font, 10)
            height = _TOP
        parts = _GAP.split(line.strip())
        if len(parts) == 2:
            page.drawString(_LEFT, height, parts[0])
            page.drawRightString(_RIGHT, height, parts[1])
        else:
            page.drawString(_LEFT, height, "    ".join(parts))
        height -= _LINE
    page.save()
    return file


def write_docx(file: Path, text: str) -> Path:
    """Write paragraphs, items of lists, and a table for each line with wide gaps."""
    document = docx.Document()
    for line in filter(None, map(str.strip, text.splitlines())):
        parts = _GAP.split(line)
        if line.startswith(("• ", "- ", "* ")):
            document.add_paragraph(line[2:], style="List Bullet")
        elif len(parts) > 1:
            row = document.add_table(rows=1, cols=len(parts)).rows[0]
            for cell, part in zip(row.cells, parts, strict=True):
                cell.text = part
        else:
            document.add_paragraph(line)
    document.save(str(file))
    return file
