"""Messages that cannot be read, of fifteen kinds, each with the reason it must be given."""

from collections.abc import Callable
from typing import Any

import orjson

from streaming.contract.field_checks import Fault
from streaming.contract.records import SCHEMA_VERSION
from streaming.contract.topics import MAX_VALUE_BYTES

Event = dict[str, Any]
Spoilt = tuple[str, bytes | None]
"""Key and value."""
LARGE = "too-large"
FAR_AHEAD = "2190-01-01T00:00:00Z"


def _changed(**changes: Any) -> Callable[[Event], Spoilt]:
    """Spoil fields; `...` leaves one out."""

    def spoil(event: Event) -> Spoilt:
        fields = {key: value for key, value in (event | changes).items() if value is not ...}
        return event["candidate_id"], orjson.dumps(fields)

    return spoil


def _bytes(change: Callable[[bytes], bytes | None]) -> Callable[[Event], Spoilt]:
    """Spoil the written value."""
    return lambda event: (event["candidate_id"], change(orjson.dumps(event)))


KINDS: dict[str, tuple[Fault, Callable[[Event], Spoilt]]] = {
    "null": (Fault.NULL_VALUE, _bytes(lambda _: None)),
    "other-key": (
        Fault.WRONG_KEY,
        lambda event: ("somebody-" + event["candidate_id"], orjson.dumps(event)),
    ),
    LARGE: (
        Fault.TOO_LARGE,
        _changed(source="x" * MAX_VALUE_BYTES),
    ),
    "not-utf8": (Fault.NOT_UTF8, _bytes(lambda value: value[:-2] + b"\xff\xfe")),
    "cut-off": (Fault.NOT_JSON, _bytes(lambda value: value[:-9])),
    "trailing": (Fault.NOT_JSON, _bytes(lambda value: value + b"}")),
    "empty": (Fault.NOT_JSON, _bytes(lambda _: b"")),
    "array": (Fault.WRONG_TYPE, _bytes(lambda value: b"[" + value + b"]")),
    "id-number": (Fault.WRONG_TYPE, _changed(posting_id=12)),
    "duration-text": (Fault.WRONG_TYPE, _changed(duration_seconds="long")),
    "no-event-id": (Fault.MISSING_FIELD, _changed(event_id=...)),
    "no-time": (Fault.MISSING_FIELD, _changed(event_time=...)),
    "unknown-kind": (Fault.WRONG_VALUE, _changed(kind="like")),
    "next-version": (Fault.SCHEMA_VERSION, _changed(schema_version=SCHEMA_VERSION + 1)),
    "far-ahead": (Fault.FUTURE_TIME, _changed(event_time=FAR_AHEAD)),
}
"""Kind to the reason and to what spoils an event."""
