"""What each field of a record must be, derived from the models of `records`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from streaming.contract.conversation import Turn
from streaming.contract.records import Candidate, Event, Reserved, Versioned

PERSON_TIME_FIELDS: dict[type[Versioned], str] = {
    Event: "event_time",
    Candidate: "updated_at",
    Turn: "said_at",
}
"""Times that decide what a profile holds and the moment its lists are made for."""


@dataclass(frozen=True)
class FieldRule:
    """What one field of a record must be."""

    name: str
    annotation: Any
    """The type, without `None`."""
    required: bool
    min_length: int | None
    max_length: int | None
    reserved: Reserved | None
    """A text that it must not be."""


def own_field_rules(record: type[BaseModel]) -> Iterator[FieldRule]:
    """Yield the rules of a record's fields, but not of the objects in them."""
    for name, field in record.model_fields.items():
        limits = {
            key: getattr(constraint, key)
            for constraint in field.metadata
            for key in ("min_length", "max_length")
            if hasattr(constraint, key)
        }
        yield FieldRule(
            name,
            unwrap_optional(field.annotation),
            # The version is required on the wire, though Python may leave it to the default.
            field.is_required() or name == "schema_version",
            limits.get("min_length"),
            limits.get("max_length"),
            next((one for one in field.metadata if isinstance(one, Reserved)), None),
        )


def field_rules(record: type[BaseModel], prefix: str = "") -> Iterator[FieldRule]:
    """Yield the rules of a record's fields and of the objects in it, but not of lists of objects.

    An object comes before its own fields. Their names are dotted, with that of the object.
    """
    for rule in own_field_rules(record):
        name = prefix + rule.name
        yield replace(rule, name=name)
        if isinstance(rule.annotation, type) and issubclass(rule.annotation, BaseModel):
            yield from field_rules(rule.annotation, f"{name}.")


def unwrap_optional(annotation: Any) -> Any:
    """Return the type in `T | None`, and any other annotation as it is."""
    if get_origin(annotation) in (Union, UnionType):
        (bare,) = (part for part in get_args(annotation) if part is not NoneType)
        return bare
    return annotation
