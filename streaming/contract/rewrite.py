"""Rewrites: postings in plain words, whose facts were checked against the posting."""

from enum import StrEnum

from pydantic import Field

from streaming.contract.records import Id, Record, Versioned


class SectionKind(StrEnum):
    """What a sentence of a posting is about."""

    GLANCE = "glance"
    DUTIES = "duties"
    MUST = "must"
    NICE = "nice"
    OFFER = "offer"
    EMPLOYER = "employer"
    APPLICATION = "application"
    OTHER = "other"


class ModelOutcome(StrEnum):
    """What became of the text of a language model."""

    WRITTEN = "written"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class RewriteSection(Record):
    """A heading, and what stands below it."""

    kind: SectionKind = Field(description="what it is about")
    heading: str = Field(description="its heading, in the language of the text")
    lines: list[str] = Field(description="points or sentences, in order")


class WordRemark(Record):
    """A word of the posting that shuts people out."""

    word: str = Field(description="as the posting has it")
    reason: str = Field(description="whom it shuts out")
    replacement: str | None = Field(
        default=None,
        description="what stands instead; absent: it stays, and the employer decides",
    )


class TextMeasures(Record):
    """How easy a text is to read."""

    sentence_length: float = Field(description="mean words a sentence; in Chinese, characters")
    longest: int = Field(description="the same of the longest one")
    reading_ease: float | None = Field(
        default=None, description="Flesch 1948, higher is easier; absent for Chinese"
    )


class Rewrite(Versioned):
    """A posting in plain words, or why there is no such text. The posting stays as it is."""

    rewrite_id: str = Field(description="hash of posting, posting_version and writer_version")
    posting_id: Id = Field(description="which posting; also the Kafka key")
    posting_version: str = Field(description="hash of the posting's fields")
    writer_version: str = Field(
        description="rules, language model, prompt and language that it is written with"
    )
    language: str = Field(description="of headings and fields, en or zh")
    translated: bool = Field(description="whether the sentences are in that language, too")
    title: str = Field(description="the posting's title")
    sections: list[RewriteSection] = Field(
        default=[], description="the text; empty: it was refused, and the posting's own stands"
    )
    refused: list[str] = Field(
        default=[],
        description="why the check of facts refused a text, a line each: the language model's, or "
        "where there are no sections all texts",
    )
    author: str = Field(description="who wrote it: rules, or the name of the language model")
    prompt_version: str | None = Field(
        default=None, description="of the request to the language model; absent: rules wrote it"
    )
    model: ModelOutcome | None = Field(
        default=None,
        description="what became of the language model's text: written; refused by the check of "
        "facts; unanswered, and tried again later. Absent: no model is set",
    )
    notice: str | None = Field(default=None, description="that no model wrote it, and why")
    remarks: list[WordRemark] = Field(default=[], description="words that shut people out")
    facts: int = Field(description="facts that the text was checked for")
    before: TextMeasures = Field(description="of the posting's own text")
    after: TextMeasures | None = Field(default=None, description="of the rewritten text")
