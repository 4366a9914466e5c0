"""Reads files row by row: CSV, JSON lines in our own schema, and schema.org JSON-LD lines.

The readers are generators that hold one row in memory (and, with `first_only`, the ids so far).
Each row of the file is yielded exactly once, as Row, RejectedRow or DuplicateRow.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from streaming.contract.records import Event, Posting
from streaming.contract.rejection_reasons import RejectionReason
from streaming.errors import InputError
from streaming.importing.column_mapping import ColumnMapping, bind_columns
from streaming.importing.json_rows import json_results
from streaming.importing.known_layouts import recognise_layout
from streaming.importing.rows import (
    DuplicateRow,
    ImportedRecord,
    ReadResult,
    RejectedRow,
    Row,
    RowError,
    build_row,
)
from streaming.importing.source_file import (
    LINE_LIMIT,
    RowLines,
    SourceFile,
    check_decoded,
    is_complete,
    is_decoded,
)

Format = Literal["auto", "csv", "jsonl", "jsonld"]

EMPTY_MARKERS = frozenset({"", "NA", "N/A", "n/a", "#N/A", "NULL", "null"})
"""Texts of empty CSV cells."""
_DELIMITERS = ",;\t|"
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SEP_LINE = re.compile(r'"?sep=(?P<delimiter>[^\s\w"])?"?', re.IGNORECASE)
"""The tab that a line may end with has been stripped."""
_QUOTED = re.compile(r'"[^"]*"')
_MAX_RAW = 1_000
"""Characters that are kept of a row that is too large."""


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How to read one file into one kind of record."""

    format: Format = "auto"
    """`jsonl` is our own schema, `jsonld` schema.org; `auto` looks at the content, row by row."""
    mapping: tuple[str, ...] = ()
    """`field=Column` and `field:=constant`, for CSV (`column_mapping`)."""
    encoding: str = "utf-8-sig"
    """Of the file, by Python's name."""
    delimiter: str | None = None
    """Between the cells of a CSV file; None: the one that its header shows."""
    empty: frozenset[str] = EMPTY_MARKERS
    """Texts of empty cells."""
    first_only: bool = False
    """Take only the first of rows with the same id: for postings repeated beside events."""
    entries: bool = False
    """Whether a row is one entry of what somebody states (`stated_entries`); a known layout says it
    itself."""
    max_time: datetime | None = None
    """Newest time of an event or a stated part that is allowed; None: any."""


def read_rows(
    kind: type[ImportedRecord], source: SourceFile, options: ReadOptions
) -> Iterator[ReadResult]:
    """Read a file into records of one kind.

    A CSV file with a known header (`known_layouts`) needs no mapping. If its rows are events with
    columns of their postings, the first row of each posting is taken.

    Raises:
        InputError: the file as a whole cannot be read. An error in a row is a RejectedRow.
    """
    lines, chosen = RowLines(source), options.format
    try:
        start = lines.first_text()
        is_csv = chosen == "csv" or (chosen == "auto" and not start.startswith(("{", "[")))
        header, rows = _open_csv(lines, options) if is_csv else ([], iter(()))
    except RowError as error:
        raise InputError(f"{source.path} cannot be read: {error}") from error
    if is_csv:
        yield from _csv_rows(kind, lines, header, rows, options)
        return
    if start in {"{", "["}:
        raise InputError(
            f"{source.path} is one JSON document over many lines; write one object a line, "
            "e.g. with `jq -c`"
        )
    results = _json_rows(kind, lines, options)
    yield from _first_only(results) if options.first_only else results


def _csv_rows(
    kind: type[ImportedRecord],
    lines: RowLines,
    header: list[str],
    rows: Iterator[list[str]],
    options: ReadOptions,
) -> Iterator[ReadResult]:
    layout = None if options.mapping else recognise_layout(header)
    lines.source.has_entries = options.entries or (layout is not None and layout.entries)
    flags = layout.mappings.get(kind, ()) if layout else options.mapping
    columns = bind_columns(kind, flags, header, options.empty)
    results = _csv_results(columns, lines, rows, options)
    beside_events = layout is not None and kind is Posting and Event in layout.mappings
    yield from _first_only(results) if options.first_only or beside_events else results


