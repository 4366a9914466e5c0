"""Reads a résumé: which values of a stated part its text holds, and where each one stands."""

# ruff: noqa: RUF001 - Chinese signs and dashes stand in texts

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from streaming.contract.rejection_reasons import RejectionReason
from streaming.errors import InputError
from streaming.importing.parsers.html_text import guess_language, single_line
from streaming.importing.resumes.date_ranges import DatedSlice
from streaming.importing.resumes.docx_reader import read_docx
from streaming.importing.resumes.headings import SectionKind
from streaming.importing.resumes.list_items import (
    join_broken_lines,
    languages_in,
    margin_of,
    places_in,
    skills_in,
    wishes_in,
    wishes_in_prose,
    without_bullet,
    without_subheading,
)
from streaming.importing.resumes.pdf_reader import read_pdf
from streaming.importing.resumes.personal_data import (
    find_name,
    impersonal_parts,
    introduced_name,
    is_personal,
)
from streaming.importing.resumes.position_words import PieceKind, piece_kind
from streaming.importing.resumes.positions import Position, positions_in_prose, read_positions
from streaming.importing.resumes.resume_text import MAX_FILE_BYTES, ResumeText, read_text_file
from streaming.importing.resumes.sections import SectionLine, section_lines
from streaming.importing.resumes.slices import Slice
from streaming.importing.rows import RowError
from streaming.timestamps import format_timestamp

_TEXT_ENDINGS, _PDF, _DOCX = (".txt", ".md"), ".pdf", ".docx"
RESUME_ENDINGS = (*_TEXT_ENDINGS, _PDF, _DOCX)
"""Endings of the names of files that are résumés."""

_NAME_LABELS = {"name", "full name", "姓名", "first name", "last name", "surname"}
_LEAST_WORDS = 6
_LEAST_HAN = 12
"""A line before the first heading that is shorter is no sentence about somebody."""
_PROSE_SECTIONS = (SectionKind.SUMMARY, SectionKind.EDUCATION, SectionKind.OTHER)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)|(?<=[。！？])")
_ENDS = re.compile(r"[.!?。！？；][)）\"”]?(?:\s|$)")
_SAYS_NOTHING = re.compile(
    r"references (?:are )?(?:available|on request|upon request).*", re.IGNORECASE
)
_SEPARATED = re.compile(r"[|｜•·\t]|\s{3,}|\s[–—-]\s")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True)
class FoundValue:
    """A value of a stated part, and the part of the text that says it."""

    field: str
    """Its dotted name in the record: `skills`, `experience.0.title`."""
    value: str
    """As in the record: a text in one line, or a canonical time."""
    span: Slice


@dataclass(frozen=True)
class Resume:
    """A résumé and the values found in it."""

    text: ResumeText
    values: tuple[FoundValue, ...]

    def stated(self) -> dict[str, Any]:
        """Return the values as fields of `records.Stated`, without `updated_at`."""
        fields: dict[str, Any] = {}
        for name, found in groupby(self.values, key=lambda value: value.field):
            texts = [value.value for value in found]
            list_name, _, path = name.partition(".")
            if path:
                _, _, path = path.partition(".")
                entries = fields.setdefault(list_name, [])
                _put(_entry_of(entries, name), path, texts[0])
            elif name == "background":
                fields[name] = "\n".join(texts)
            else:
                fields[name] = texts[0] if name == "language" else texts
        return fields


