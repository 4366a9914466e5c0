"""Columns of a CSV file → fields of a record, as `--map` says it.

    field=Column          the cell of a column
    field=Column*1000     its number times a factor ("20" thousand a month is 20000)
    field=First+Second    several columns, joined
    field:=constant       the same in every row

A column whose name holds `*` or `+` is found all the same: the whole text is tried first. Fields of
a part are written with a dot: `place.locality=City`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property, partial
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from streaming.contract.records import EventKind, Posting, SalaryUnit
from streaming.errors import InputError
from streaming.importing import value_parsers as v
from streaming.importing.html_text import guess_language, one_line, plain_text
from streaming.importing.rows import ImportedRecord, RejectionReason, RowError

Convert = Callable[[str], Any]

_DERIVED = {"event_id", "schema_version"}
"""Required in the contract, but made by the reader where the file lacks them."""

_CONVERTERS: dict[Any, Convert] = {
    float: v.read_number,
    int: v.read_whole,
    datetime: v.read_time,
    EventKind: v.read_kind,
    SalaryUnit: v.read_unit,
    list[str]: lambda text: v.read_list(plain_text(text)),
    str: one_line,
}
_BY_NAME: dict[str, Convert] = {
    # ids and addresses are no markup
    "candidate_id": str.strip,
    "posting_id": str.strip,
    "event_id": str.strip,
    "recommendation_id": str.strip,
    "url": str.strip,
    "description": plain_text,
    "background": plain_text,
    "language": v.read_language,
    "salary.currency": lambda text: text.strip().upper(),
    "valid_through": partial(v.read_time, end_of_day=True),
}


@dataclass(frozen=True)
class _Cell:
    """How one field is made."""

    path: tuple[str, ...]
    origin: str
    columns: tuple[int, ...]
    convert: Convert
    constant: Any = None


@dataclass(frozen=True)
class ColumnMap:
    """A mapping bound to the header of a file."""

    kind: type[ImportedRecord]
    cells: tuple[_Cell, ...]
    empty: frozenset[str]

    @cached_property
    def origins(self) -> dict[str, str]:
        """Which column each field comes from, for messages."""
        return {".".join(cell.path): cell.origin for cell in self.cells}

    def values(self, row: Sequence[str]) -> dict[str, Any]:
        """Convert one row; empty cells leave their field out.

        Raises:
            RowError: a cell cannot be read.
        """
        found: dict[str, Any] = {}
        for cell in self.cells:
            value = cell.constant if cell.constant is not None else self._value(cell, row)
            if value is None:
                continue
            target = found
            for part in cell.path[:-1]:
                target = target.setdefault(part, {})
            target[cell.path[-1]] = value
        return self._completed(found) if self.kind is Posting else found

    def _value(self, cell: _Cell, row: Sequence[str]) -> Any:
        texts = [text for column in cell.columns if (text := row[column].strip()) not in self.empty]
        if not texts:
            return None
        try:
            return cell.convert("\n".join(texts))
        except ValueError as error:
            field = ".".join(cell.path)
            text = f"field {field} (column {cell.origin}): {error}"
            raise RowError(RejectionReason.WRONG_VALUE, text) from error

    @staticmethod
    def _completed(found: dict[str, Any]) -> dict[str, Any]:
        """A salary without an amount says nothing; the language shows in the text."""
        said = {
            name: value
            for name, value in found.items()
            if name != "salary" or {"minimum", "maximum"} & set(value)
        }
        guess = guess_language(found.get("title"), found.get("description"))
        return {"language": guess, **said}


def bind(
    kind: type[ImportedRecord], flags: Sequence[str], header: Sequence[str], empty: frozenset[str]
) -> ColumnMap:
    """Check the flags against the record and the header.

    Args:
        kind: what each row is to become.
        flags: see the module's description; none: columns named like fields.
        header: the file's columns.
        empty: cells that mean nothing was said.

    Raises:
        InputError: a flag is malformed, or names a field or a column that does not exist; or a
            required field is not mapped.
    """
    known = dict(_leaves(kind))
    chosen = flags or [f"{name}={name}" for name in header if name in known]
    cells = tuple(_cell(flag, kind, known, header) for flag in chosen)
    mapped = {cell.path[0] for cell in cells}
    required = [
        name
        for name, field in kind.model_fields.items()
        if field.is_required() and name not in mapped | _DERIVED
    ]
    if required:
        raise InputError(
            f"no column is mapped to {', '.join(required)}; add --map {required[0]}=COLUMN "
            f"(columns: {', '.join(header)})"
        )
    return ColumnMap(kind, cells, empty)


def _leaves(record: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """List the plain fields of a record and of its parts, with their types."""
    for name, field in record.model_fields.items():
        bare = _without_none(field.annotation)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            yield from _leaves(bare, f"{prefix}{name}.")
        else:
            yield prefix + name, bare


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) is UnionType:
        (annotation,) = (part for part in get_args(annotation) if part is not NoneType)
    return annotation


def _cell(
    flag: str, kind: type[ImportedRecord], known: Mapping[str, Any], header: Sequence[str]
) -> _Cell:
    name, equals, source = (part.strip() for part in flag.partition("="))
    constant = name.endswith(":")
    name = name.rstrip(": ")
    if not (name and equals and source):
        raise InputError(f"--map {flag} is not field=Column or field:=constant")
    if name not in known:
        raise InputError(
            f"--map {flag}: a {kind.__name__.lower()} has no field {name}; {_hint(name, known)}"
        )
    path = tuple(name.split("."))
    convert = _BY_NAME.get(name) or _CONVERTERS[known[name]]
    if constant:
        return _Cell(path, f"constant {source}", (), convert, _constant(flag, convert, source))
    column, factor = _factor(source, header)
    if factor is not None:
        if known[name] is not float:
            raise InputError(f"--map {flag}: {name} is no number; leave out the factor")
        convert = partial(_scaled, factor=factor)
    return _Cell(path, column, _columns(flag, column, header), convert)


def _constant(flag: str, convert: Convert, source: str) -> Any:
    try:
        return convert(source)
    except ValueError as error:
        raise InputError(f"--map {flag}: {error}") from error


def _factor(source: str, header: Sequence[str]) -> tuple[str, float | None]:
    match = re.fullmatch(r"(?P<column>.+)\*(?P<factor>\d+(\.\d+)?)", source)
    if match is None or source in header:
        return source, None
    return match["column"].strip(), float(match["factor"])


def _scaled(text: str, factor: float) -> float:
    return v.read_number(text) * factor


def _columns(flag: str, source: str, header: Sequence[str]) -> tuple[int, ...]:
    names = [source] if source in header else [name.strip() for name in source.split("+")]
    for name in names:
        if name not in header:
            raise InputError(f"--map {flag}: the file has no column {name}; {_hint(name, header)}")
    return tuple(header.index(name) for name in names)


def _hint(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}"
