"""Splits an advertisement into headings and sentences.

Chinese advertisements number their points within one line ("1、…；2、…"), and English ones write
bullets or prose. Both become parts. Bullets and the numbers of points are no text. The time is
linear in the length of the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from streaming.contract.rewrite import SectionKind
from streaming.importing.parsers.html_text import plain_text
from streaming.language.writing.section_kind import heading_kind

LONGEST_PART = 1_500
"""Characters; a longer sentence is cut at a blank, so that the work on each part is bounded."""

_LINE_END = re.compile(r"\n+")
_BULLET = re.compile(
    r"^(?:(?:[-–—•·●○▪■◆★☆*✓✔>»]|o(?=\s))\s*|[(（]?(?:\d{1,2}|[a-h]|[ivx]{1,4})[)）]\s*"
    r"|\d{1,2}\s?[.．、,，:：](?!\d)\s*|[①-⑳]\s*|[一二三四五六七八九十]{1,2}[、.．]\s*)+"
)
# A point's number within a line. A decimal ("1.5") is none, and neither is "Band 6. The".
_POINT = re.compile(
    r"(?:(?<=[;；。：:!！?？\s】\])）,，、.])|(?<=[\u4e00-\u9fff]))"
    r"(?:[(（]?\d{1,2}[)）]|\d{1,2}\s?[、．.](?![\d.]))\s*(?=[\u3400-\u9fffA-Za-z“\"(（<《【])"
    r"|[①-⑳]"
)
# Where line ends were lost, a heading stands within a line: "…工作目标。任职要求：1、…".
_CHINESE_HEADING = re.compile(
    r"(?:岗位|工作|职位|任职|技能|技术|能力|应聘|招聘|基本|福利|薪资|薪酬|岗位和技术|公司){1,2}(?:的)?"
    r"(?:职责|要求|资格|描述|内容|条件|待遇|福利|介绍)(?:[:：]|(?=\n))"
    r"|^(?:职位描述|岗位职责|任职要求|任职资格|岗位要求)[:：]?(?=[^:：\n])"
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_BRACKET_HEADING = re.compile(r"[【\[][^】\]\n]{1,20}[】\]][:：]?")
_CHINESE_END = re.compile(r"(?<=[。！？；])(?![”’」』）)])|(?<=[\u3400-\u9fff][;!?])")
_ENGLISH_END = re.compile(r"(?<=[.!?])[\"'”’)]?\s+(?=[\"'“‘(]?[A-Z0-9•])|(?<=[a-z)];)\s+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|approx|incl|mr|mrs|ms|dr|no|st|vs|inc|ltd|co|dept|min|max|p\.a)"
    r"|\b[A-Z])\.$",
    re.IGNORECASE,
)
_INLINE_HEADING = re.compile(r"[^:：\n。；;，,.]{2,32}[:：]")


@dataclass(frozen=True)
class Part:
    """A sentence or point, or a heading that says what follows it."""

    text: str
    heading: SectionKind | None = None
    """What a heading announces; None for everything else."""


def read_parts(text: str) -> list[Part]:
    """Split a text, markup or plain, into its parts in order."""
    return [part for line in _lines(plain_text(text)) for part in _parts_of_line(line)]


def _lines(text: str) -> Iterator[str]:
    for line in _LINE_END.split(text):
        if not _HAN.search(line):
            yield line
            continue
        spaced = _BRACKET_HEADING.sub(lambda found: f"\n{found[0]}\n", line)
        spaced = _CHINESE_HEADING.sub(lambda found: f"\n{found[0]}\n", spaced)
        spaced = _POINT.sub("\n", spaced)
        yield from (piece for piece in spaced.split("\n") if piece.strip())


def _parts_of_line(line: str) -> Iterator[Part]:
    rest = without_bullet(line)
    found = heading_kind(rest)
    if found:
        yield Part(rest, found)
        return
    for sentence in _sentences(rest):
        yield from _trailing_heading(sentence) or _leading_headings(sentence)


def _leading_headings(sentence: str) -> Iterator[Part]:
    """Yield the headings that a sentence begins with ("Requirements: …"), and what follows them."""
    while inline := _INLINE_HEADING.match(sentence):
        found = heading_kind(inline[0])
        if found is None:
            break
        yield Part(inline[0], found)
        sentence = without_bullet(sentence[inline.end() :])
    if sentence:
        yield Part(sentence)


def _trailing_heading(sentence: str) -> list[Part] | None:
    """Return a Chinese sentence and the heading that is written right behind it, if there is one.

    "有责任心 任职要求：" comes from pages whose line ends were lost.
    """
    before, blank, last = sentence.rpartition(" ")
    kind = heading_kind(last) if blank and _HAN.search(last) else None
    return [Part(before.strip()), Part(last, kind)] if kind and before.strip() else None


def without_bullet(line: str) -> str:
    """Return a line without bullets and the number of its point."""
    return _BULLET.sub("", line.strip()).strip()


def _sentences(line: str) -> Iterator[str]:
    pieces = _CHINESE_END.split(line) if _HAN.search(line) else _english_sentences(line)
    for piece in pieces:
        stripped = without_bullet(piece).strip(" ;；")
        while len(stripped) > LONGEST_PART:
            cut = stripped.rfind(" ", 1, LONGEST_PART)
            cut = cut if cut > 0 else LONGEST_PART
            yield stripped[:cut].strip()
            stripped = stripped[cut:].strip()
        if any(map(str.isalnum, stripped)):
            yield stripped


def _english_sentences(line: str) -> Iterator[str]:
    waiting = ""
    for piece in _ENGLISH_END.split(line):
        joined = f"{waiting} {piece}" if waiting else piece
        if _ABBREVIATION.search(joined[-12:]):
            waiting = joined
        else:
            yield joined
            waiting = ""
    if waiting:
        yield waiting
