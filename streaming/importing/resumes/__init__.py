"""Résumés: text, PDF and DOCX become stated parts, each value with the span it came from."""

from streaming.importing.resumes.resume import (
    RESUME_ENDINGS,
    FoundValue,
    Resume,
    is_resume,
    parse_resume,
    read_resume,
)
from streaming.importing.resumes.resume_text import ResumeText
from streaming.importing.resumes.slices import Slice

__all__ = [
    "RESUME_ENDINGS",
    "FoundValue",
    "Resume",
    "ResumeText",
    "Slice",
    "is_resume",
    "parse_resume",
    "read_resume",
]
