"""Bytes to JSON objects, strictly: no repeated keys, no NaN, no lone surrogates."""

import json
from typing import Any

import orjson

from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import MAX_VALUE_BYTES

_ROUNDED = b"-922337203685477"
"""The first digits of -2^63, and of what orjson rounds to it although it is smaller."""


class DecodeError(Exception):
    """A value is not a record of its topic."""

    def __init__(self, reason: RejectionReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


def parse_object(value: bytes | None) -> dict[str, Any]:
    """Parse a value as a JSON object.

    Raises:
        DecodeError: it is null, too large, not UTF-8, not JSON, not an object, or repeats a key.
    """
    if value is None:
        raise DecodeError(RejectionReason.NULL_VALUE, "the value is null")
    if len(value) > MAX_VALUE_BYTES:
        text = f"{len(value)} bytes, at most {MAX_VALUE_BYTES} are allowed"
        raise DecodeError(RejectionReason.TOO_LARGE, text)
    try:
        # orjson is fast, and refuses NaN, lone surrogates and deep nesting.
        parsed = orjson.loads(value)
        if b"\\" in value or value.count(b'"') != 2 * _count_strings(parsed):
            json.loads(value, object_pairs_hook=_unique_keys)
        if _ROUNDED in value:
            parsed = _parse_slowly(value)
    except (ValueError, RecursionError):
        parsed = _parse_slowly(value)
    if not isinstance(parsed, dict):
        text = f"the value is {type_name(parsed)}, must be an object"
        raise DecodeError(RejectionReason.WRONG_TYPE, text)
    return parsed


def type_name(value: Any) -> str:
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


def _count_strings(parsed: Any) -> int:
    """Count the keys and the strings of a document.

    Without escapes each of them stands between two quotation marks. A repeated key is parsed once,
    so the document then has more quotation marks than this count accounts for.
    """
    if isinstance(parsed, str):
        return 1
    count, values = 0, parsed
    if isinstance(parsed, dict):
        count, values = len(parsed), parsed.values()
    elif not isinstance(parsed, list):
        return 0
    for value in values:  # strings are counted here, because a call for each takes longer
        if type(value) is str:
            count += 1
        elif type(value) is dict or type(value) is list:
            count += _count_strings(value)
    return count


def _parse_slowly(value: bytes) -> Any:
    """Parse what orjson refused: it may hold a number that is too large for orjson, but valid."""
    try:
        text = value.decode()
        parsed = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
        json.dumps(parsed, ensure_ascii=False).encode()  # refuses lone surrogates
    except UnicodeDecodeError as error:
        raise DecodeError(RejectionReason.NOT_UTF8, "the value is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        text = "the value is not JSON, or repeats a key of an object"
        raise DecodeError(RejectionReason.NOT_JSON, text) from error
    return parsed


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        raise ValueError("a repeated key")
    return parsed


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
