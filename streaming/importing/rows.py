"""Rows of a file: records ready for their topics, and rejected rows.

Errors are data. A row that cannot be read is a `RejectedRow` and no exception, so it neither stops
an import nor disappears.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from streaming.contract.audit_groups import AuditGroups
from streaming.contract.field_rules import PERSON_TIME_FIELDS
from streaming.contract.learning.course import Course
from streaming.contract.records import (
    SCHEMA_VERSION,
    Candidate,
    Event,
    Posting,
    to_json,
)
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import CANDIDATES, EVENTS, MAX_VALUE_BYTES, POSTINGS, Topic
from streaming.errors import quote
from streaming.importing.parsers.salary_text import MAX_RATIO
from streaming.timestamps import format_timestamp

ImportedRecord = Event | Posting | Candidate | Course | AuditGroups

TOPIC_OF: dict[type[ImportedRecord], Topic] = {
    Event: EVENTS,
    Posting: POSTINGS,
    Candidate: CANDIDATES,
}
"""The topic of each kind of record; courses and audit groups go to tables."""
_KEY_OF = {kind: topic.key for kind, topic in TOPIC_OF.items()} | {
    Course: "course_id",
    AuditGroups: "candidate_id",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row as a record, with its key and value for Kafka."""

    line: int
    """Number of its first line in the file, from 1."""
    record: ImportedRecord
    key: str
    value: bytes
    """Canonical JSON (`records.to_json`)."""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is no record, and why."""

    line: int
    reason: RejectionReason
    text: str
    """Field, value and remedy in words."""
    raw: str
    """The row's text in the file; a too large one is cut."""

    def to_json(self) -> bytes:
        """Return one line for the file of rejected rows."""
        values = {"line": self.line, "reason": self.reason}
        # Invalid bytes were read as lone surrogates, which JSON cannot contain.
        texts = {
            name: text.encode("utf-8", "backslashreplace").decode()
            for name, text in (("text", self.text), ("raw", self.raw))
        }
        return orjson.dumps(values | texts) + b"\n"


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    """A row with the id of an earlier one, when only the first is wanted."""

    line: int


ReadResult = Row | RejectedRow | DuplicateRow
"""The outcome of reading a row."""


class RowError(ValueError):
    """A row is no record. The reader turns it into a RejectedRow."""

    def __init__(self, reason: RejectionReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def stable_id(*parts: str | None) -> str:
    """Return a hash of what identifies a row: 24 hexadecimal digits, equal on every import."""
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:24]


def build_row(
    kind: type[ImportedRecord],
    values: Mapping[str, Any],
    line: int,
    *,
    max_time: datetime | None = None,
    columns: Mapping[str, str] | None = None,
) -> Row:
    """Check the values of one row against the contract and serialise the record.

    An event without an id gets a hash of its values. No event and no stated part may be newer than
    `max_time`. Ends of a salary that are not positive are left out. Messages name the fields'
    `columns`.

    Raises:
        RowError: the values do not fit.
    """
    try:
        record = _validated(kind, values)
        value = to_json(record)
    except ValidationError as error:
        raise _validation_error(error, columns or {}) from error
    except ValueError as error:
        raise RowError(RejectionReason.WRONG_VALUE, f"{error}; correct the row") from error
    if record.schema_version != SCHEMA_VERSION:
        raise RowError(
            RejectionReason.SCHEMA_VERSION,
            f"schema_version is {record.schema_version}, this careerstream reads {SCHEMA_VERSION}",
        )
    if isinstance(record, Event | Candidate):
        _check_not_ahead(record, max_time)
    if len(value) > MAX_VALUE_BYTES:
        raise RowError(
            RejectionReason.TOO_LARGE,
            f"the record has {len(value):,} bytes, at most {MAX_VALUE_BYTES:,} are allowed; "
            "shorten its texts",
        )
    return Row(line, record, getattr(record, _KEY_OF[kind]), value)


def _check_not_ahead(record: Event | Candidate, max_time: datetime | None) -> None:
    """Refuse a time of the future, of which a stream makes a dead letter."""
    name = PERSON_TIME_FIELDS[type(record)]
    moment = record.event_time if isinstance(record, Event) else record.updated_at
    if max_time is not None and moment > max_time:
        raise RowError(
            RejectionReason.FUTURE_TIME,
            f"{name} is {format_timestamp(moment)}, later than {format_timestamp(max_time)}; "
            "correct the time",
        )


def _validated(kind: type[ImportedRecord], values: Mapping[str, Any]) -> ImportedRecord:
    """Validate; an event without an id gets a hash of candidate, posting, kind and time."""
    if kind is Posting:
        return _with_ordered_salary(Posting.model_validate(values))
    if kind is not Event or values.get("event_id") is not None:
        return kind.model_validate(values)
    event = Event.model_validate({**values, "event_id": "to be hashed"})
    moment = format_timestamp(event.event_time)
    identity = stable_id(event.candidate_id, event.posting_id, event.kind, moment)
    return event.model_copy(update={"event_id": identity})


def _with_ordered_salary(posting: Posting) -> Posting:
    """Leave out ends of a salary that are not positive, put them in order, drop a misread one."""
    if posting.salary is None:
        return posting
    ends = (posting.salary.minimum, posting.salary.maximum)
    low, high = (end if end is not None and end > 0 else None for end in ends)
    if low is None and high is None:
        return posting.model_copy(update={"salary": None})
    if low is not None and high is not None:
        low, high = min(low, high), max(low, high)
        if high > MAX_RATIO * low:  # "30" and "40k"
            return posting.model_copy(update={"salary": None})
    salary = posting.salary.model_copy(update={"minimum": low, "maximum": high})
    return posting.model_copy(update={"salary": salary})


def _validation_error(error: ValidationError, columns: Mapping[str, str]) -> RowError:
    """Return pydantic's report as one line: the first error and the number of others."""
    first, *others = error.errors(include_url=False)
    field = ".".join(str(part) for part in first["loc"])
    column = columns.get(field)
    name = f"field {field}" + (f" (column {column})" if column else "")
    more = f"; and {len(others)} more" if others else ""
    if first["type"] == "missing" or (first["input"] is None and first["loc"]):
        return RowError(RejectionReason.MISSING_FIELD, f"{name} is missing and must be given{more}")
    is_type_error = first["type"].endswith("_type")
    reason = RejectionReason.WRONG_TYPE if is_type_error else RejectionReason.WRONG_VALUE
    return RowError(reason, f"{name} is {quote(first['input'])}: {first['msg']}{more}")
