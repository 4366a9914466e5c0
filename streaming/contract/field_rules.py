"""What each field of a record must be, derived from the models of `records`."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from streaming.contract.records import Candidate, Event, Versioned

PERSON_TIME_FIELDS: dict[type[Versioned], str] = {Event: "event_time", Candidate: "updated_at"}
"""Times that decide what a profile holds and the moment its lists are made for."""


@dataclass(frozen=True)
class FieldRule:
    """What one field of a record must be."""

    name: str
    """Dotted, with the names of the objects that hold the field."""
    annotation: Any
    required: bool
    min_length: int | None
    max_length: int | None


def field_rules(record: type[BaseModel], prefix: str = "") -> Iterator[FieldRule]:
    """Yield the rules of a record's fields and of the objects in it, but not of lists of objects.

    An object comes before its own fields.
    """
    for field_name, field in record.model_fields.items():
        bare = unwrap_optional(field.annotation)
        limits = {
            key: getattr(constraint, key)
            for constraint in field.metadata
            for key in ("min_length", "max_length")
            if hasattr(constraint, key)
        }
        # The version is required on the wire, though Python may leave it to the default.
        required = field.is_required() or field_name == "schema_version"
        name = prefix + field_name
        yield FieldRule(name, bare, required, limits.get("min_length"), limits.get("max_length"))
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            for inner in field_rules(bare, f"{name}."):
                # note: a missing object is reported once, by the object's own rule
                yield FieldRule(inner.name, inner.annotation, False, None, None)  # noqa: FBT003


def unwrap_optional(annotation: Any) -> Any:
    """Return the type in `T | None`, and any other annotation as it is."""
    if get_origin(annotation) in (Union, UnionType):
        (bare,) = (part for part in get_args(annotation) if part is not NoneType)
        return bare
    return annotation