def _open_csv(lines: RowLines, options: ReadOptions) -> tuple[list[str], Iterator[list[str]]]:
    """Read the header, and choose the delimiter: given, named by a line `sep=`, or the header's."""
    # note: a global limit of the csv module; a quote that is never closed ends at it
    csv.field_size_limit(LINE_LIMIT)
    start, delimiter = lines.first_text(), options.delimiter
    if declared := _SEP_LINE.fullmatch(start):  # which Excel writes and reads
        lines.skip_text()
        start, delimiter = lines.first_text(), delimiter or declared["delimiter"] or "\t"
    if "\0" in start or not is_decoded(start):
        raise InputError(
            f"the header of {lines.source.path} is not {options.encoding}; name the file's "
            f"encoding, e.g. --encoding {lines.source.likely_encoding()}"
        )
    delimiter = delimiter or _most_frequent(start)
    lines.source.read_as = f"CSV with the delimiter {_DELIMITER_NAMES.get(delimiter, delimiter)}"
    rows = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        header = next((cells for cells in rows if any(cells)), [])
    except csv.Error as error:
        raise InputError(
            f"the header of {lines.source.path} cannot be read: {error}; correct its first line"
        ) from error
    lines.take()
    return [name.strip() for name in header], rows


def _most_frequent(header: str) -> str:
    """Return the delimiter that a header has most of, outside quotes."""
    return max(_DELIMITERS, key=_QUOTED.sub("", header).count)


def _csv_results(
    columns: ColumnMapping, lines: RowLines, rows: Iterator[list[str]], options: ReadOptions
) -> Iterator[ReadResult]:
    while True:
        try:
            cells = next(rows, None)
        except csv.Error as error:
            text = f"the row is no CSV: {error}; correct its quotes"
            yield lines.reject(RowError(RejectionReason.NOT_CSV, text))
            continue
        except RowError as error:
            yield lines.reject(error)
            return
        if cells is None:
            return
        line, raw = lines.take()
        if not cells:
            continue
        try:
            check_decoded(raw, lines.source.encoding)
            yield build_row(
                columns.kind,
                columns.values(cells),
                line,
                max_time=options.max_time,
                columns=columns.descriptions,
            )
        except RowError as error:
            yield RejectedRow(line, error.reason, str(error), raw)


def _json_rows(
    kind: type[ImportedRecord], lines: RowLines, options: ReadOptions
) -> Iterator[ReadResult]:
    while True:
        try:
            piece = next(lines, None)
        except RowError as error:
            yield lines.reject(error)
            return
        if piece is None:
            return
        if len(piece) >= LINE_LIMIT and not is_complete(piece):
            yield _too_long(lines, piece)
            continue
        line, raw = lines.take()
        if not (text := raw.strip()):
            continue
        try:
            check_decoded(text, lines.source.encoding)
        except RowError as error:
            yield RejectedRow(line, error.reason, str(error), text)
            continue
        yield from json_results(
            kind,
            text,
            line,
            jsonld={"jsonld": True, "jsonl": False}.get(options.format),
            max_time=options.max_time,
        )


def _too_long(lines: RowLines, piece: str) -> RejectedRow:
    """Skip the rest of a line that is too long for a record."""
    line, _ = lines.take()
    while piece and not is_complete(piece):
        piece = next(lines, "")
        lines.take()
    text = f"the line has more than {LINE_LIMIT:,} characters; is it one record a line?"
    return RejectedRow(line, RejectionReason.TOO_LARGE, text, piece[:_MAX_RAW])


def _first_only(results: Iterable[ReadResult]) -> Iterator[ReadResult]:
    """Yield the first row with each id, and a DuplicateRow for each of the others."""
    seen: set[str] = set()
    for result in results:
        if isinstance(result, Row) and result.key in seen:
            yield DuplicateRow(result.line)
            continue
        if isinstance(result, Row):
            seen.add(result.key)
        yield result
