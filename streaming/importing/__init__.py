"""Readers of foreign formats: postings, candidates and events from files, errors as data."""

from streaming.importing.file_reader import read_rows
from streaming.importing.known_layouts import PRESETS, Preset, recognise
from streaming.importing.options import EMPTY_MARKERS, Format, ReadOptions
from streaming.importing.rows import Fault, ImportedRecord, Reject, Repeat, Result, Row
from streaming.importing.source_file import SourceFile

__all__ = [
    "EMPTY_MARKERS",
    "PRESETS",
    "Fault",
    "Format",
    "ImportedRecord",
    "Preset",
    "ReadOptions",
    "Reject",
    "Repeat",
    "Result",
    "Row",
    "SourceFile",
    "read_rows",
    "recognise",
]
