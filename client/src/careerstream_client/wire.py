"""Records to and from JSON, with the checks of the contract. The generated `records` use it.

Unknown fields are ignored, and null stands for an absent field. Times are RFC 3339; the client
writes them in UTC with six decimals.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self, TypeVar

import orjson

from careerstream_client.errors import ContractError
from careerstream_client.timestamps import format_timestamp, parse_timestamp

MIN_INT, MAX_INT = -(2**63), 2**63 - 1
MAX_FLOAT = sys.float_info.max

_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


class Record:
    """A value or a part of one: a frozen dataclass."""

    __slots__ = ()

    @classmethod
    def from_document(cls, value: object) -> Self:
        """Read it from parsed JSON; a ContractError names the field that is wrong."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, value: bytes) -> Self:
        """Read it from JSON.

        Raises:
            ContractError: the value is no JSON object, or a field is missing or wrong.
        """
        return cls.from_document(parse_object(value))

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON has it, without what is absent."""
        document = {}
        for field in fields(self):  # type: ignore[arg-type] # every record is a dataclass
            value = getattr(self, field.name)
            if value is not None:
                document[field.name] = plain(value, field.name)
        return document

    def to_json(self) -> bytes:
        """Return it as the value of a message; equal records are equal bytes.

        Raises:
            ContractError: a time has no zone, or something cannot be written as JSON.
        """
        try:
            return orjson.dumps(self.to_document())
        except orjson.JSONEncodeError as error:
            raise ContractError(f"it cannot be written as JSON: {error}") from error


class TopicRecord(Record):
    """The value of a topic."""

    __slots__ = ()

    TOPIC: ClassVar[str]
    """The topic, without a prefix."""
    KEY: ClassVar[str]
    """The field that is the key of the message."""
    TIME: ClassVar[str] = ""
    """The field that must not be far ahead of the clock; empty for none."""

    @property
    def key(self) -> str:
        """The key of the message."""
        return str(getattr(self, self.KEY))


def parse_object(value: bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        ContractError: the value is something else.
    """
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise ContractError(f"the value is not JSON: {error}") from error
    if type(parsed) is not dict:
        raise ContractError(f"the value is {_name(parsed)}, must be an object")
    return parsed


def object_of(value: object) -> dict[str, Any]:
    """Return a parsed value that is an object."""
    if type(value) is not dict:
        raise ContractError(f"is {_name(value)}, must be an object")
    return value


def required(document: dict[str, Any], name: str, read: Callable[[Any], _T]) -> _T:
    """Read a field that must be there."""
    value = document.get(name)
    if value is None:
        raise ContractError("is missing", name)
    try:
        return read(value)
    except ContractError as error:
        raise error.inside(name) from None


def required_text(document: dict[str, Any], name: str) -> str:
    """Read a string that must be there: `required`, in half the time."""
    value = document.get(name)
    return value if type(value) is str else required(document, name, read_text)


def optional_text(document: dict[str, Any], name: str) -> str | None:
    """Read a string that may be absent or null: `optional`, in half the time."""
    value = document.get(name)
    return value if value is None or type(value) is str else optional(document, name, read_text)


def optional(document: dict[str, Any], name: str, read: Callable[[Any], _T]) -> _T | None:
    """Read a field that may be absent or null."""
    value = document.get(name)
    if value is None:
        return None
    try:
        return read(value)
    except ContractError as error:
        raise error.inside(name) from None


def required_objects(
    document: dict[str, Any], name: str, read: Callable[[Any], _T]
) -> tuple[_T, ...]:
    """Read a list of objects that must be there."""
    value = document.get(name)
    if value is None:
        raise ContractError("is missing", name)
    try:
        return _read_list(value, read, "objects")
    except ContractError as error:
        raise error.inside(name) from None


def optional_objects(
    document: dict[str, Any], name: str, read: Callable[[Any], _T]
) -> tuple[_T, ...]:
    """Read a list of objects that may be absent or null, which is an empty one."""
    return () if document.get(name) is None else required_objects(document, name, read)


