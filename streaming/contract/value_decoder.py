"""Decodes values of the topics, one at a time: a record, or the reason why it is none.

The checks are derived from the models of `records` (`field_rules`). They run in Python on the way
to the tables too (`streaming.kafka.batch_decoder`): Spark plans checks of dozens of fields anew
for each batch, which takes longer than to make them.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from streaming.contract.field_rules import PERSON_TIME_FIELDS, FieldRule, field_rules
from streaming.contract.json_parser import DecodeError, parse_object, type_name
from streaming.contract.records import ANONYMOUS, SCHEMA_VERSION, Versioned
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import Topic
from streaming.timestamps import format_timestamp, parse_timestamp

Document = dict[str, Any]
"""A record as JSON has it: known fields that are not null, times canonical."""

_RFC3339 = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$")
_CANONICAL_LENGTH = len("2026-01-31T09:30:00.000000Z")
_MAX_AHEAD = timedelta(days=1)
_INT64_LIMIT = 2**63

_Convert = Callable[[str, Any], Any]
"""Takes a field's name and its value, returns the value for the record; raises DecodeError."""


@dataclass(frozen=True, slots=True)
class _FieldCheck:
    """A field rule, compiled."""

    parents: tuple[str, ...]
    """The objects that hold the field."""
    last: str
    """Its own name in the innermost of them."""
    name: str
    """The dotted name."""
    required: bool
    is_type: Callable[[Any], bool]
    expected: str
    """The type in words."""
    convert: _Convert


def read_value(value: bytes | None, topic: Topic, produced_at: str | None = None) -> Document:
    """Decode a value of a topic; None is a null.

    On topics whose records hold times of people (`PERSON_TIME_FIELDS`), `produced_at` is required:
    the message's timestamp, canonical.

    Raises:
        DecodeError: with its reason code.
    """
    if topic.record is None:
        raise ValueError(f"topic {topic.name} holds raw bytes, which cannot be decoded")
    document = parse_object(value)
    record: Document = {}
    for check in _compiled_checks(topic.record):
        _copy_field(check, document, record)
    if record["schema_version"] != SCHEMA_VERSION:
        text = (
            f"schema_version is {record['schema_version']}, this careerstream reads "
            f"{SCHEMA_VERSION}"
        )
        raise DecodeError(RejectionReason.SCHEMA_VERSION, text)
    if time_field := PERSON_TIME_FIELDS.get(topic.record):
        _check_person(record, time_field, checked_timestamp(produced_at))
    return record


def checked_timestamp(produced_at: str | None) -> str:
    """Return a message's timestamp, as Spark or Arrow made text of it, if it is canonical.

    Raises:
        DecodeError: there is none, or it lies outside the years 1 to 9999. A producer that takes
            microseconds for milliseconds does that.
    """
    if produced_at is None or len(produced_at) != _CANONICAL_LENGTH:
        text = f"the message's own time is {produced_at}, must be in the years 1 to 9999"
        raise DecodeError(RejectionReason.WRONG_VALUE, text)
    return produced_at


def convert_scalar(kind: type, value: Any) -> Any:
    """Convert a value to a type of `spark_types.SCALAR_TYPES`; None if it is not of that type."""
    is_type, _, convert = _SCALARS[kind]
    if not is_type(value):
        return None
    try:
        return convert("", value)
    except DecodeError:
        return None


def _copy_field(check: _FieldCheck, document: Mapping[str, Any], record: Document) -> None:
    """Check one field of a document and copy it into the record, if the document has it."""
    source: Any = document
    for name in check.parents:
        source = source.get(name) if isinstance(source, dict) else None
    value = source.get(check.last) if isinstance(source, dict) else None
    if value is None:
        if check.required:
            raise DecodeError(RejectionReason.MISSING_FIELD, f"field {check.name} is missing")
        return
    if not check.is_type(value):
        text = f"field {check.name} is {type_name(value)}, must be {check.expected}"
        raise DecodeError(RejectionReason.WRONG_TYPE, text)
    target = record
    for name in check.parents:
        target = target[name]
    target[check.last] = check.convert(check.name, value)


