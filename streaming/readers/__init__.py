"""Readers of foreign formats: postings, candidates and events from files, errors as data."""

from streaming.readers.files import SourceFile
from streaming.readers.options import EMPTY_MARKERS, Format, ReadOptions
from streaming.readers.presets import PRESETS, Preset, recognise
from streaming.readers.read import read_rows
from streaming.readers.rows import Fault, ImportedRecord, Reject, Repeat, Result, Row

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
