"""Reads the positions that somebody held out of a section, whatever the order of their parts.

A line with dates is the core of an entry. Title and employer stand in it, in the lines above it, or
in those below. Which of them, the first entry of a section shows.
"""

# ruff: noqa: RUF001 - Chinese signs and dashes stand in texts

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from streaming.importing.resumes.date_ranges import DatedSlice, find_dates
from streaming.importing.resumes.headings import find_labels, label_pattern
from streaming.importing.resumes.position_lines import Piece, PositionLine, position_line
from streaming.importing.resumes.position_words import PieceKind, is_country, is_region
from streaming.importing.resumes.slices import Slice

_MOST_LINES = 2
"""Lines above or below the dates that belong to an entry."""
_LONGEST_PLACE = 30
_OWN_BOSS = re.compile(r"freelanc|self-employed|自由职业|founder|owner", re.IGNORECASE)
_CLAUSE_END = re.compile("[，；;]|, (?:and|then) ")
_PROSE = (
    re.compile(
        r"\b(?:work(?:ed|ing)?|employed|served|serving|been|am|was) (?:as )?(?:an? |the )"
        r"(?P<title>[^,.;]{3,60}?) (?:at|for|with) (?P<employer>[^,.;]{2,60}?)"
        r"(?= (?:from|since|between|in|until|where)\b|[,.;(]|$)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:在|就职于|任职于)(?P<employer>[^，。；,]{2,30}?)"
        r"(?:担任|任|做|从事)(?P<title>[^，。；,]{2,20}?)(?=一职|工作|，|。|；|,|$)"
    ),
)
_LABELS = {
    "employer": "公司名称|公司|单位名称|单位|工作单位|企业名称|employer|company|organisation|"
    "organization",
    "title": "职位名称|职位|岗位|职务|担任职务|position|job title|title|role",
    "dates": "起止时间|工作时间|在职时间|时间|任职时间|dates|date|period|duration",
    "locality": "工作地点|地点|所在地|location|city|place",
}
_FIELD_OF_LABEL = {name: key for key, names in _LABELS.items() for name in names.split("|")}
_LABEL = label_pattern(_FIELD_OF_LABEL)


@dataclass(frozen=True)
class Position:
    """A position held; each part is where it stands in the text."""

    title: Slice | None = None
    employer: Slice | None = None
    locality: Slice | None = None
    region: Slice | None = None
    country: Slice | None = None
    start: DatedSlice | None = None
    end: DatedSlice | None = None


@dataclass(frozen=True)
class ReadPositions:
    """The positions of a section, and its other lines: what was done there."""

    positions: tuple[Position, ...]
    others: tuple[Slice, ...]


@dataclass
class _Entry:
    """The lines of one entry while they are collected."""

    core: int
    """The line with the dates."""
    lines: list[int] = field(default_factory=list)


def read_positions(section: Sequence[Slice]) -> ReadPositions:
    """Read the positions of a section; empty lines count as its structure."""
    if labelled := _labelled_positions(section):
        return labelled
    lines = [position_line(line) for line in section]
    entries = _entries(lines)
    taken = {place for entry in entries for place in entry.lines}
    others = tuple(
        line.content for place, line in enumerate(lines) if place not in taken and line.content.text
    )
    return ReadPositions(tuple(_positions(lines, entries)), others)


def positions_in_prose(sentence: Slice) -> Iterator[Position]:
    """Yield the positions of a sentence: "I have worked as a nurse at City Hospital since 2019"."""
    for clause in sentence.split(_CLAUSE_END):
        for pattern in _PROSE:
            if match := pattern.search(clause.text):
                dates = find_dates(clause)
                yield Position(
                    title=clause.group(match, "title"),
                    employer=clause.group(match, "employer"),
                    start=dates.start if dates else None,
                    end=dates.end if dates else None,
                )
                break


# --- Which lines belong together -----------------------------------------------------------------


