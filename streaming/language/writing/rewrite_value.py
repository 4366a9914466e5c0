"""Makes the value of the topic `rewrites`: a function of the posting and the writer.

With a language model it is one as long as the model's answers are the same; they are kept by
content (`GuardedModel`). A model that does not answer leaves it to the rules, and the value says
so.
"""

import hashlib
from collections.abc import Iterator

import orjson

from streaming.contract.records import Posting, to_json
from streaming.contract.rewrite import (
    Rewrite,
    RewriteSection,
    SectionKind,
    TextMeasures,
    WordRemark,
)
from streaming.contract.topics import MAX_VALUE_BYTES
from streaming.language.writing.readability import Readability
from streaming.language.writing.rewriting import Rewriting
from streaming.language.writing.section_kind import HEADINGS, Language, heading_kind
from streaming.language.writing.writer import Writer

_MOST_PROBLEMS = 20
_LONGEST_LINE = 500
"""Characters of a problem and of the title of a text that is too long."""


def posting_version(posting: Posting) -> str:
    """Return the hash of a posting's fields, of those that the contract knows."""
    return _hash(to_json(posting))


def writer_version(writer: Writer, language: Language | None) -> str:
    """Return what a rewrite is a function of beside the posting; None: its own language."""
    return f"{writer.version}, {language or 'same language'}"


def make_rewrite(writer: Writer, posting: Posting, language: Language | None) -> Rewrite:
    """Rewrite a posting as a value of the topic `rewrites`.

    A text that makes the value larger than the contract allows is refused.
    """
    written = writer.write(posting, language)
    own = _rewrite(posting, written, writer_version(writer, language))
    size = len(to_json(own))
    if size <= MAX_VALUE_BYTES:
        return own
    why = f"the rewritten posting has {size:,} bytes, more than {MAX_VALUE_BYTES:,}; shorten it"
    return own.model_copy(
        update={
            "title": own.title[:_LONGEST_LINE],
            "sections": [],
            "refused": [why],
            "remarks": own.remarks[:_MOST_PROBLEMS],
            "after": None,
        }
    )


def _rewrite(posting: Posting, written: Rewriting, version: str) -> Rewrite:
    own = posting_version(posting)
    refused = [line[:_LONGEST_LINE] for line in written.problems[:_MOST_PROBLEMS]]
    return Rewrite(
        rewrite_id=_hash(orjson.dumps([posting.posting_id, own, version])),
        posting_id=posting.posting_id,
        posting_version=own,
        writer_version=version,
        language=written.language,
        translated=written.translated,
        title=written.title,
        sections=list(_sections(written.text or "", written.language)),
        refused=refused,
        author=written.author,
        prompt_version=written.prompt_version,
        model=written.model,
        notice=written.notice,
        remarks=[WordRemark(**vars(remark)) for remark in written.remarks],
        facts=written.facts,
        before=_measures(written.before),
        after=_measures(written.after) if written.after else None,
    )


def _sections(text: str, language: Language) -> Iterator[RewriteSection]:
    """Split a rewritten text; the title stands in a field of its own, and no line is lost."""
    heading, kind = HEADINGS[language][SectionKind.OTHER], SectionKind.OTHER
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith("# "):
            continue
        if line.startswith("#"):
            if lines:
                yield RewriteSection(kind=kind, heading=heading, lines=lines)
            heading, lines = line.strip("# "), []
            kind = heading_kind(line) or SectionKind.OTHER
        elif line.strip():
            lines.append(line.strip().removeprefix("- "))
    if lines:
        yield RewriteSection(kind=kind, heading=heading, lines=lines)


def _measures(own: Readability) -> TextMeasures:
    return TextMeasures(
        sentence_length=own.sentence_length, longest=own.longest, reading_ease=own.reading_ease
    )


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