def read_text(value: Any) -> str:
    """Read a string."""
    if type(value) is not str:
        raise ContractError(f"is {_name(value)}, must be a string")
    return value


def read_texts(value: Any) -> tuple[str, ...]:
    """Read a list of strings."""
    if type(value) is list:
        for text in value:
            if type(text) is not str:
                break
        else:
            return tuple(value)
    return _read_list(value, read_text, "strings")


def read_flag(value: Any) -> bool:
    """Read true or false."""
    if type(value) is not bool:
        raise ContractError(f"is {_name(value)}, must be true or false")
    return value


def read_int(value: Any) -> int:
    """Read a whole number of 64 bits."""
    number = int(value) if type(value) is float and value.is_integer() else value
    if type(number) is not int:
        raise ContractError(f"is {_name(value)}, must be a whole number")
    if not MIN_INT <= number <= MAX_INT:
        raise ContractError(f"must be from {MIN_INT} to {MAX_INT}")
    return number


def read_float(value: Any) -> float:
    """Read a number of 64 bits."""
    if type(value) is not float and type(value) is not int:
        raise ContractError(f"is {_name(value)}, must be a number")
    if not -MAX_FLOAT <= value <= MAX_FLOAT:
        raise ContractError("is too large a number")
    return float(value)


def read_time(value: Any) -> datetime:
    """Read an RFC 3339 time, in UTC."""
    if type(value) is not str:
        raise ContractError(f"is {_name(value)}, must be a string such as 2026-01-31T09:30:00Z")
    try:
        return parse_timestamp(value)
    except ValueError as error:
        fault = f"is {value[:60]!r}, must be an RFC 3339 time in the years 1 to 9999, UTC"
        raise ContractError(fault) from error


def enum_reader(kind: type[_E]) -> Callable[[Any], _E]:
    """Return the reader of an enumeration."""
    members = {member.value: member for member in kind}

    def read(value: Any) -> _E:
        member = members.get(read_text(value))
        if member is None:
            raise ContractError(f"is {value[:60]!r}, must be one of {', '.join(members)}")
        return member

    return read


def id_reader(longest: int, *, reserved: str = "", meaning: str = "") -> Callable[[Any], str]:
    """Return the reader of an id; `reserved` is a text that it must not be."""

    def read(value: Any) -> str:
        text = read_text(value)
        if not 1 <= len(text) <= longest:
            raise ContractError(f"has {len(text)} characters, must have 1 to {longest}")
        if text == reserved:
            raise ContractError(f"is '{text}', which stands for {meaning}")
        return text

    return read


def version_reader(known: int) -> Callable[[Any], int]:
    """Return the reader of `schema_version`."""

    def read(value: Any) -> int:
        version = read_int(value)
        if version != known:
            raise ContractError(
                f"is {version}, and this careerstream-client reads {known}; install another release"
            )
        return version

    return read


def _read_list(value: Any, read: Callable[[Any], _T], expected: str) -> tuple[_T, ...]:
    if type(value) is not list:
        raise ContractError(f"is {_name(value)}, must be a list of {expected}")
    items = []
    try:
        for item in value:
            items.append(read(item))  # noqa: PERF401 - their number tells where it went wrong
    except ContractError as error:
        raise error.inside(f"[{len(items)}]") from None
    return tuple(items)


def plain(value: Any, name: str) -> Any:
    """Return a field's value as orjson takes it."""
    if isinstance(value, Record):
        return value.to_document()
    if isinstance(value, tuple | list):
        return [plain(item, name) for item in value]
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ContractError(f"is {value}, which has no time zone", name)
        try:
            return format_timestamp(value)
        except OverflowError as error:
            raise ContractError(f"is {value}, outside the years 1 to 9999 in UTC", name) from error
    if isinstance(value, float) and not math.isfinite(value):
        raise ContractError(f"is {value}, which JSON does not have", name)
    return value


def _name(value: object) -> str:
    """Return the JSON type of a parsed value, in words."""
    names: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a number"),
        (float, "a number"),
        (str, "a string"),
        (list, "a list"),
        (dict, "an object"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "null")
