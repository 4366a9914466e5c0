"""Reads lines of JSON: one object or a list of them, in our own schema or as JSON-LD."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, NoReturn

import orjson

from streaming.contract.learning.course import Course
from streaming.contract.records import Posting
from streaming.contract.rejection_reasons import RejectionReason
from streaming.errors import quote
from streaming.importing.courses.schema_org_course import course_values, find_courses
from streaming.importing.field_parsers import parse_texts
from streaming.importing.json_ld import is_jsonld
from streaming.importing.rows import (
    ImportedRecord,
    ReadResult,
    RejectedRow,
    RowError,
    build_row,
)
from streaming.importing.schema_org import find_postings, posting_values

_MAX_DEPTH = 100
"""Nested lists and objects in a row of our own schema."""
_LONG_INTEGER = re.compile(r"[0-9]{19}")
"""What may be beyond 64 bits, where orjson returns a float."""
_MAX_REPEATS = 10
"""Rejected rows of a line that repeat all of it. With thousands of rows in a line, the file of
rejected rows would be quadratic in the size of the line."""
_MAX_RAW = 100
"""Characters of the line that the others repeat."""


def json_results(
    kind: type[ImportedRecord],
    raw: str,
    line: int,
    *,
    jsonld: bool | None = None,
    max_time: datetime | None = None,
) -> Iterator[ReadResult]:
    """Read one line as one or more rows.

    The JSON-LD objects of a list are one document, whose nodes may refer to each other. Each other
    object is a row of our own schema. Lists within the list count as part of it.

    Args:
        kind: the kind of record; only postings and courses are read from JSON-LD.
        raw: the line.
        line: its number.
        jsonld: whether the objects are JSON-LD; None: those are that have a key of it.
        max_time: the newest time of an event or a stated part that is allowed; None: any.
    """
    rejected = 0
    try:
        rows = list(_rows(kind, raw, jsonld))
    except RowError as error:
        yield RejectedRow(line, error.reason, str(error), raw)
        return
    for values in rows:
        try:
            yield build_row(kind, values(), line, max_time=max_time)
        except RowError as error:
            part = raw if rejected < _MAX_REPEATS else raw[:_MAX_RAW]
            yield RejectedRow(line, error.reason, str(error), part)
            rejected += 1


def _rows(
    kind: type[ImportedRecord], raw: str, jsonld: bool | None
) -> Iterator[Callable[[], Mapping[str, Any]]]:
    """Yield a function for each row that returns its values or raises a RowError."""

    def belongs(item: Any) -> bool:
        is_candidate = kind in (Posting, Course) and isinstance(item, dict) and jsonld is not False
        return is_candidate and (jsonld or is_jsonld(item))

    items = _items(raw, orjson.loads)
    if not items:
        raise RowError(RejectionReason.WRONG_TYPE, "the list is empty; write one object a line")
    nodes = [item for item in items if belongs(item)]
    own = [item for item in items if not belongs(item)]
    if nodes and _LONG_INTEGER.search(raw):
        exact = partial(json.loads, parse_int=_exact_integer)
        nodes = [item for item in _items(raw, exact) if belongs(item)]
    if nodes:
        yield from _node_rows(kind, nodes)
    yield from (partial(_own_values, kind, item) for item in own)


def _node_rows(
    kind: type[ImportedRecord], nodes: list[Any]
) -> list[Callable[[], Mapping[str, Any]]]:
    try:
        if kind is Course:
            return [partial(course_values, course) for course in find_courses(nodes)]
        return [partial(posting_values, posting) for posting in find_postings(nodes)]
    except RowError as error:
        return [partial(_raise, error)]


def _items(raw: str, parse: Callable[[str], Any]) -> list[Any]:
    """Return what a line holds, without the lists around it."""
    try:
        stack = [parse(raw)]
    except (ValueError, RecursionError) as error:
        text = f"the line is no JSON: {error}; write one complete object a line"
        raise RowError(RejectionReason.NOT_JSON, text) from error
    items = []
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack += reversed(item)
        else:
            items.append(item)
    return items


def _exact_integer(digits: str) -> int | str:
    """Keep an identifier of any length as text, for which int() has a limit."""
    return digits if _LONG_INTEGER.search(digits) else int(digits)


def _own_values(kind: type[ImportedRecord], item: Any) -> dict[str, Any]:
    """Return a row of our own schema.

    Raises:
        RowError: it is no object, is nested so deeply that a message could not quote it, or holds
            a time or a number that cannot be read.
    """
    if not isinstance(item, dict):
        text = f"{quote(item)} is no object; write one object a line"
        raise RowError(RejectionReason.WRONG_TYPE, text)
    containers: list[Any] = [item]
    for _ in range(_MAX_DEPTH):
        contents = (part.values() if isinstance(part, dict) else part for part in containers)
        children = chain.from_iterable(contents)
        containers = [child for child in children if isinstance(child, dict | list)]
        if not containers:
            return parse_texts(kind, item)
    text = f"the object is nested more than {_MAX_DEPTH} levels deep; write it flatter"
    raise RowError(RejectionReason.TOO_LARGE, text)


def _raise(error: RowError) -> NoReturn:
    raise error
