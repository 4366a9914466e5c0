"""The files of a benchmark's report: JSON for programs, and a page of the same name for people."""

import json
from collections.abc import Callable
from pathlib import Path

from jobs.reporting.html_page import Report
from streaming.errors import InputError


def page_beside(out: Path) -> Path:
    """Return the path of the page that stands beside a report.

    Raises:
        InputError: the report would be the page, or its folder does not exist.
    """
    page = out.with_suffix(".html")
    if page == out:
        raise InputError(f"--out {out} is the name of the page; give one that ends in .json")
    if not out.absolute().parent.is_dir():
        raise InputError(f"the folder of --out {out} does not exist; make it, or give another")
    return page


def write_report(report: Report, out: Path, write_page: Callable[[Report, Path], None]) -> None:
    """Write a report and the page beside it.

    Raises:
        InputError: one of them cannot be written.
    """
    try:
        out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        write_page(report, page_beside(out))
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}; give another --out"
        ) from error
