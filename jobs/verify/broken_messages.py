"""Messages of the topic events that cannot be read, fifteen kinds, each with its reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from streaming.contract.records import ANONYMOUS, SCHEMA_VERSION
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import MAX_VALUE_BYTES

Event = dict[str, Any]
TOO_LARGE = "too-large"
"""The kind whose messages are a mebibyte each."""
FAR_FUTURE = "2190-01-01T00:00:00Z"


@dataclass(frozen=True)
class BrokenKind:
    """A way to break an event: functions make value and key of the message from it."""

    reason: RejectionReason
    """Of the dead letter."""
    value: Callable[[Event], bytes | None]
    key: Callable[[Event], str] = lambda event: str(event["candidate_id"])


def _fields(**changes: Any) -> Callable[[Event], bytes]:
    """Change fields; `...` leaves one out."""

    def value(event: Event) -> bytes:
        return orjson.dumps({k: v for k, v in (event | changes).items() if v is not ...})

    return value


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Event], bytes]:
    """Change the encoded value."""
    return lambda event: change(orjson.dumps(event))


KINDS: dict[str, BrokenKind] = {
    # Under the key of a candidate it would erase them.
    "null": BrokenKind(RejectionReason.NULL_VALUE, lambda _: None, key=lambda _: ANONYMOUS),
    "other-key": BrokenKind(
        RejectionReason.WRONG_KEY, orjson.dumps, key=lambda event: f"other-{event['candidate_id']}"
    ),
    TOO_LARGE: BrokenKind(RejectionReason.TOO_LARGE, _fields(source="x" * MAX_VALUE_BYTES)),
    "not-utf8": BrokenKind(
        RejectionReason.NOT_UTF8, _bytes(lambda value: value[:-2] + b"\xff\xfe")
    ),
    "cut-off": BrokenKind(RejectionReason.NOT_JSON, _bytes(lambda value: value[:-9])),
    "trailing": BrokenKind(RejectionReason.NOT_JSON, _bytes(lambda value: value + b"}")),
    "empty": BrokenKind(RejectionReason.NOT_JSON, _bytes(lambda _: b"")),
    "array": BrokenKind(RejectionReason.WRONG_TYPE, _bytes(lambda value: b"[" + value + b"]")),
    "id-number": BrokenKind(RejectionReason.WRONG_TYPE, _fields(posting_id=12)),
    "duration-text": BrokenKind(RejectionReason.WRONG_TYPE, _fields(duration_seconds="long")),
    "no-event-id": BrokenKind(RejectionReason.MISSING_FIELD, _fields(event_id=...)),
    "no-time": BrokenKind(RejectionReason.MISSING_FIELD, _fields(event_time=...)),
    "unknown-kind": BrokenKind(RejectionReason.WRONG_VALUE, _fields(kind="like")),
    "next-version": BrokenKind(
        RejectionReason.SCHEMA_VERSION, _fields(schema_version=SCHEMA_VERSION + 1)
    ),
    "far-ahead": BrokenKind(RejectionReason.FUTURE_TIME, _fields(event_time=FAR_FUTURE)),
}
"""Names of the kinds. An event must have the fields that every event has."""
