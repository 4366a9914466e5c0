"""What a reader yields: for each row of a file a record ready for its topic, or why there is none.

Errors are data: a row that cannot be read is a `Reject`, never an exception, so that one bad row
neither stops an import nor disappears.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import ValidationError

from streaming.contract.records import SCHEMA_VERSION, Candidate, Event, Posting, to_json
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import CANDIDATES, EVENTS, MAX_VALUE_BYTES, POSTINGS, Topic
from streaming.timestamps import to_text

ImportedRecord = Event | Posting | Candidate

TOPICS: dict[type[ImportedRecord], Topic] = {
    Event: EVENTS,
    Posting: POSTINGS,
    Candidate: CANDIDATES,
}
"""Where each kind of record goes."""

KEYS: dict[type[ImportedRecord], str] = {kind: topic.key for kind, topic in TOPICS.items()}
"""The field that is the Kafka key; the table of topics names it."""

_SHOWN = 80
"""Characters of a faulty value that a message repeats."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that was read: the record, and its key and value for Kafka."""

    line: int
    """Where it starts in the file, from 1."""
    record: ImportedRecord
    key: str
    value: bytes
    """Canonical JSON (`records.to_json`)."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not read, and why."""

    line: int
    reason: RejectionReason
    text: str
    """Field, value and remedy in words."""
    raw: str
    """The row as it stands in the file; a too large one is cut."""

    def to_json(self) -> bytes:
        """Write one line for the file of rejects."""
        text = {"line": self.line, "reason": self.reason, "text": self.text, "raw": self.raw}
        # Undecodable bytes were read as lone surrogates, which no JSON file can hold.
        clean = {
            name: value.encode("utf-8", "backslashreplace").decode()
            if isinstance(value, str)
            else value
            for name, value in text.items()
        }
        return orjson.dumps(clean) + b"\n"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A row whose id an earlier one had, where only the first was asked for."""

    line: int


Result = Row | Reject | Repeat
"""What becomes of a row."""


class RowError(ValueError):
    """Raised inside a reader; becomes the Reject of its row."""

    def __init__(self, reason: RejectionReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def stable_id(*parts: str | None) -> str:
    """Hash what identifies a row: 24 hexadecimal digits, the same on every import."""
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:24]


def finish(
    kind: type[ImportedRecord],
    values: Mapping[str, Any],
    line: int,
    *,
    latest: datetime | None = None,
    origins: Mapping[str, str] | None = None,
) -> Row:
    """Check the values of one row against the contract and write it down.

    Args:
        kind: the record they should make.
        values: by field name; an event without an id gets the hash of its row.
        line: of the row.
        latest: newest event time allowed.
        origins: which column each field came from, for messages.

    Raises:
        RowError: they don't fit.
    """
    try:
        record = _validated(kind, values)
        value = to_json(record)
    except ValidationError as error:
        raise _explained(error, origins or {}) from error
    except ValueError as error:
        raise RowError(
            RejectionReason.WRONG_VALUE, f"{error}; write times as 2026-01-31T09:30:00Z"
        ) from error
    if record.schema_version != SCHEMA_VERSION:
        raise RowError(
            RejectionReason.SCHEMA_VERSION,
            f"schema_version is {record.schema_version}, this careerstream reads {SCHEMA_VERSION}",
        )
    if isinstance(record, Event) and latest is not None and aware(record.event_time) > latest:
        raise RowError(
            RejectionReason.FUTURE_TIME,
            f"event_time is {to_text(aware(record.event_time))}, later than {to_text(latest)}; "
            "correct the time",
        )
    if len(value) > MAX_VALUE_BYTES:
        raise RowError(
            RejectionReason.TOO_LARGE,
            f"the record has {len(value):,} bytes, at most {MAX_VALUE_BYTES:,} are allowed; "
            "shorten its texts",
        )
    return Row(line, record, getattr(record, KEYS[kind]), value)


def aware(moment: datetime) -> datetime:
    """A time without a zone is UTC, as everywhere (`streaming.timestamps`)."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def shown(value: object) -> str:
    """Quote a faulty value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _validated(kind: type[ImportedRecord], values: Mapping[str, Any]) -> ImportedRecord:
    """Apply the model; an event without an id gets the hash of candidate, posting, kind, time."""
    if kind is not Event or values.get("event_id") is not None:
        return kind.model_validate(values)
    event = Event.model_validate({**values, "event_id": "to be hashed"})
    moment = to_text(aware(event.event_time))
    identity = stable_id(event.candidate_id, event.posting_id, event.kind, moment)
    return event.model_copy(update={"event_id": identity})


def _explained(error: ValidationError, origins: Mapping[str, str]) -> RowError:
    """Make one line of pydantic's report: the first fault and how many more there are."""
    first, *others = error.errors(include_url=False)
    field = ".".join(str(part) for part in first["loc"])
    origin = origins.get(field)
    name = f"field {field}" + (f" (column {origin})" if origin else "")
    more = f"; and {len(others)} more" if others else ""
    if first["type"] == "missing" or (first["input"] is None and first["loc"]):
        return RowError(RejectionReason.MISSING_FIELD, f"{name} is missing and must be given{more}")
    is_type_error = first["type"].endswith("_type")
    reason = RejectionReason.WRONG_TYPE if is_type_error else RejectionReason.WRONG_VALUE
    return RowError(reason, f"{name} is {shown(first['input'])}: {first['msg']}{more}")
