"""Lines about a position: their dates, and the pieces that name title, employer and place."""

# ruff: noqa: RUF001 - Chinese signs and dashes stand in texts

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from streaming.importing.resumes.date_ranges import DateRange, find_dates
from streaming.importing.resumes.list_items import is_item, without_bullet
from streaming.importing.resumes.position_words import (
    HAN_EMPLOYER_BEFORE,
    PieceKind,
    is_han,
    is_legal_form,
    is_place,
    piece_kind,
)
from streaming.importing.resumes.slices import Slice

_LONGEST_HEADER = 140
_MOST_WORDS = 18
_SHORT_SENTENCE = 6
_LONGEST_NAME = 90

_EDGES = " \t,，;；:：.·•|｜–—―-*_#`“”\"'"
_AROUND_DATES = " \t,，;；:：|–—-"
_SEPARATOR = re.compile(
    r"\t+|\s{2,}|\s*[|｜•·;；—―]\s?|\s[–-]\s|,\s?|，|、|\s/\s|\s@\s?"
    r"|(?<=Ltd\.)\s|(?<=Inc\.)\s|(?<=LLC)\s|(?<=GmbH)\s(?=[A-Z])"
)
_AT = re.compile(r"\s+(?:at|@|bei)\s+")
_IN_PLACE = re.compile(r"\s+in\s+(?=[A-Z][\w.-]+(?: [A-Z][\w.-]+){0,2}$)")
_BRACKETS = re.compile(r"\s*[(（](?P<inner>[^()（）]{2,40})[)）]$")
_BLANKS = re.compile(r"\s+")
_HAN_ADJECTIVE = re.compile(r"(?:高级|资深|初级|中级|首席|助理|实习)$")
_VERB_FIRST = re.compile(
    r"(?!(?:certified|registered|licensed|chartered|advanced|associated|united|applied|allied|"
    r"integrated|qualified|skilled|retired|unlimited|wicked|red|embedded)\b)"
    r"(?:[a-z]+ed|led|built|ran|wrote|taught|grew|made|sold|drove|kept|won|set|responsib\w+|duties|"
    r"achievements?|worked|managing|developing|working|helping|providing|assisting|supporting|"
    r"ensuring|leading|using|i|my|we|the)\b|"
    r"(?!\S{1,10}(?:工程师|经理|主管|专员|顾问|总监|师|员)(?:\s|$))"
    r"(?:负责|参与|主导|完成|协助|组织|制定|使用|通过|独立|带领|参加|配合|根据|对|与|为|主要|工作内容|"
    r"工作描述|工作职责|职责|业绩|技术栈|项目[:：名描职]|搭建|优化|设计并|维护|处理|编写|实现|推动)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!。！；;]$|。")
_NAME_WORD = r"(?:[A-Z0-9&(]\S*|of|the|and|for|de|la|to|in|a)"
_NAME = re.compile(rf"{_NAME_WORD}(?: {_NAME_WORD})*")
_LONGEST_HAN_NAME = 20


@dataclass(frozen=True)
class Piece:
    """A part of a line and what it names; None where its words do not say it."""

    place: Slice
    kind: PieceKind | None


@dataclass(frozen=True)
class PositionLine:
    """A line of a section of positions, without its bullet."""

    content: Slice
    item: bool = False
    """Whether a bullet stood before it."""

    @cached_property
    def dates(self) -> DateRange | None:
        """The dates that it begins or ends with, or a range anywhere in it."""
        if len(self.content.text) > _LONGEST_HEADER:
            return None
        return find_dates(self.content, single=not self.item)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """Its pieces without the dates."""
        return tuple(_pieces(self.content, self.dates))

    @cached_property
    def is_header(self) -> bool:
        """Whether it may name a title, employer or place, and is no sentence."""
        text = self.content.text
        words = len(text.split())
        if not text or len(text) > _LONGEST_HEADER or words > _MOST_WORDS:
            return False
        if _VERB_FIRST.match(text) or text[0].islower():
            return False
        size = len(text) / 2 if is_han(text) else words
        return not (_SENTENCE.search(text) and size > _SHORT_SENTENCE)

    @cached_property
    def is_name(self) -> bool:
        """Whether it may be a name that no word of it explains: short, and capitalised."""
        text = self.content.text
        if is_han(text):
            return len(text) <= _LONGEST_HAN_NAME and "，" not in text
        return len(text.split()) <= _SHORT_SENTENCE and bool(_NAME.fullmatch(text))

    def has(self, kind: PieceKind) -> bool:
        """Return whether a piece is known to be of a kind."""
        return any(piece.kind is kind for piece in self.pieces)


