"""Files → rows: CSV, JSON lines in our own schema, and schema.org JSON-LD lines.

The readers are generators with memory for one row (and, with `first_only`, for the ids seen). Each
row of the file comes out exactly once, as Row, Reject or Repeat.
"""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import orjson

from streaming.contract.records import Event, Posting
from streaming.errors import InputError
from streaming.importing.column_mapping import ColumnMap, bind
from streaming.importing.known_layouts import recognise
from streaming.importing.options import ReadOptions
from streaming.importing.rows import (
    ImportedRecord,
    Reject,
    RejectionReason,
    Repeat,
    Result,
    Row,
    RowError,
    finish,
    shown,
)
from streaming.importing.schema_org import is_jsonld, posting_values, postings_in
from streaming.importing.source_file import LINE_LIMIT, SourceFile, check_decoded

_DELIMITERS = ",;\t|"
_SHOWN_RAW = 1_000
"""Characters that are kept of a row too large to keep."""


def read_rows(
    kind: type[ImportedRecord], source: SourceFile, options: ReadOptions
) -> Iterator[Result]:
    """Read a file into records of one kind.

    A CSV file whose header is known (`readers.presets`) needs no mapping; of postings that stand
    beside events there the first row with each id is taken.

    Raises:
        InputError: the file as a whole cannot be read in this way. Everything that concerns one
            row is a Reject.
    """
    lines = _Lines(source)
    start = lines.first_text()
    chosen = options.format
    if chosen == "csv" or (chosen == "auto" and not start.startswith(("{", "["))):
        yield from _csv_rows(kind, lines, options)
        return
    if start in {"{", "["}:
        raise InputError(
            f"{source.path} is one JSON document over many lines; write one object a line, "
            "e.g. with `jq -c`"
        )
    results = _json_rows(kind, lines, options)
    yield from _first_only(results) if options.first_only else results


class _Lines:
    """The lines of a file, remembering those of the row being read."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.row_line = 1
        self._count = 0
        self._taken: list[str] = []
        self._lines = source.lines()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._taken.append(line)
        return line

    def first_text(self) -> str:
        """Look at the first line that is not blank, without taking it."""
        head: list[str] = []
        for line in self._lines:
            head.append(line)
            if line.strip():
                break
        else:
            raise InputError(f"{self.source.path} is empty; give a file with at least one row")
        self._lines = chain(head, self._lines)
        return head[-1].strip()

    def take(self) -> tuple[int, str]:
        """Return where the row just read began, and its text; the next row begins after it."""
        raw = "".join(self._taken)
        line, self.row_line = self.row_line, self.row_line + sum(map(_ends, self._taken))
        self._taken.clear()
        return line, raw

    def reject(self, error: RowError) -> Reject:
        """Set the row just read aside."""
        line, raw = self.take()
        return Reject(line, error.reason, str(error), raw[:LINE_LIMIT])


def _ends(line: str) -> bool:
    return line.endswith(("\n", "\r"))


def _csv_rows(kind: type[ImportedRecord], lines: _Lines, options: ReadOptions) -> Iterator[Result]:
    # note: module-wide in csv; a quote that is never closed ends here and not in all the memory
    csv.field_size_limit(LINE_LIMIT)
    header, rows = _csv(lines)
    preset = None if options.mapping else recognise(header)
    flags = preset.mappings.get(kind, ()) if preset else options.mapping
    columns = bind(kind, flags, header, options.empty)
    results = _csv_results(columns, header, lines, rows, options)
    beside_events = preset is not None and kind is Posting and Event in preset.mappings
    yield from _first_only(results) if options.first_only or beside_events else results


def _csv(lines: _Lines) -> tuple[list[str], Iterator[list[str]]]:
    """Read the header, and find the delimiter by it."""
    start = lines.first_text()
    delimiter = max(_DELIMITERS, key=start.count)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next((cells for cells in rows if any(cells)), [])
    except (csv.Error, RowError) as error:
        raise InputError(
            f"the header of {lines.source.path} cannot be read: {error}; correct its first line"
        ) from error
    lines.take()
    return [name.strip() for name in header], rows


def _csv_results(
    columns: ColumnMap,
    header: list[str],
    lines: _Lines,
    rows: Iterator[list[str]],
    options: ReadOptions,
) -> Iterator[Result]:
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
            values = _mapped(columns, header, cells)
            yield finish(columns.kind, values, line, latest=options.latest, origins=columns.origins)
        except RowError as error:
            yield Reject(line, error.reason, str(error), raw)


def _mapped(columns: ColumnMap, header: list[str], cells: list[str]) -> dict[str, Any]:
    if len(cells) != len(header):
        text = f"the row has {len(cells)} columns, the header {len(header)}; correct the row"
        raise RowError(RejectionReason.NOT_CSV, text)
    return columns.values(cells)


def _json_rows(kind: type[ImportedRecord], lines: _Lines, options: ReadOptions) -> Iterator[Result]:
    while True:
        try:
            piece = next(lines, None)
        except RowError as error:
            yield lines.reject(error)
            return
        if piece is None:
            return
        if len(piece) >= LINE_LIMIT and not _ends(piece):
            yield _too_long(lines, piece)
            continue
        line, raw = lines.take()
        if text := raw.strip():
            yield from _json_results(kind, text, line, lines.source.encoding, options)


def _too_long(lines: _Lines, piece: str) -> Reject:
    """Skip the rest of a line that is longer than any record can be."""
    line, _ = lines.take()
    while piece and not _ends(piece):
        piece = next(lines, "")
        lines.take()
    text = f"the line has more than {LINE_LIMIT:,} characters; is it one record a line?"
    return Reject(line, RejectionReason.TOO_LARGE, text, piece[:_SHOWN_RAW])


def _json_results(
    kind: type[ImportedRecord], raw: str, line: int, encoding: str, options: ReadOptions
) -> Iterator[Result]:
    """Read one line, which may hold several records."""
    try:
        check_decoded(raw, encoding)
        candidates = list(_json_values(kind, raw, options))
    except RowError as error:
        yield Reject(line, error.reason, str(error), raw)
        return
    for value, foreign in candidates:
        try:
            values = posting_values(value) if foreign else value
            yield finish(kind, values, line, latest=options.latest)
        except RowError as error:
            yield Reject(line, error.reason, str(error), raw)


def _json_values(
    kind: type[ImportedRecord], raw: str, options: ReadOptions
) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield the objects of a line, and whether they are in schema.org's terms."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        text = f"the line is no JSON: {error}; write one complete object a line"
        raise RowError(RejectionReason.NOT_JSON, text) from error
    for value in document if isinstance(document, list) else [document]:
        if not isinstance(value, dict):
            text = f"{shown(value)} is no object; write one object a line"
            raise RowError(RejectionReason.WRONG_TYPE, text)
        foreign = options.format == "jsonld" or (options.format == "auto" and is_jsonld(value))
        if kind is Posting and foreign:
            yield from ((dict(node), True) for node in postings_in(value))
        else:
            yield value, False


def _first_only(results: Iterable[Result]) -> Iterator[Result]:
    """Pass the first row with each id on; the others come out as repeats."""
    seen: set[str] = set()
    for result in results:
        if isinstance(result, Row) and result.key in seen:
            yield Repeat(result.line)
            continue
        if isinstance(result, Row):
            seen.add(result.key)
        yield result
