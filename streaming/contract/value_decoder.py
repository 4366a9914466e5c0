"""Bytes to records, one value at a time: what can be read, and for the rest why it cannot.

In Python, on the way to the tables too (`streaming.kafka.batch_decoder`): Spark plans the checks of
some dozen fields anew for each batch, which takes longer than to make them. They are derived from
the models of `streaming.contract.records` (`streaming.contract.field_checks`).
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin

import orjson
from pydantic import BaseModel

from streaming.contract.field_checks import RFC3339, TIMES_OF_PEOPLE, Fault, Field, fields
from streaming.contract.records import EVERYONE, SCHEMA_VERSION, Versioned
from streaming.contract.topics import MAX_VALUE_BYTES, Topic
from streaming.timestamps import from_text, to_text

Document = dict[str, Any]
"""A record as JSON has it: known fields that are not null, times canonical."""

_TIME = re.compile(RFC3339)
_CANONICAL_LENGTH = len("2026-01-31T09:30:00.000000Z")
_AHEAD = timedelta(days=1)
_LONG = 2**63


class Unreadable(Exception):  # noqa: N818 - it is what the value is, not a failure of ours
    """Why a value is no record."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault
        self.text = text


_Read = Callable[[str, Any], Any]
"""Takes a field's name and its value, returns it as a record has it; raises Unreadable."""


@dataclass(frozen=True, slots=True)
class _Check:
    """What one field must be, ready to be asked."""

    above: tuple[str, ...]
    """The objects it stands in."""
    last: str
    name: str
    required: bool
    is_type: Callable[[Any], bool]
    expected: str
    read: _Read


def read_value(value: bytes | None, topic: Topic, produced_at: str | None = None) -> Document:
    """Read a value of a topic.

    Args:
        value: as it stands on the topic; None for a null.
        topic: whose contract applies.
        produced_at: the message's own time, canonical; asked for on topics that people's times
            stand on (`TIMES_OF_PEOPLE`).

    Raises:
        Unreadable: with its reason code.
    """
    if topic.record is None:
        raise ValueError(f"topic {topic.name} holds raw bytes, which cannot be decoded")
    document = _parse(value)
    record: Document = {}
    for check in _checks(topic.record):
        _take(check, document, record)
    if record["schema_version"] != SCHEMA_VERSION:
        text = (
            f"schema_version is {record['schema_version']}, this careerstream reads "
            f"{SCHEMA_VERSION}"
        )
        raise Unreadable(Fault.SCHEMA_VERSION, text)
    if topic.record in TIMES_OF_PEOPLE:
        _check_person(record, TIMES_OF_PEOPLE[topic.record], own_time(produced_at))
    return record


def own_time(produced_at: str | None) -> str:
    """Return a message's own time as Spark or Arrow made text of it, if it is canonical.

    Raises:
        Unreadable: there is none, or not in years that people know: some producer took
            microseconds for milliseconds, say.
    """
    if produced_at is None or len(produced_at) != _CANONICAL_LENGTH:
        text = f"the message's own time is {produced_at}, must be in the years 1 to 9999"
        raise Unreadable(Fault.WRONG_VALUE, text)
    return produced_at


def as_scalar(kind: type, value: Any) -> Any:
    """Return a value as a field of a kind (`contract.SCALARS`) has it, None where it is none."""
    is_type, _, read = _KINDS[kind]
    if not is_type(value):
        return None
    try:
        return read("", value)
    except Unreadable:
        return None