def _check_person(record: Mapping[str, Any], time_field: str, produced_at: str) -> None:
    if record["candidate_id"] == ANONYMOUS:
        text = f"field candidate_id is '{ANONYMOUS}', which stands for anonymous visitors"
        raise DecodeError(RejectionReason.WRONG_VALUE, text)
    moment = record[time_field]
    if moment > produced_at and parse_timestamp(moment) > parse_timestamp(produced_at) + _MAX_AHEAD:
        text = (
            f"{time_field} {moment} is more than a day after the message's own time {produced_at}"
        )
        raise DecodeError(RejectionReason.FUTURE_TIME, text)


@cache
def _compiled_checks(record: type[Versioned]) -> tuple[_FieldCheck, ...]:
    return tuple(_compile(rule) for rule in field_rules(record))


def _compile(rule: FieldRule) -> _FieldCheck:
    kind = rule.annotation
    if get_origin(kind) is list:
        is_type, expected, convert = _STRINGS if get_args(kind)[0] is str else _OBJECTS
    elif issubclass(kind, BaseModel):
        is_type, expected, convert = _OBJECT
    elif issubclass(kind, StrEnum):
        is_type, expected, convert = *_STRING[:2], _enum_converter([m.value for m in kind])
    elif rule.min_length is not None and rule.max_length is not None:
        is_type, expected, convert = *_STRING[:2], _length_checker(rule.min_length, rule.max_length)
    else:
        is_type, expected, convert = _SCALARS[kind]
    *parents, last = rule.name.split(".")
    return _FieldCheck(tuple(parents), last, rule.name, rule.required, is_type, expected, convert)


def _is_list_of(inner: type) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, list) and all(v is None or isinstance(v, inner) for v in value)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_int64(value: Any) -> bool:
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return is_int and -_INT64_LIMIT <= value < _INT64_LIMIT


def _unchanged(name: str, value: Any) -> Any:
    del name
    return value


def _list_without_null(name: str, value: list[Any]) -> list[Any]:
    if None in value:
        raise DecodeError(RejectionReason.WRONG_TYPE, f"field {name} holds a null")
    return value


def _finite_float(name: str, value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise DecodeError(RejectionReason.WRONG_VALUE, f"field {name} is too large a number")
    return number


def _canonical_time(name: str, value: str) -> str:
    try:
        if _RFC3339.match(value):
            moment = datetime.fromisoformat(value)
            # Most are canonical already. From Python 3.13 on hour 24 is read as the next day.
            if len(value) == _CANONICAL_LENGTH and value[-1] == "Z" and value[11:13] != "24":
                return value
            return format_timestamp(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        pass
    text = f"field {name} is '{value[:60]}', must be an RFC 3339 time in the years 1 to 9999, UTC"
    raise DecodeError(RejectionReason.WRONG_VALUE, text)


def _enum_converter(members: list[str]) -> _Convert:
    def convert(name: str, value: str) -> str:
        if value in members:
            return value
        text = f"field {name} is '{value[:60]}', must be one of {', '.join(members)}"
        raise DecodeError(RejectionReason.WRONG_VALUE, text)

    return convert


def _length_checker(shortest: int, longest: int) -> _Convert:
    def convert(name: str, value: str) -> str:
        if shortest <= len(value) <= longest:
            return value
        text = f"field {name} has {len(value)} characters, must have {shortest} to {longest}"
        raise DecodeError(RejectionReason.WRONG_VALUE, text)

    return convert


_Type = tuple[Callable[[Any], bool], str, _Convert]
"""Which values are of a type, the type in words, and how a value is converted."""

_STRING: _Type = (lambda value: isinstance(value, str), "a string", _unchanged)
_OBJECT: _Type = (lambda value: isinstance(value, dict), "an object", lambda _, __: {})
_STRINGS: _Type = (_is_list_of(str), "a list of strings", _list_without_null)
_OBJECTS: _Type = (_is_list_of(dict), "a list of objects", _list_without_null)
_SCALARS: dict[type, _Type] = {
    str: _STRING,
    bool: (lambda value: isinstance(value, bool), "true or false", _unchanged),
    int: (_is_int64, "a whole number", _unchanged),
    float: (_is_number, "a number", _finite_float),
    datetime: (*_STRING[:2], _canonical_time),
}
