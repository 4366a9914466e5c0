"""A rewritten posting."""

from dataclasses import dataclass

from streaming.contract.rewrite import ModelOutcome, SectionKind
from streaming.language.writing.readability import Readability
from streaming.language.writing.section_kind import HEADINGS, Language
from streaming.language.writing.wording import Remark

RULES = "rules"
"""Stands for the name of a language model where our own rules wrote the text."""
RULES_VERSION = "1"
"""Changes with what the rules write and what the check lets through; part of each rewrite."""
BULLETED = frozenset(SectionKind) - {SectionKind.EMPLOYER, SectionKind.OTHER}
"""Sections whose sentences are points of a list."""


@dataclass(frozen=True, kw_only=True)
class Rewriting:
    """What became of one posting. Its own text is never replaced."""

    posting_id: str
    title: str
    language: Language
    """Of the rewritten text."""
    translated: bool
    """Whether the sentences are in that language; rules give headings and fields only."""
    text: str | None
    """The rewritten text; None where none says what the posting says."""
    author: str
    """The language model, or `RULES`."""
    prompt_version: str | None
    """Of the request to the model; None for rules."""
    model: ModelOutcome | None = None
    """What became of the model's text; None: no model was asked."""
    remarks: tuple[Remark, ...]
    problems: tuple[str, ...]
    """Why a text was refused: that of the model, or that of the template where `text` is None."""
    notice: str | None = None
    """What the reader should know: no model, or one that failed."""
    before: Readability
    after: Readability | None
    facts: int
    """Facts that the text was checked for."""
    refused: str | None = None
    """The text that was refused."""


def section_text(kind: SectionKind, sentences: list[str], language: Language) -> str:
    """Return a heading and its sentences."""
    heading = f"## {HEADINGS[language][kind]}"
    if kind in BULLETED:
        return "\n".join([heading, *(f"- {sentence}" for sentence in sentences)])
    return "\n".join([heading, *sentences])
