"""Decodes values of the topics, one at a time: a record, or the reason why it is none.

The checks are derived from the models of `records` (`field_rules`). They run in Python on the way
to the tables too (`streaming.kafka.batch_decoder`): Spark plans checks of dozens of fields anew
for each batch, which takes longer than to make them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from streaming.contract.field_rules import PERSON_TIME_FIELDS, FieldRule, own_field_rules
from streaming.contract.json_parser import DecodeError, parse_object, type_name
from streaming.contract.records import MAX_FLOAT, MAX_INT, MIN_INT, SCHEMA_VERSION, Versioned
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import Topic
from streaming.timestamps import canonical_timestamp, parse_timestamp

Document = dict[str, Any]
"""A record as JSON has it: known fields that are not null, times canonical."""

_CANONICAL_LENGTH = len("2026-01-31T09:30:00.000000Z")
_MAX_AHEAD = timedelta(days=1)

_Reader = Callable[[Any], Any]
"""Takes a JSON value, returns it as the record has it; raises _FieldError."""


class _FieldError(Exception):
    """What is wrong with a field; objects and lists put its path together on the way out."""

    def __init__(self, reason: RejectionReason, text: str, path: str = "") -> None:
        super().__init__(text)
        self.reason, self.text, self.path = reason, text, path


def read_value(value: bytes | None, topic: Topic, produced_at: str | None = None) -> Document:
    """Decode a value of a topic; None is a null.

    On topics whose records hold times of people (`PERSON_TIME_FIELDS`), `produced_at` is required:
    the message's timestamp, canonical.

    Raises:
        DecodeError: with its reason code.
    """
    return read_document(parse_object(value), topic, produced_at)


def read_document(
    document: dict[str, Any], topic: Topic, produced_at: str | None = None
) -> Document:
    """Decode a value of a topic that is parsed already, as `read_value` does."""
    if topic.record is None:
        raise ValueError(f"topic {topic.name} holds raw bytes, which cannot be decoded")
    # First, since another version explains what else is unlike this one.
    version = document.get("schema_version")
    if type(version) in (int, float) and version != SCHEMA_VERSION:
        text = f"schema_version is {version}, this careerstream reads {SCHEMA_VERSION}"
        raise DecodeError(RejectionReason.SCHEMA_VERSION, text)
    try:
        record: Document = _record_reader(topic.record)(document)
    except _FieldError as error:
        text = f"field {error.path.removeprefix('.')} {error.text}"
        raise DecodeError(error.reason, text) from error
    if time_field := PERSON_TIME_FIELDS.get(topic.record):
        _check_not_ahead(time_field, record[time_field], checked_timestamp(produced_at))
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


def _check_not_ahead(time_field: str, moment: str, produced_at: str) -> None:
    if moment > produced_at and parse_timestamp(moment) > parse_timestamp(produced_at) + _MAX_AHEAD:
        text = (
            f"{time_field} {moment} is more than a day after the message's own time {produced_at}"
        )
        raise DecodeError(RejectionReason.FUTURE_TIME, text)


@cache
def _record_reader(record: type[Versioned]) -> _Reader:
    return _object_reader(record)


def _object_reader(record: type[BaseModel]) -> _Reader:
    fields = [(rule.name, rule.required, _field_reader(rule)) for rule in own_field_rules(record)]

    def read(value: Any) -> Document:
        if type(value) is not dict:
            raise _wrong_type(value, "an object")
        document: Document = {}
        for name, required, read_field in fields:
            part = value.get(name)
            if part is not None:
                try:
                    document[name] = read_field(part)
                except _FieldError as error:
                    error.path = f".{name}{error.path}"
                    raise
            elif required:
                raise _FieldError(RejectionReason.MISSING_FIELD, "is missing", f".{name}")
        return document

    return read


def _list_reader(read_item: _Reader, expected: str) -> _Reader:
    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            raise _wrong_type(value, expected)
        items = []
        for index, item in enumerate(value):
            try:
                items.append(read_item(item))
            except _FieldError as error:
                error.path = f"[{index}]{error.path}"
                raise
        return items

    return read


def _field_reader(rule: FieldRule) -> _Reader:
    kind = rule.annotation
    if rule.min_length is not None and rule.max_length is not None:
        return _id_reader(rule, rule.min_length, rule.max_length)
    if get_origin(kind) is not list:
        return _reader(kind)
    (item,) = get_args(kind)
    return _list_reader(_reader(item), f"a list of {'strings' if item is str else 'objects'}")


def _reader(kind: type) -> _Reader:
    if issubclass(kind, BaseModel):
        return _object_reader(kind)
    if issubclass(kind, StrEnum):
        return _enum_reader([member.value for member in kind])
    return _SCALAR_READERS[kind]


def _id_reader(rule: FieldRule, shortest: int, longest: int) -> _Reader:
    reserved = rule.reserved

    def read(value: Any) -> str:
        text = _read_text(value)
        if not shortest <= len(text) <= longest:
            fault = f"has {len(text)} characters, must have {shortest} to {longest}"
            raise _FieldError(RejectionReason.WRONG_VALUE, fault)
        if reserved is not None and text == reserved.text:
            fault = f"is '{text}', which stands for {reserved.meaning}"
            raise _FieldError(RejectionReason.WRONG_VALUE, fault)
        return text

    return read


def _enum_reader(members: list[str]) -> _Reader:
    def read(value: Any) -> str:
        text = _read_text(value)
        if text not in members:
            fault = f"is {text[:60]!r}, must be one of {', '.join(members)}"
            raise _FieldError(RejectionReason.WRONG_VALUE, fault)
        return text

    return read


def _read_text(value: Any) -> str:
    if type(value) is not str:
        raise _wrong_type(value, "a string")
    return value


def _read_flag(value: Any) -> bool:
    if type(value) is not bool:
        raise _wrong_type(value, "true or false")
    return value


def _read_int(value: Any) -> int:
    number = int(value) if type(value) is float and value.is_integer() else value
    if type(number) is not int:
        raise _wrong_type(value, "a whole number")
    if not MIN_INT <= number <= MAX_INT:
        raise _FieldError(RejectionReason.WRONG_TYPE, f"must be from {MIN_INT} to {MAX_INT}")
    return number


def _read_float(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise _wrong_type(value, "a number")
    if not -MAX_FLOAT <= value <= MAX_FLOAT:
        raise _FieldError(RejectionReason.WRONG_VALUE, "is too large a number")
    return float(value)


def _read_time(value: Any) -> str:
    if type(value) is not str:
        raise _wrong_type(value, "a string such as 2026-01-31T09:30:00Z")
    try:
        return canonical_timestamp(value)
    except ValueError as error:
        fault = f"is {value[:60]!r}, must be an RFC 3339 time in the years 1 to 9999, UTC"
        raise _FieldError(RejectionReason.WRONG_VALUE, fault) from error


def _wrong_type(value: Any, expected: str) -> _FieldError:
    text = f"is {type_name(value)}, must be {expected}"
    return _FieldError(RejectionReason.WRONG_TYPE, text)


_SCALAR_READERS: dict[type, _Reader] = {
    str: _read_text,
    bool: _read_flag,
    int: _read_int,
    float: _read_float,
    datetime: _read_time,
}
