"""Writes a report as JSON and as one HTML file without scripts that needs no other file."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader

from streaming.errors import InputError
from streaming.timestamps import parse_timestamp

ABSENT = "-"
Report = Mapping[str, Any]
"""A flat report: name to number, text or list."""


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


def write_report(report: Report, out: Path, write: Callable[[Report, Path], None]) -> None:
    """Write a report and the page beside it.

    Raises:
        InputError: one of them cannot be written.
    """
    try:
        out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        write(report, page_beside(out))
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}; give another --out"
        ) from error


def write_page(file: Path, template: Path, **values: Any) -> None:
    """Render a template that extends `base.html.j2`; every value is escaped.

    In a template `number`, `percent`, `milliseconds` and `moment` are filters. They write what is
    absent as a dash.
    """
    environment = Environment(
        loader=FileSystemLoader([template.parent, Path(__file__).parent]),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
    )
    filters = (number, percent, milliseconds, moment)
    environment.filters |= {function.__name__: function for function in filters}
    file.write_text(environment.get_template(template.name).render(values), encoding="utf-8")


def estimate(report: Report, key: str, *, signed: bool = False) -> dict[str, str]:
    """Write an estimate and its interval, the keys KEY/low and KEY/high, as a table's cell.

    Where the report lacks the key, the cell is a dash. A `signed` estimate is a difference: one
    whose interval leaves out 0 is marked good or bad.
    """
    sign = "+" if signed else ""
    cell = {"estimate": number(report.get(key), 4, sign), "interval": "", "mark": ""}
    low, high = report.get(f"{key}/low"), report.get(f"{key}/high")
    if low is None or high is None:
        return cell
    mark = "good" if low > 0 else "bad" if high < 0 else ""
    interval = f"{low:{sign}.4f} to {high:{sign}.4f}"
    return cell | {"interval": interval, "mark": mark if signed else ""}


def number(value: object, digits: int = 0, sign: str = "") -> str:
    """Write a number with commas and so many digits after the point."""
    return f"{value:{sign},.{digits}f}" if isinstance(value, (int, float)) else ABSENT


def percent(value: object) -> str:
    """Write a share as a percentage."""
    return f"{value:.1%}" if isinstance(value, (int, float)) else ABSENT


def milliseconds(value: object) -> str:
    """Write a duration in whole milliseconds."""
    return f"{value:,.0f} ms" if isinstance(value, (int, float)) else ABSENT


def moment(text: str | None) -> str:
    """Write a timestamp of the contract as day and minute."""
    return f"{parse_timestamp(text):%-d %B %Y, %H:%M} UTC" if text else ABSENT


def select(report: Report, *prefixes: str) -> dict[str, Any]:
    """Return what a report says under some prefixes, with its whole keys."""
    return {key: value for key, value in report.items() if key.startswith(prefixes)}
