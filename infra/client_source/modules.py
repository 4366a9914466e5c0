"""Makes the modules of careerstream-client that repeat the contract: its records and its times.

The client must not import pydantic, so it cannot import the models of `streaming.contract.records`.
It has plain dataclasses of the same fields instead.
"""

import inspect
import re
import textwrap
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, get_args, get_origin

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from streaming import timestamps
from streaming.contract import records
from streaming.contract.field_rules import PERSON_TIME_FIELDS, FieldRule, own_field_rules
from streaming.contract.topics import MAX_VALUE_BYTES, TOPICS

FOLDER = Path(__file__).parents[2] / "client" / "src" / "careerstream_client"
WIDTH = 100
_COPIED = "`python -m infra.client_source` copies this file from careerstream. Do not edit it."
_SCALARS: dict[Any, str] = {
    str: "read_text",
    bool: "read_flag",
    int: "read_int",
    float: "read_float",
    datetime: "read_time",
}


def modules() -> Iterator[tuple[str, str]]:
    """Yield the file name and the content of every generated module."""
    yield "records.py", records_module()
    yield "timestamps.py", timestamps_module()


def timestamps_module() -> str:
    """Return a copy of `streaming.timestamps`, which imports nothing of ours."""
    source = re.sub(
        r"^SPARK_FORMAT = .*\n\n", "", inspect.getsource(timestamps), flags=re.MULTILINE
    )
    head, end, body = source.partition('\n"""\n')
    return f"{head}\n\n{_COPIED}{end}{body}"


def records_module() -> str:
    """Return the dataclasses of all records that are values of topics, and of their parts."""
    environment = Environment(  # noqa: S701 - Python needs no escaping: the values are our own code
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "declared": _declaration,
        "described": _description,
        "taken": _taken,
        "doc": inspect.getdoc,
    }
    parts = list(_in_order(topic.record for topic in TOPICS if topic.record))
    source = environment.get_template("records.py.j2").render(
        enums=[part for part in parts if issubclass(part, StrEnum)],
        records=[part for part in parts if issubclass(part, BaseModel)],
        rules=lambda record: list(own_field_rules(record)),
        # The first topic of a record is the one that consumers read.
        topics={topic.record: topic for topic in reversed(TOPICS)},
        times=PERSON_TIME_FIELDS,
        contract=records,
        max_value_bytes=MAX_VALUE_BYTES,
        person=next(rule.reserved for rule in own_field_rules(records.Event) if rule.reserved),
    )
    return source.rstrip() + "\n"


def _in_order(roots: Any) -> Iterator[type[Any]]:
    """Yield enums and records, each once, those that a record needs before it."""
    seen: set[type[Any]] = set()

    def visit(kind: type[Any]) -> Iterator[type[Any]]:
        if kind in seen:
            return
        seen.add(kind)
        if issubclass(kind, BaseModel):
            for rule in own_field_rules(kind):
                part = _item(rule) or rule.annotation
                if isinstance(part, type) and issubclass(part, BaseModel | StrEnum):
                    yield from visit(part)
        yield kind

    for root in roots:
        yield from visit(root)


def _item(rule: FieldRule) -> Any:
    """Return what a list holds; None for other fields."""
    return get_args(rule.annotation)[0] if get_origin(rule.annotation) is list else None


def _declaration(rule: FieldRule, record: type[BaseModel]) -> str:
    item = _item(rule)
    kind = f"tuple[{item.__name__}, ...]" if item else rule.annotation.__name__
    default = _default(rule, record)
    optional = " | None" if default == "None" else ""
    return f"{rule.name}: {kind}{optional}" + (f" = {default}" if default else "")


def _default(rule: FieldRule, record: type[BaseModel]) -> str:
    """Return a field's default as source; empty where it is required."""
    if rule.name == "schema_version":
        return "SCHEMA_VERSION"
    if record.model_fields[rule.name].is_required():
        return ""
    return "()" if _item(rule) else "None"


def _reader(rule: FieldRule) -> str:
    """Return the source of the function that reads a field's value."""
    item = _item(rule)
    if rule.name == "schema_version":
        return "_VERSION"
    if rule.min_length is not None:
        return "_PERSON_ID" if rule.reserved else "_ID"
    if item is str:
        return "read_texts"
    if item:
        return f"{item.__name__}.from_document"
    return _part(rule.annotation)


def _taken(rule: FieldRule, record: type[BaseModel]) -> str:
    """Return the expression that takes a field out of a document."""
    kind = "required" if rule.required else "optional"
    reader, name = _reader(rule), f'document, "{rule.name}"'
    if reader == "read_text":
        return f"{kind}_text({name})"
    if _item(rule) not in {None, str}:
        return f"{kind}_objects({name}, {reader})"
    empty = " or ()" if _default(rule, record) == "()" else ""
    return f"{kind}({name}, {reader}){empty}"


def _part(kind: Any) -> str:
    if issubclass(kind, BaseModel):
        return f"{kind.__name__}.from_document"
    return f"_{kind.__name__.upper()}" if issubclass(kind, StrEnum) else _SCALARS[kind]


def _description(rule: FieldRule, record: type[BaseModel]) -> str:
    text = f'"""{record.model_fields[rule.name].description}"""'
    wrap = partial(textwrap.wrap, width=WIDTH - 4)
    lines = wrap(text) if len(text) <= WIDTH - 4 else [*wrap(text.removesuffix('"""')), '"""']
    return "\n    ".join(lines)
