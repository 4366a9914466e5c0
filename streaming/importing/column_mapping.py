"""Maps columns of a CSV file to fields of a record, as the flag `--map` says.

    field=Column          the cell of a column
    field=Column*1000     its number times a factor ("20" thousand a month is 20000)
    field=First+Second    several columns, joined
    field:=constant       the same in every row
    experience.title=Column   a row is one entry of the list (`stated_entries`)

The whole text is tried as a column's name first, so names may contain `*` and `+`. Fields of nested
objects are dotted: `place.locality=City`.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, partial
from typing import Any

from streaming.contract.field_rules import field_rules
from streaming.contract.records import Posting
from streaming.contract.rejection_reasons import RejectionReason
from streaming.errors import InputError
from streaming.importing.field_parsers import (
    Parse,
    entry_fields,
    field_parsers,
    takes_any_field,
)
from streaming.importing.parsers.html_text import guess_language, single_line
from streaming.importing.rows import ImportedRecord, RowError

_GENERATED = {"event_id", "schema_version"}
"""Required in the contract; the reader generates them if the file lacks them."""

_COUNTRY, _NAMIBIA = ("place", "country"), "NA"
"""A country's code that otherwise marks an empty cell."""


@dataclass(frozen=True)
class _FieldSource:
    """Where one field's value comes from."""

    path: tuple[str, ...]
    description: str
    """The column or the constant, for messages."""
    columns: tuple[int, ...]
    """Their numbers; none for a constant."""
    parse: Parse
    constant: Any = None


@dataclass(frozen=True)
class ColumnMapping:
    """The mapping of one file, checked against its header."""

    kind: type[ImportedRecord]
    sources: tuple[_FieldSource, ...]
    empty: frozenset[str]
    width: int
    """Columns of the header."""

    @cached_property
    def descriptions(self) -> dict[str, str]:
        """The column of each field, for messages."""
        return {".".join(source.path): source.description for source in self.sources}

    def values(self, row: Sequence[str]) -> dict[str, Any]:
        """Return the values of one row; fields of empty cells are missing.

        Raises:
            RowError: a cell cannot be read, or the row is not as long as the header.
        """
        if len(row) != self.width:
            text = f"the row has {len(row)} columns, the header {self.width}; correct the row"
            raise RowError(RejectionReason.NOT_CSV, text)
        values: dict[str, Any] = {}
        for source in self.sources:
            value = source.constant if source.constant is not None else self._value(source, row)
            if value is None:
                continue
            target = values
            for name in source.path[:-1]:
                target = target.setdefault(name, {})
            target[source.path[-1]] = value
        for name in entry_fields(self.kind) & values.keys():
            values[name] = [values[name]]
        if self.kind is Posting and "language" not in values:
            values["language"] = guess_language(values.get("title"), values.get("description"))
        return values

    def _value(self, source: _FieldSource, row: Sequence[str]) -> Any:
        cells = (row[column].strip() for column in source.columns)
        empty = self.empty - {_NAMIBIA} if source.path == _COUNTRY else self.empty
        texts = [text for text in cells if text not in empty]
        if not texts:
            return None
        try:
            return source.parse("\n".join(texts))
        except ValueError as error:
            field = ".".join(source.path)
            text = f"field {field} (column {source.description}): {error}"
            raise RowError(RejectionReason.WRONG_VALUE, text) from error


def bind_columns(
    kind: type[ImportedRecord], flags: Sequence[str], header: Sequence[str], empty: frozenset[str]
) -> ColumnMapping:
    """Check the flags (see the module) against the record and the header.

    Without flags, columns are mapped to the fields of their names. `empty` are the texts of empty
    cells.

    Raises:
        InputError: a flag is malformed, or names a field or a column that does not exist; or a
            required field is not mapped.
    """
    known = field_parsers(kind)
    if takes_any_field(kind):
        named = (flag.partition("=")[0].rstrip(": ").strip() for flag in flags)
        known = {**dict.fromkeys(filter(None, [*header, *named]), single_line), **known}
    chosen = flags or [f"{name}={name}" for name in dict.fromkeys(header) if name in known]
    sources = tuple(_parse_flag(flag, kind, known, header) for flag in chosen)
    mapped = {source.path[0] for source in sources}
    required = [
        name
        for name, field in kind.model_fields.items()
        if field.is_required() and name not in mapped | _GENERATED
    ]
    if required:
        raise InputError(
            f"no column is mapped to {', '.join(required)}; rename a column, or add "
            f"`--map {required[0]}=COLUMN` to `careerstream import` (columns: {', '.join(header)})"
        )
    return ColumnMapping(kind, sources, empty, len(header))


def _parse_flag(
    flag: str, kind: type[ImportedRecord], known: Mapping[str, Parse], header: Sequence[str]
) -> _FieldSource:
    name, equals, text = (part.strip() for part in flag.partition("="))
    constant = name.endswith(":")
    name = name.rstrip(": ")
    if not (name and equals and text):
        raise InputError(f"--map {flag} is not field=Column or field:=constant")
    if name not in known:
        raise InputError(
            f"--map {flag}: a {kind.__name__.lower()} has no field {name}; {_hint(name, known)}"
        )
    path = tuple(name.split("."))
    parse = known[name]
    if constant:
        return _FieldSource(path, f"constant {text}", (), parse, _constant(flag, parse, text))
    column, factor = _split_factor(text, header)
    if factor is not None:
        if not any(rule.name == name and rule.annotation is float for rule in field_rules(kind)):
            raise InputError(f"--map {flag}: {name} is no number; leave out the factor")
        parse = partial(_scaled, parse=parse, factor=factor)
    return _FieldSource(path, column, _columns(flag, column, header), parse)


def _constant(flag: str, parse: Parse, text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise InputError(f"--map {flag}: {error}") from error


def _split_factor(text: str, header: Sequence[str]) -> tuple[str, float | None]:
    match = re.fullmatch(r"(?P<column>.+)\*(?P<factor>\d+(\.\d+)?)", text)
    if match is None or text in header:
        return text, None
    return match["column"].strip(), float(match["factor"])


def _scaled(text: str, parse: Parse, factor: float) -> float | None:
    number: float | None = parse(text)
    return None if number is None else number * factor


def _columns(flag: str, source: str, header: Sequence[str]) -> tuple[int, ...]:
    names = [source] if source in header else [name.strip() for name in source.split("+")]
    for name in names:
        if name not in header:
            raise InputError(f"--map {flag}: the file has no column {name}; {_hint(name, header)}")
        if (count := Counter(header)[name]) > 1:
            raise InputError(
                f"--map {flag}: the file has {count} columns {name}; rename all but one of them"
            )
    return tuple(header.index(name) for name in names)


def _hint(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}"
