"""What the fields of records must be, and the reason codes of values that are none."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from streaming.contract.records import Candidate, Event, Versioned
from streaming.contract.schemas import without_none

TIMES_OF_PEOPLE: dict[type[Versioned], str] = {Event: "event_time", Candidate: "updated_at"}
"""Times that decide what a profile holds and the moment its lists are made for."""
RFC3339 = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$"


class Fault(StrEnum):
    """The reason codes of dead letters."""

    NULL_VALUE = "null-value"
    WRONG_KEY = "wrong-key"
    TOO_LARGE = "too-large"
    NOT_UTF8 = "not-utf8"
    NOT_JSON = "not-json"
    MISSING_FIELD = "missing-field"
    WRONG_TYPE = "wrong-type"
    WRONG_VALUE = "wrong-value"
    SCHEMA_VERSION = "schema-version"
    FUTURE_TIME = "future-time"


@dataclass(frozen=True)
class Field:
    """What one field of a record must be."""

    name: str
    """With the names of the objects it stands in before it, and dots between."""
    annotation: Any
    required: bool
    min_length: int | None
    max_length: int | None


def fields(record: type[BaseModel], prefix: str = "") -> Iterator[Field]:
    """List a record's fields and those of the objects in it; lists of objects are not entered."""
    for name, info in record.model_fields.items():
        bare = without_none(info.annotation)
        limits = {
            key: getattr(rule, key)
            for rule in info.metadata
            for key in ("min_length", "max_length")
            if hasattr(rule, key)
        }
        # The version is required on the wire, though Python may leave it to the default.
        required = info.is_required() or name == "schema_version"
        whole = prefix + name
        yield Field(whole, bare, required, limits.get("min_length"), limits.get("max_length"))
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            for inner in fields(bare, f"{whole}."):
                # note: a missing object is reported once, by the object's own check
                yield Field(inner.name, inner.annotation, False, None, None)  # noqa: FBT003