def _entries(lines: Sequence[PositionLine]) -> list[_Entry]:
    cores = [place for place, line in enumerate(lines) if _is_core(line) and not line.item]
    # Some list their positions as items; where others exist, dates in items are of what was done.
    cores = cores or [place for place, line in enumerate(lines) if _is_core(line)]
    if not cores:
        headers = [place for place, line in enumerate(lines) if line.is_header]
        return [_Entry(place, [place]) for place in headers if _is_complete([lines[place]])]
    above = _headers_above(lines, cores[0], -1)
    style = len(above)
    entries: list[_Entry] = []
    end = -1  # the last line that an entry has taken
    for number, core in enumerate(cores):
        entry = _Entry(core, [core])
        if style:
            entry.lines = [*_lines_above(lines, core, end, style), core]
        following = cores[number + 1] if number + 1 < len(cores) else len(lines)
        reserved = style if following < len(lines) and not _is_complete([lines[following]]) else 0
        entry.lines += _lines_below(lines, entry, following - reserved, style)
        end = entry.lines[-1]
        entries.append(entry)
    return entries


def _is_core(line: PositionLine) -> bool:
    return line.is_header and line.dates is not None


def _headers_above(lines: Sequence[PositionLine], core: int, end: int) -> list[int]:
    """Return the lines directly above a core, after the line `end`, that may belong to it."""
    found: list[int] = []
    place = core - 1
    while place > end and len(found) < _MOST_LINES:
        line = lines[place]
        if not line.is_header or line.item or line.dates:
            break
        found.insert(0, place)
        place -= 1
    return found


def _lines_above(lines: Sequence[PositionLine], core: int, end: int, most: int) -> list[int]:
    """Return the lines above a core that belong to it: none where it names all by itself."""
    kinds = {piece.kind for piece in lines[core].pieces}
    missing = {PieceKind.TITLE, PieceKind.EMPLOYER} - kinds
    above = _headers_above(lines, core, end)[-most:]
    if _is_complete([lines[core]]):  # one of its names is a guess, which words may prove wrong
        above = above if any(lines[place].has(kind) for place in above for kind in missing) else []
    return above


def _lines_below(
    lines: Sequence[PositionLine], entry: _Entry, limit: int, style: int
) -> Iterator[int]:
    """Yield the lines below a core that name what the entry still lacks."""
    known = [lines[place] for place in entry.lines]
    for place in range(entry.core + 1, min(limit, entry.core + 1 + _MOST_LINES)):
        line = lines[place]
        missing = _missing(known)
        if not missing or not line.is_header or line.item or line.dates:
            return
        fits = any(line.has(kind) for kind in missing)
        if not fits and (style or not line.is_name):
            return
        known.append(line)
        yield place


def _missing(lines: Sequence[PositionLine]) -> set[PieceKind]:
    """Return whether title or employer are missing; two names without a kind are enough."""
    if _is_complete(lines):
        return set()
    kinds = {piece.kind for line in lines for piece in line.pieces}
    return {PieceKind.TITLE, PieceKind.EMPLOYER} - kinds


def _is_complete(lines: Sequence[PositionLine]) -> bool:
    kinds = Counter(piece.kind for line in lines for piece in line.pieces)
    known = bool(kinds[PieceKind.TITLE]) + bool(kinds[PieceKind.EMPLOYER])
    if any(line.dates for line in lines):
        return known + kinds[None] >= 2  # noqa: PLR2004 - title and employer
    return known == 2  # noqa: PLR2004 - as above


# --- What they say -------------------------------------------------------------------------------


def _positions(lines: Sequence[PositionLine], entries: Sequence[_Entry]) -> Iterator[Position]:
    """Yield the positions; several titles at one employer each have it."""
    held = [[piece for place in entry.lines for piece in lines[place].pieces] for entry in entries]
    title_first = _title_first(held)
    group: Position | None = None
    for number, (entry, pieces) in enumerate(zip(entries, held, strict=True)):
        position = _assigned(pieces, title_first=title_first)
        dates = lines[entry.core].dates
        if dates:
            position = replace(position, start=dates.start, end=dates.end)
        if position.title is None and position.employer is not None:
            following = entries[number + 1] if number + 1 < len(entries) else None
            if (
                following
                and following.lines[0] == entry.core + 1
                and _has_only_title(held[number + 1])
            ):
                group = position
                continue
        if position.employer is None and position.title is not None and group is not None:
            if not any(_OWN_BOSS.search(lines[place].content.text) for place in entry.lines):
                position = _at_employer_of(position, group)
        elif position.employer is not None:
            is_alone = position.employer.end < lines[entry.core].content.start
            group = position if is_alone else None
        if position.title is not None or position.employer is not None:
            yield position