def _parse(value: bytes | None) -> Document:
    if value is None:
        raise Unreadable(Fault.NULL_VALUE, "the value is null")
    if len(value) > MAX_VALUE_BYTES:
        text = f"{len(value)} bytes, at most {MAX_VALUE_BYTES} are allowed"
        raise Unreadable(Fault.TOO_LARGE, text)
    try:
        # Quick, and it knows neither NaN nor half a surrogate nor endless depth.
        parsed = orjson.loads(value)
        if b"\\" in value or value.count(b'"') != 2 * _strings(parsed):
            json.loads(value, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        parsed = _parse_slowly(value)
    if not isinstance(parsed, dict):
        raise Unreadable(Fault.WRONG_TYPE, f"the value is {_named(parsed)}, must be an object")
    return parsed


def _strings(parsed: Any) -> int:
    """Count the keys and the strings of a document.

    Where nothing is escaped, each stands between two quotation marks of its own; a key that stands
    there twice is parsed once, and so leaves marks too many.
    """
    if isinstance(parsed, str):
        return 1
    found, inner = 0, parsed
    if isinstance(parsed, dict):
        found, inner = len(parsed), parsed.values()
    elif not isinstance(parsed, list):
        return 0
    for value in inner:  # without a call for each
        if type(value) is str:
            found += 1
        elif type(value) is dict or type(value) is list:
            found += _strings(value)
    return found


def _parse_slowly(value: bytes) -> Any:
    """Parse what orjson refused: it may hold a number too large, which is valid JSON."""
    try:
        text = value.decode()
        parsed = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
        json.dumps(parsed, ensure_ascii=False).encode()  # refuses half a surrogate
    except UnicodeDecodeError as error:
        raise Unreadable(Fault.NOT_UTF8, "the value is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        words = "the value is not JSON, or repeats a key of an object"
        raise Unreadable(Fault.NOT_JSON, words) from error
    return parsed


def _once(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _take(check: _Check, document: Mapping[str, Any], record: Document) -> None:
    """Check one field, and put it into the record where it is said."""
    source: Any = document
    for name in check.above:
        source = source.get(name) if isinstance(source, dict) else None
    value = source.get(check.last) if isinstance(source, dict) else None
    if value is None:
        if check.required:
            raise Unreadable(Fault.MISSING_FIELD, f"field {check.name} is missing")
        return
    if not check.is_type(value):
        text = f"field {check.name} is {_named(value)}, must be {check.expected}"
        raise Unreadable(Fault.WRONG_TYPE, text)
    target = record
    for name in check.above:
        target = target[name]
    target[check.last] = check.read(check.name, value)


def _check_person(record: Mapping[str, Any], time_field: str, produced_at: str) -> None:
    if record["candidate_id"] == EVERYONE:
        text = f"field candidate_id is '{EVERYONE}', which stands for people nobody knows"
        raise Unreadable(Fault.WRONG_VALUE, text)
    moment = record[time_field]
    if moment > produced_at and from_text(moment) > from_text(produced_at) + _AHEAD:
        text = (
            f"{time_field} {moment} is more than a day after the message's own time {produced_at}"
        )
        raise Unreadable(Fault.FUTURE_TIME, text)


@cache
def _checks(record: type[Versioned]) -> tuple[_Check, ...]:
    return tuple(_check(field) for field in fields(record))


def _check(field: Field) -> _Check:
    name, kind = field.name, field.annotation
    if get_origin(kind) is list:
        is_type, expected, read = _LISTS[get_args(kind)[0] is str]
    elif issubclass(kind, BaseModel):
        is_type, expected, read = _OBJECT
    elif issubclass(kind, StrEnum):
        is_type, expected, read = *_TEXT[:2], _member(tuple(member.value for member in kind))
    elif field.min_length is not None and field.max_length is not None:
        is_type, expected, read = *_TEXT[:2], _sized(field.min_length, field.max_length)
    else:
        is_type, expected, read = _KINDS[kind]
    *above, last = name.split(".")
    return _Check(tuple(above), last, name, field.required, is_type, expected, read)


def _is_list_of(inner: type) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, list) and all(v is None or isinstance(v, inner) for v in value)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_LONG <= value < _LONG


def _list_without_null(name: str, value: list[Any]) -> list[Any]:
    if None in value:
        raise Unreadable(Fault.WRONG_TYPE, f"field {name} holds a null")
    return value


def _finite(name: str, value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise Unreadable(Fault.WRONG_VALUE, f"field {name} is too large a number")
    return number


def _moment(name: str, value: str) -> str:
    try:
        if _TIME.match(value):
            moment = datetime.fromisoformat(value)
            # Canonical already, as most are; from Python 3.13 on hour 24 is read as the next day.
            if len(value) == _CANONICAL_LENGTH and value[-1] == "Z" and value[11:13] != "24":
                return value
            return to_text(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        pass
    text = f"field {name} is '{value[:60]}', must be an RFC 3339 time in the years 1 to 9999, UTC"
    raise Unreadable(Fault.WRONG_VALUE, text)


def _member(members: tuple[str, ...]) -> _Read:
    def read(name: str, value: str) -> str:
        if value in members:
            return value
        text = f"field {name} is '{value[:60]}', must be one of {', '.join(members)}"
        raise Unreadable(Fault.WRONG_VALUE, text)

    return read


def _sized(shortest: int, longest: int) -> _Read:
    def read(name: str, value: str) -> str:
        if shortest <= len(value) <= longest:
            return value
        text = f"field {name} has {len(value)} characters, must have {shortest} to {longest}"
        raise Unreadable(Fault.WRONG_VALUE, text)

    return read


def _as_it_is(name: str, value: Any) -> Any:
    del name
    return value


def _named(value: Any) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a number"),
        (float, "a number"),
        (str, "a string"),
        (list, "a list"),
        (dict, "an object"),
    )
    return next((words for kind, words in kinds if isinstance(value, kind)), "null")


_Kind = tuple[Callable[[Any], bool], str, _Read]
"""Which values are of a type, the type in words, and how one is read."""

_TEXT: _Kind = (lambda value: isinstance(value, str), "a string", _as_it_is)
_OBJECT: _Kind = (lambda value: isinstance(value, dict), "an object", lambda _, __: {})
_LISTS: dict[bool, _Kind] = {
    True: (_is_list_of(str), "a list of strings", _list_without_null),
    False: (_is_list_of(dict), "a list of objects", _list_without_null),
}
_KINDS: dict[type, _Kind] = {
    str: _TEXT,
    bool: (lambda value: isinstance(value, bool), "true or false", _as_it_is),
    int: (_is_whole, "a whole number", _as_it_is),
    float: (_is_number, "a number", _finite),
    datetime: (*_TEXT[:2], _moment),
}
