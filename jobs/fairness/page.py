"""The page of an audit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.reporting.html_page import estimate, write_page

Row = dict[str, Any]


def write(report: Mapping[str, Any], file: Path) -> None:
    """Write the page of an audit."""
    tables: dict[tuple[str, str], list[Row]] = {}
    for row in report["rows"]:
        tables.setdefault((row["attribute"], row["figure"]), []).append(row)
    write_page(
        file,
        Path(__file__).with_name("page.html.j2"),
        run=report,
        attributes=list(dict.fromkeys(attribute for attribute, _ in tables)),
        tables=[
            {"attribute": attribute, "figure": figure, "rows": [_cells(row) for row in rows]}
            for (attribute, figure), rows in tables.items()
        ],
    )


def _cells(row: Mapping[str, Any]) -> Row:
    own = [{"estimate": f"{row['candidates']:,}", "interval": "", "mark": ""}]
    return {"name": row["group"], "cells": own + [estimate(row, key) for key in _COLUMNS]}


_COLUMNS = ("rate", "impact_ratio")