def _has_only_title(pieces: Sequence[Piece]) -> bool:
    kinds = {piece.kind for piece in pieces}
    return PieceKind.TITLE in kinds and not kinds & {PieceKind.EMPLOYER, None}


def _at_employer_of(position: Position, other: Position) -> Position:
    if position.locality or position.region or position.country:
        return replace(position, employer=other.employer)
    return replace(
        position,
        employer=other.employer,
        locality=other.locality,
        region=other.region,
        country=other.country,
    )


def _title_first(entries: Sequence[Sequence[Piece]]) -> bool:
    """Return whether titles stand before employers, in the entries whose words say it."""
    votes = 0
    for pieces in entries:
        kinds = [p.kind for p in pieces if p.kind in {PieceKind.TITLE, PieceKind.EMPLOYER}]
        if len(set(kinds)) > 1:
            votes += 1 if kinds[0] is PieceKind.TITLE else -1
    return votes >= 0


def _assigned(pieces: Sequence[Piece], *, title_first: bool) -> Position:
    """Return a position of pieces; those without a kind become what is missing, in their order."""
    title = next((piece for piece in pieces if piece.kind is PieceKind.TITLE), None)
    employer = next((piece for piece in pieces if piece.kind is PieceKind.EMPLOYER), None)
    unknown = [piece for piece in pieces if piece.kind is None]
    if title is None and employer is None and len(unknown) > 1:
        title, employer = unknown[:2] if title_first else unknown[1::-1]
    elif title is None and unknown:
        title = unknown[0]
    elif employer is None and unknown:
        employer = unknown[0]
    rest = [p for p in pieces if p not in (title, employer)]
    position = Position(
        title=title.place if title else None, employer=employer.place if employer else None
    )
    return (
        _with_place(position, rest)
        if title and employer
        else _with_place(position, [p for p in rest if p.kind is PieceKind.PLACE])
    )


def _with_place(position: Position, pieces: Sequence[Piece]) -> Position:
    places: dict[str, Slice] = {}
    for piece in pieces:
        text = piece.place.text
        if piece.kind is PieceKind.PLACE:
            kind = "country" if is_country(text) else "region" if is_region(text) else "locality"
            places.setdefault(kind, piece.place)
        elif piece.kind is None and _may_be_town(text):
            places.setdefault("locality", piece.place)
    return replace(position, **places)  # type: ignore[arg-type] # the names are those above


def _may_be_town(text: str) -> bool:
    words = text.split()
    return (
        len(text) <= _LONGEST_PLACE
        and len(words) <= 3  # noqa: PLR2004 - "Stratford upon Avon"
        and not any(map(str.isdigit, text))
        and text[0].isupper()
    )


# --- Entries with labels -------------------------------------------------------------------------


def _labelled_positions(section: Sequence[Slice]) -> ReadPositions | None:
    """Read entries whose parts have labels ("Employer: …"); None if the section has none."""
    entries: list[dict[str, Slice]] = []
    others: list[Slice] = []
    for line in section:
        labels = [
            (_FIELD_OF_LABEL[label.label], label.content)
            for label in find_labels(line, _LABEL)
            if label.content.text and label.content.text.casefold() not in _FIELD_OF_LABEL
        ]
        if not labels:
            others += [line] if line.text else []
        for key, content in labels:
            if not entries or key in entries[-1]:
                entries.append({})
            entries[-1][key] = content
    is_labelled = any({"title", "employer"} <= set(entry) for entry in entries)
    if not is_labelled:
        return None
    return ReadPositions(tuple(map(_of_labels, entries)), tuple(others))


def _of_labels(parts: Mapping[str, Slice]) -> Position:
    dates = position_line(parts["dates"]).dates if "dates" in parts else None
    return Position(
        title=parts.get("title"),
        employer=parts.get("employer"),
        locality=parts.get("locality"),
        start=dates.start if dates else None,
        end=dates.end if dates else None,
    )
