"""Values drawn from a JSON Schema of the contract, and values that may just miss it."""

import calendar
import json
import re
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

FORMATS = FormatChecker(formats=())
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)

_NUMBERS = """0 -1 1.0 1.5 -0.0 9223372036854775807 9223372036854775808 -9223372036854775808
-9223372036854775809 9223372036854775808.0 -9223372036854775808.0 1e308 18446744073709551616"""
_TIMES = """2025-12-31 2025-12-31T10:00:00 2025-02-29T10:00:00Z 2025-12-31t10:00:00.5z 1767175200
2025-12-31T10:00:60Z 0000-12-31T23:59:59Z 0001-01-01T05:00:00+06:00 9999-12-31T23:59:60Z"""
_TEXTS = ("", "*", "1", " a ", "x" * 200, "x" * 201, "😀" * 200, "😀" * 201, "a\x00b\n", "view")
_ODD_VALUES = (
    *(json.loads(number) for number in _NUMBERS.split()),
    *(10**308, 10**309, 10**400),
    *(*_TEXTS, "impression", "HOUR", "event", "2025-12-31 10:00:00Z", *_TIMES.split()),
    *(None, True, False, [], [None], [[]], [1], ["a"], [{}]),
    *({}, {"updated_at": None}, {"produced_at": "1"}),
)
ODD = st.sampled_from(_ODD_VALUES).map(deepcopy)
"""Values that some fields may have and others must not."""


@FORMATS.checks("date-time")
def is_rfc3339(value: object) -> bool:
    """Say whether a text is a time by RFC 3339; 23:59:60 in UTC is one on any day."""
    if not isinstance(value, str):
        return True
    match = _RFC3339.fullmatch(value)
    if match is None:
        return False
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    sign, *offset = match.groups()[6:]
    offset_hour, offset_minute = map(int, offset) if sign else (0, 0)
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return False
    if hour > 23 or minute > 59 or second > 60 or offset_hour > 23 or offset_minute > 59:
        return False
    east = (offset_hour * 60 + offset_minute) * (-1 if sign == "-" else 1)
    return second < 60 or (hour * 60 + minute - east) % 1440 == 1439


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FORMATS)


_CLOCKS = st.times().map("{:%H:%M:%S}".format)
_DATES = st.dates().map(str) | st.sampled_from(["0001-01-01", "9999-12-31", "2025-02-30"])
_DECIMALS = st.just("") | st.from_regex(r"\.[0-9]{1,12}", fullmatch=True)
_OFFSETS = st.tuples(st.sampled_from("+-"), st.times().map("{:%H:%M}".format)).map("".join)
_ENDS = st.tuples(_CLOCKS, _DECIMALS, st.sampled_from("Zz") | _OFFSETS)
_LEAP_SECONDS = st.sampled_from(
    [("23:59:60", "", "Z"), ("07:59:60", ".5", "+08:00"), ("23:29:60", ".0", "-00:30")]
)
TIMES = st.tuples(_DATES, st.sampled_from("Tt"), _ENDS | _LEAP_SECONDS).map(
    lambda parts: "".join([*parts[:2], *parts[2]])
)
"""RFC 3339 times in all ways to write them, and some of 30 February."""


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw values that are valid by a schema with the keywords that the contract uses."""
    return _values(schema, schema.get("$defs", {}))


def changed_values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw values of which up to three parts are removed or changed to something odd."""
    return _changed(values(schema))


@st.composite
def _changed(draw: st.DrawFn, valid: st.SearchStrategy[Any]) -> Any:
    value = draw(valid)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(list(_places(value)) or [({"x": 0}, "x")]))
        alike = [one for one in _ODD_VALUES if type(one) is type(holder[key])]
        change = draw(st.sampled_from(["remove", "odd", "alike"]))
        if change == "remove":
            del holder[key]
        elif change == "alike" and alike:
            holder[key] = deepcopy(draw(st.sampled_from(alike)))
        else:
            holder[key] = draw(ODD)
    return value


def _values(schema: dict[str, Any], definitions: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _values(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "anyOf" in schema:
        return st.one_of([_values(choice, definitions) for choice in schema["anyOf"]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if schema["type"] == "object":
        fields = {name: _values(part, definitions) for name, part in schema["properties"].items()}
        required = {name: fields.pop(name) for name in schema.get("required", [])}
        return st.fixed_dictionaries(required, optional=fields | {"unknown": ODD})
    if schema["type"] == "array":
        return st.lists(_values(schema["items"], definitions), max_size=3)
    return _scalars(schema)


def _scalars(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if schema["type"] == "string":
        texts = TIMES if "format" in schema else st.text(min_size=schema.get("minLength", 0))
        return texts.filter(validator(schema).is_valid)
    if schema["type"] == "integer":
        whole = st.integers(schema["minimum"], schema["maximum"])
        return whole | st.integers(-(2**53), 2**53).map(float)
    if schema["type"] == "number":
        fractions = st.floats(schema["minimum"], schema["maximum"])
        return fractions | st.integers(-(2**70), 2**70)
    return {"boolean": st.booleans(), "null": st.none()}[schema["type"]]


def _places(value: Any):
    """Yield each part of a value, as what holds it and the key or index there."""
    if isinstance(value, dict):
        keys = list(value)
    else:
        keys = range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
