"""Reason codes of what was not accepted: messages (dead letters) and rows of imported files."""

from enum import StrEnum


class RejectionReason(StrEnum):
    """Why a message or a row was not accepted."""

    NULL_VALUE = "null-value"
    WRONG_KEY = "wrong-key"
    NOT_UTF8 = "not-utf8"
    NOT_JSON = "not-json"
    MISSING_FIELD = "missing-field"
    WRONG_TYPE = "wrong-type"
    WRONG_VALUE = "wrong-value"
    SCHEMA_VERSION = "schema-version"
    FUTURE_TIME = "future-time"
    TOO_LARGE = "too-large"
    # Of rows only:
    NOT_DECODABLE = "not-decodable"
    NOT_CSV = "not-csv"
    NOT_A_POSTING = "not-a-posting"
    NOT_A_COURSE = "not-a-course"
    TRUNCATED = "truncated"
    # Of whole files, such as résumés:
    NOT_READABLE = "not-readable"
    NO_TEXT = "no-text"


_ROW_REASONS = {
    RejectionReason.NOT_DECODABLE,
    RejectionReason.NOT_CSV,
    RejectionReason.NOT_A_POSTING,
    RejectionReason.NOT_A_COURSE,
    RejectionReason.TRUNCATED,
    RejectionReason.NOT_READABLE,
    RejectionReason.NO_TEXT,
}
DEAD_LETTER_REASONS = tuple(reason for reason in RejectionReason if reason not in _ROW_REASONS)
"""The reasons that a dead letter can have."""
