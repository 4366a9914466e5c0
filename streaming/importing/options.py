"""Options of reading a file, as the flags of `careerstream import` set them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Format = Literal["auto", "csv", "jsonl", "jsonld"]

EMPTY_MARKERS = frozenset({"", "NA", "N/A", "n/a", "#N/A", "NULL", "null"})
"""Texts of empty CSV cells."""


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How to read one file into one kind of record."""

    format: Format = "auto"
    """`jsonl` is our own schema, `jsonld` schema.org; `auto` looks at the content, row by row."""
    mapping: tuple[str, ...] = ()
    """`field=Column` and `field:=constant`, for CSV (`column_mapping`)."""
    encoding: str = "utf-8-sig"
    """Of the file, by Python's name."""
    empty: frozenset[str] = EMPTY_MARKERS
    """Texts of empty cells."""
    first_only: bool = False
    """Take only the first of rows with the same id: for postings repeated beside events."""
    max_event_time: datetime | None = None
    """Newest event time allowed; None: any."""