def _entry_of(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    place = int(name.split(".")[1])
    if place == len(entries):
        entries.append({})
    return entries[place]


def _put(entry: dict[str, Any], path: str, value: str) -> None:
    """Set a value of an entry by its dotted name, such as `place.locality`."""
    outer, _, inner = path.rpartition(".")
    holder = entry.setdefault(outer, {}) if outer else entry
    holder[inner] = value


def is_resume(path: Path) -> bool:
    """Return whether a file is a résumé, by its name."""
    return path.suffix.lower() in RESUME_ENDINGS


def read_resume(path: Path, encoding: str = "utf-8-sig") -> Resume:
    """Read the résumé in a file, which has one of `RESUME_ENDINGS`; the encoding is that of texts.

    Raises:
        RowError: the file cannot be used; the message names it and the remedy.
        MissingDependencyError: it is a PDF or DOCX, and the extra `resumes` is not installed.
        InputError: it does not exist, or there is no such encoding.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if size == 0:
        raise RowError(RejectionReason.NO_TEXT, f"{path.name} is empty; give a file with a text")
    if size > MAX_FILE_BYTES:
        raise RowError(
            RejectionReason.TOO_LARGE,
            f"{path.name} has {size:,} bytes, at most {MAX_FILE_BYTES:,} are read; save it without "
            "pictures",
        )
    ending = path.suffix.lower()
    if ending in _TEXT_ENDINGS:
        return parse_resume(read_text_file(path, encoding))
    return parse_resume(read_pdf(path) if ending == _PDF else read_docx(path))


def parse_resume(text: ResumeText) -> Resume:
    """Find the values of a résumé in its text; each is a part of it, and dates are read from one.

    Personal data is not taken: names, addresses, contacts, and what stands under such labels.
    """
    return Resume(text, tuple(_Parser(list(section_lines(text.text))).values()))


class _Parser:
    """The lines of one résumé by section, and the names of the person."""

    def __init__(self, lines: Sequence[SectionLine]) -> None:
        self._lines = lines
        self._names = tuple(_names(lines))
        self._margin = margin_of(line.content for line in lines)

    def values(self) -> Iterator[FoundValue]:
        """Yield the values by field, those of one field in the order of the text."""
        positions, done = self._positions()
        skills, skills_in_prose = self._skills()
        wishes, wished_places, wishes_in_prose = self._wishes()
        places = [*self._places(SectionKind.PLACES), *wished_places]
        prose = [*self._prose(), *self._paragraphs(done), *skills_in_prose, *wishes_in_prose]
        prose = [part for part in prose if part.text]
        prose.sort(key=lambda part: part.start)
        values = [
            *_texts("skills", skills),
            *_texts("background", self._impersonal(prose), distinct=False),
            *_texts("wishes", wishes),
            *_texts("places", places or self._places(SectionKind.HOME)),
            *_of_positions(positions),
        ]
        yield from values
        yield from self._language(values)

    def _of(self, *kinds: SectionKind) -> list[Slice]:
        return [line.content for line in self._lines if line.kind in kinds and not line.heading]

    def _sentences(self, *kinds: SectionKind) -> Iterator[Slice]:
        for line in join_broken_lines(self._of(*kinds), self._margin):
            yield from line.split(_SENTENCE_END)

    def _allowed(self, parts: Iterable[Slice]) -> list[Slice]:
        return [part for part in parts if not is_personal(part.text, self._names)]

    def _impersonal(self, lines: Iterable[Slice]) -> Iterator[Slice]:
        for line in lines:
            if not _SAYS_NOTHING.fullmatch(line.text):
                yield from impersonal_parts(line, self._names)

    def _positions(self) -> tuple[list[Position], list[Slice]]:
        """Return the positions held, and the lines that say what was done there."""
        positions: list[Position] = []
        others: list[Slice] = []
        for kind, run in groupby(self._lines, key=lambda line: line.kind):
            if kind is SectionKind.EXPERIENCE:
                lines = [line.content for line in run if not line.heading]
                found = read_positions(lines)
                positions += found.positions
                others += (without_subheading(other) for other in found.others)
        if not positions:
            kinds = (SectionKind.PREAMBLE, SectionKind.SUMMARY, SectionKind.EXPERIENCE)
            for sentence in self._sentences(*kinds):
                positions += positions_in_prose(sentence)
        return [self._impersonal_position(position) for position in positions], others

    def _impersonal_position(self, position: Position) -> Position:
        parts = {
            name: None
            for name in ("title", "employer", "locality", "region", "country")
            if (part := getattr(position, name)) and is_personal(part.text, self._names)
        }
        return Position(**{**vars(position), **parts})

    def _skills(self) -> tuple[list[Slice], list[Slice]]:
        """Return skills and languages, and lines of those sections that are prose."""
        skills: list[Slice] = []
        prose: list[Slice] = []
        for line in join_broken_lines(self._of(SectionKind.SKILLS), self._margin):
            items = skills_in(line)
            skills += items
            prose += [] if items else [line]
        for line in self._of(SectionKind.LANGUAGES):
            skills += languages_in(line) or skills_in(line)  # "Languages: Java"
        return self._allowed(skills), prose

    def _wishes(self) -> tuple[list[Slice], list[Slice], list[Slice]]:
        """Return wishes, the places among them, and lines that are prose."""
        wishes: list[Slice] = []
        places: list[Slice] = []
        prose: list[Slice] = []
        for line in join_broken_lines(self._of(SectionKind.WISHES), self._margin):
            items, towns = wishes_in(line)
            wishes += items
            places += towns
            prose += [] if items or towns else [line]
        for sentence in self._sentences(SectionKind.PREAMBLE, SectionKind.SUMMARY):
            items, towns = wishes_in_prose(sentence)
            if items and piece_kind(items[0].text) is PieceKind.TITLE:
                wishes += items
                places += towns
        return self._allowed(wishes), places, prose

    def _places(self, kind: SectionKind) -> list[Slice]:
        return self._allowed(place for line in self._of(kind) for place in places_in(line))

    def _prose(self) -> Iterator[Slice]:
        """Yield what goes into the background; before the first heading, only sentences."""
        for kind in _PROSE_SECTIONS:
            yield from self._paragraphs(self._of(kind))
        for line in self._paragraphs(self._of(SectionKind.PREAMBLE)):
            parts = impersonal_parts(line, self._names)
            yield from (part for part in parts if _is_sentence(part.text))

    def _paragraphs(self, lines: Iterable[Slice]) -> Iterator[Slice]:
        """Yield lines, joined where the margin broke them, without bullets and empty ones."""
        for line in join_broken_lines(lines, self._margin):
            yield without_bullet(line)

    def _language(self, values: Sequence[FoundValue]) -> Iterator[FoundValue]:
        """Yield the language of what was taken, with the first of the values that shows it."""
        language = guess_language(*(value.value for value in values if "_date" not in value.field))
        shown = (value.span for value in values if guess_language(value.span.text) == language)
        span = next(shown, None)
        if language and span:
            yield FoundValue("language", language, span)


def _names(lines: Iterable[SectionLine]) -> Iterator[str]:
    """Yield the names of the person: behind a label, or in the first line."""
    first = True
    for line in lines:
        if line.label in _NAME_LABELS and line.content.text:
            yield line.content.text
        if name := introduced_name(line.content):
            yield name
        is_plain = line.kind is SectionKind.PREAMBLE and not line.heading
        if first and is_plain and line.content.text:
            first = False
            if name := find_name(line.content):
                yield name


def _is_sentence(text: str) -> bool:
    if _SEPARATED.search(text):
        return False
    is_long = len(text.split()) >= _LEAST_WORDS or len(_HAN.findall(text)) >= _LEAST_HAN
    return is_long and _ENDS.search(text) is not None


def _texts(field: str, parts: Iterable[Slice], *, distinct: bool = True) -> Iterator[FoundValue]:
    """Yield the values of a field of texts, each text once unless told otherwise."""
    seen: set[str] = set()
    for part in parts:
        value = single_line(part.text)
        if value and not (distinct and value.casefold() in seen):
            seen.add(value.casefold())
            yield FoundValue(field, value, part)


def _of_positions(positions: Iterable[Position]) -> Iterator[FoundValue]:
    distinct = [p for p in dict.fromkeys(positions) if p.title or p.employer]
    for place, position in enumerate(distinct):
        parts = {
            "title": position.title,
            "employer": position.employer,
            "place.locality": position.locality,
            "place.region": position.region,
            "place.country": position.country,
            "start_date": position.start,
            "end_date": position.end,
        }
        for name, part in parts.items():
            if part is not None:
                yield _value_of(f"experience.{place}.{name}", part)


def _value_of(field: str, part: Slice | DatedSlice) -> FoundValue:
    if isinstance(part, DatedSlice):
        return FoundValue(field, format_timestamp(part.day), part.place)
    return FoundValue(field, single_line(part.text), part)