def position_line(line: Slice) -> PositionLine:
    """Return a line of a section of positions."""
    content = without_bullet(line).stripped("#*_` \t")
    return PositionLine(content, item=is_item(line) and not line.text.startswith("**"))


def _pieces(line: Slice, dates: DateRange | None) -> Iterator[Piece]:
    parts = [line]
    if dates:
        start, end = dates.place.start - line.start, dates.place.end - line.start
        parts = [
            line.cut(0, start).stripped(_AROUND_DATES + "([（【"),
            line.cut(end).stripped(_AROUND_DATES + ")]）】"),
        ]
    for part in parts:
        before, at, after = _parted(part)
        for piece in _split(before):
            yield from _with_brackets(piece, PieceKind.TITLE if at else None)
        for number, piece in enumerate(_split(after)):
            yield from _with_brackets(piece, None if number else PieceKind.EMPLOYER)


def _parted(part: Slice) -> tuple[Slice, bool, Slice]:
    """Part "Title at Employer"."""
    if match := _AT.search(part.text):
        return part.cut(0, match.start()), True, part.cut(match.end())
    return part, False, part.cut(len(part.text))


def _split(part: Slice) -> list[Slice]:
    pieces: list[Slice] = []
    for piece in part.split(_SEPARATOR):
        if pieces and is_legal_form(piece.text) and _gap(pieces[-1], piece).strip() == ",":
            pieces[-1] = Slice(piece.source, pieces[-1].start, piece.end)
        elif is_han(piece.text):
            pieces += _split_han(piece)
        else:
            pieces += piece.split(_IN_PLACE)
    stripped = (piece.stripped(_EDGES) if not is_legal(piece) else piece for piece in pieces)
    return [piece for piece in stripped if any(map(str.isalnum, piece.text))]


def is_legal(piece: Slice) -> bool:
    """Return whether a piece ends with a legal form, whose dot belongs to it."""
    return is_legal_form(piece.text.rpartition(" ")[2])


def _gap(before: Slice, after: Slice) -> str:
    return before.source[before.end : after.start]


def _split_han(piece: Slice) -> list[Slice]:
    """Split Chinese text at blanks, and behind an employer that a title follows without one."""
    parts: list[Slice] = []
    for part in piece.split(_BLANKS):
        if parts and _belongs_together(parts[-1], part):
            parts[-1] = Slice(part.source, parts[-1].start, part.end)
        else:
            parts.append(part)
    whole: list[Slice] = []
    for part in parts:
        match = HAN_EMPLOYER_BEFORE.match(part.text)
        rest = part.cut(match.end()) if match else part
        if match and rest.text and piece_kind(rest.text) is PieceKind.TITLE:
            whole += [part.group(match), rest]
        else:
            whole.append(part)
    return whole


def _belongs_together(before: Slice, after: Slice) -> bool:
    """Return whether two words are one name: "高级 Java 工程师"."""
    last = before.text.split()[-1]
    is_title = piece_kind(after.text) is PieceKind.TITLE
    if _HAN_ADJECTIVE.search(last):
        return is_title or not is_han(after.text)
    if is_han(last) or piece_kind(before.text) in {PieceKind.PLACE, PieceKind.DETAIL}:
        return False
    return is_title or not is_han(after.text)


def _with_brackets(piece: Slice, kind: PieceKind | None) -> Iterator[Piece]:
    """Yield a piece; a place in brackets at its end is a piece of its own."""
    match = _BRACKETS.search(piece.text)
    if match and is_place(match["inner"]):
        yield from _with_brackets(piece.cut(0, match.start()), kind)
        yield Piece(piece.group(match, "inner"), PieceKind.PLACE)
    elif piece.text and len(piece.text) <= _LONGEST_NAME:
        known = piece_kind(piece.text)
        forced = kind is not None and known not in {PieceKind.PLACE, PieceKind.DETAIL}
        yield Piece(piece, kind if forced else known)
