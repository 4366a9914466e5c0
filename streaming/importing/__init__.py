"""Importing: postings, candidates and events from files of other formats, with errors as data."""

from streaming.contract.rejection_reasons import RejectionReason
from streaming.importing.file_reader import EMPTY_MARKERS, Format, ReadOptions, read_rows
from streaming.importing.known_layouts import KNOWN_LAYOUTS, KnownLayout, recognise_layout
from streaming.importing.rows import DuplicateRow, ImportedRecord, ReadResult, RejectedRow, Row
from streaming.importing.source_file import SourceFile

__all__ = [
    "EMPTY_MARKERS",
    "KNOWN_LAYOUTS",
    "DuplicateRow",
    "Format",
    "ImportedRecord",
    "KnownLayout",
    "ReadOptions",
    "ReadResult",
    "RejectedRow",
    "RejectionReason",
    "Row",
    "SourceFile",
    "read_rows",
    "recognise_layout",
]
