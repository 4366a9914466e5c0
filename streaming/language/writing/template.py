"""Writes a posting anew by rules: its own sentences, sorted into sections, in plain words.

No sentence is dropped, so that no fact can be. What the fields say comes first.
"""

import re
from collections.abc import Sequence

from streaming.contract.rewrite import SectionKind
from streaming.language.writing.rewriting import BULLETED, section_text
from streaming.language.writing.section_kind import Language
from streaming.language.writing.statements import Statement
from streaming.language.writing.wording import reworded

_END = re.compile(r"[\s;；,，、]+$")
_BULLET_END = re.compile(r"(?<=[\u3400-\u9fff])[\s。.;；,，、]+$|[\s;；,，、]+$")
_PLAIN_START = re.compile(r"[a-z]+(?=[\s,]|$)")


def body_text(statements: Sequence[Statement], language: Language) -> str:
    """Return the sections of a rewritten text, in the order of `SectionKind`.

    Sentences keep their language; `language` is that of the headings.
    """
    by_kind: dict[SectionKind, list[str]] = {}
    for statement in statements:
        sentence = _sentence(statement.text, statement.kind)
        if sentence:
            by_kind.setdefault(statement.kind, []).append(sentence)
    return "\n\n".join(
        section_text(kind, by_kind[kind], language) for kind in SectionKind if kind in by_kind
    )


def _sentence(text: str, kind: SectionKind) -> str:
    """Return a sentence in plain words, without the signs that joined it to the next one."""
    plain = (_BULLET_END if kind in BULLETED else _END).sub("", reworded(text))
    start = _PLAIN_START.match(plain)
    return plain[:1].upper() + plain[1:] if start else plain
