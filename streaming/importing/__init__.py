"""Readers of foreign formats: postings, candidates and events from files, errors as data."""

from streaming.importing.file_reader import read_rows
from streaming.importing.known_layouts import PRESETS, Preset, recognise
from streaming.importing.options import EMPTY_MARKERS, Format, ReadOptions
from streaming.importing.rows import ImportedRecord, Reject, RejectionReason, Repeat, Result, Row
from streaming.importing.source_file import SourceFile

__all__ = [
    "EMPTY_MARKERS",
    "PRESETS",
    "Format",
    "ImportedRecord",
    "Preset",
    "ReadOptions",
    "Reject",
    "RejectionReason",
    "Repeat",
    "Result",
    "Row",
    "SourceFile",
    "read_rows",
    "recognise",
]
