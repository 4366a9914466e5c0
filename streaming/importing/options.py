"""How a file is to be read: what the flags of `careerstream import` say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Format = Literal["auto", "csv", "jsonl", "jsonld"]

EMPTY_MARKERS = frozenset({"", "NA", "N/A", "n/a", "#N/A", "NULL", "null"})
"""What stands in a CSV cell where there is nothing."""


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How to read one file into one kind of record."""

    format: Format = "auto"
    """`jsonl` is our own schema, `jsonld` schema.org; `auto` looks at the content, row by row."""
    mapping: tuple[str, ...] = ()
    """`field=Column` and `field:=constant`, for CSV (`readers.mapping`)."""
    encoding: str = "utf-8-sig"
    """Python's name of the file's encoding."""
    empty: frozenset[str] = EMPTY_MARKERS
    """Cells that mean nothing was said."""
    first_only: bool = False
    """Of rows with the same id only the first is taken: postings that stand beside events."""
    latest: datetime | None = None
    """Newest event time allowed; None: any."""
