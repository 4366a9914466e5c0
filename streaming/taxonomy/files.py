"""Reads the files of a taxonomy, in any order: ESCO's, O*NET's, or our own JSON lines.

Each file is recognised by its columns. A row that cannot be used is rejected with its reason; the
others are taken.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from streaming.contract.rejection_reasons import RejectionReason
from streaming.errors import InputError, quote
from streaming.importing.rows import RejectedRow
from streaming.importing.source_file import LINE_LIMIT, SourceFile
from streaming.taxonomy import esco, onet
from streaming.taxonomy.concept import Taxonomy
from streaming.taxonomy.draft import UNKNOWN_LANGUAGE, Draft, Layout, RowRefusedError
from streaming.taxonomy.own_layout import JSON_LINES, OWN, SKILL_LINES

_LAYOUTS = (*esco.LAYOUTS, *onet.LAYOUTS)
_ENGLISH_SOURCES = {"O*NET", OWN}
_LANGUAGE_OF_FILE = re.compile(r"_(?P<code>[a-z]{2})\.csv(?:\.gz)?$")

Cells = Mapping[str, Any]


class _Tabs(csv.excel_tab):
    quoting = csv.QUOTE_NONE
    """In O*NET's files a quotation mark is one."""


@dataclass(frozen=True)
class TaxonomyFiles:
    """What was read: the taxonomy, and the rows that are not part of it."""

    taxonomy: Taxonomy
    rows: int
    rejected: Sequence[tuple[Path, RejectedRow]]

    @property
    def languages(self) -> list[str]:
        """Languages of the labels, the most frequent first."""
        counts = Counter(own.language for one in self.taxonomy.concepts for own in one.labels)
        return [language for language, _ in counts.most_common()]


@dataclass(frozen=True)
class _Row:
    file: Path
    line: int
    cells: Cells
    layout: Layout
    language: str

    def add_to(self, draft: Draft) -> RejectedRow | None:
        """Add the row to a taxonomy, or return it as rejected."""
        try:
            self.layout.read(draft, self.cells, self.language)
        except RowRefusedError as error:
            raw = json.dumps(self.cells)[:LINE_LIMIT]
            return RejectedRow(self.line, RejectionReason.WRONG_VALUE, str(error), raw)
        return None


def read_taxonomy(
    files: Sequence[Path], *, language: str | None = None, name: str | None = None
) -> TaxonomyFiles:
    """Read the files of one taxonomy.

    Args:
        files: in any order; `.gz` is decompressed.
        language: of the labels; None: the one that a file's name ends in, as ESCO's do
            (`occupations_en.csv`), and English for O*NET.
        name: of the taxonomy; None: ESCO, O*NET, or "own".

    Raises:
        InputError: a file cannot be read, is of no known layout, or is of another taxonomy than the
            others, or there is no concept in them.
    """
    draft, sources, relations = Draft(), dict[str, Path](), list[_Row]()
    count, rejected = 0, list[tuple[Path, RejectedRow]]()
    for file in files:
        for row in _rows(SourceFile(file), language):
            count += 1
            sources.setdefault(row.layout.source, file)
            if row.layout.relates:
                relations.append(row)
            elif refused := row.add_to(draft):
                rejected.append((file, refused))
        if len(sources) > 1:
            (known, first), (other, second) = list(sources.items())[:2]
            raise InputError(
                f"{first} is of the taxonomy {known}, {second} of {other}; import one after the"
                " other"
            )
    for row in relations:
        if refused := row.add_to(draft):
            rejected.append((row.file, refused))
    taxonomy = draft.taxonomy(name or next(iter(sources), OWN))
    if not taxonomy.concepts:
        names = ", ".join(str(file) for file in files)
        raise InputError(
            f"there is no occupation and no skill in {names}; give the files that declare them too,"
            " such as occupations_en.csv or Occupation Data.txt"
        )
    return TaxonomyFiles(taxonomy, count, rejected)


def _rows(source: SourceFile, language: str | None) -> Iterator[_Row]:
    first = next((text for text in source.lines() if text.strip()), "")
    if first.lstrip().startswith("{"):
        rows = _json_lines(source)
    elif "," not in first and "\t" not in first:
        rows = _skill_lines(source)
    else:
        rows = _table_rows(source, first)
    for line, layout, cells in rows:
        of_source = "en" if layout.source in _ENGLISH_SOURCES else _language_of(source.path)
        yield _Row(source.path, line, cells, layout, language or of_source)


def _table_rows(source: SourceFile, first: str) -> Iterator[tuple[int, Layout, Cells]]:
    csv.field_size_limit(LINE_LIMIT)  # a global limit of the csv module
    has_tabs = first.count("\t") > first.count(",")
    dialect: type[csv.Dialect] = _Tabs if has_tabs else csv.excel
    reader = csv.DictReader(source.lines(), dialect=dialect, restval="")
    header = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    layout = _layout(source.path, header)
    try:
        for cells in reader:
            row = {name: (text or "").strip() for name, text in cells.items() if name}
            yield reader.line_num, layout, row
    except csv.Error as error:
        raise InputError(f"{source.path} breaks at line {reader.line_num}: {error}") from error


def _json_lines(source: SourceFile) -> Iterator[tuple[int, Layout, Cells]]:
    for number, text in enumerate(source.lines(), start=1):
        if not text.strip():
            continue
        try:
            value = orjson.loads(text)
        except ValueError as error:
            raise InputError(f"{source.path}, line {number}, is no JSON object: {error}") from error
        if not isinstance(value, dict):
            raise InputError(f"{source.path}, line {number}, is no JSON object")
        yield number, JSON_LINES, value


def _skill_lines(source: SourceFile) -> Iterator[tuple[int, Layout, Cells]]:
    for number, text in enumerate(source.lines(), start=1):
        if text.strip():
            yield number, SKILL_LINES, {"label": text.strip()}


def _layout(file: Path, header: Sequence[str]) -> Layout:
    for layout in _LAYOUTS:
        if layout.columns <= set(header):
            return layout
    raise InputError(
        f"{file} has the columns {quote(', '.join(header))}, which no file of a taxonomy has; give"
        " ESCO's CSV files, O*NET's tab-separated files, or JSON lines with concept_id and name"
    )


def _language_of(file: Path) -> str:
    found = _LANGUAGE_OF_FILE.search(file.name)
    return found["code"] if found else UNKNOWN_LANGUAGE
