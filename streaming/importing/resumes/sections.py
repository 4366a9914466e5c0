"""Divides a résumé into sections, by its headings and labels."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from streaming.importing.resumes.headings import (
    HEADINGS,
    Labelled,
    SectionKind,
    find_labels,
    heading_kind,
    label_pattern,
)
from streaming.importing.resumes.slices import Slice, lines_of

_SHORT = {SectionKind.WISHES, SectionKind.PLACES, SectionKind.HOME, SectionKind.PERSONAL}
"""What stands behind a label of these ends with its line."""
_LABELS_OF_LINE = _SHORT | {SectionKind.PREAMBLE}
"""Sections whose lines may hold several labels."""
_LEADING_LABELS = {
    SectionKind.EXPERIENCE: {
        SectionKind.SKILLS,
        SectionKind.LANGUAGES,
        SectionKind.WISHES,
        SectionKind.PLACES,
    },
    SectionKind.EDUCATION: {SectionKind.SKILLS, *_SHORT},
    SectionKind.OTHER: {SectionKind.SKILLS, *_SHORT},
    SectionKind.SUMMARY: {SectionKind.SKILLS, SectionKind.LANGUAGES, *_SHORT},
    SectionKind.SKILLS: _SHORT,
    SectionKind.LANGUAGES: _SHORT,
}
"""Labels at the beginning of a line that leave a section. In a section of skills, "Languages: Java"
is a group of skills."""
_OF_POSITIONS = {"工作地点", "工作情况"}
"""Labels that say something about a position among positions."""
_ABOUT_ONESELF = ("自我", "个人", "教育", "语言")
"""How labels begin that leave a section of positions, too."""
_ALL_LABELS = label_pattern(HEADINGS)
_SHORT_LABELS = label_pattern([name for name, kind in HEADINGS.items() if kind in _SHORT])
_WISH_WITHOUT_COLON = re.compile(
    r"(?P<label>求职意向|求职目标|期望职位|意向职位|意向岗位|期望岗位|应聘职位|应聘岗位|期望城市|意向城市)"
    r"[ \u3000]+(?=\S)"
)


@dataclass(frozen=True)
class SectionLine:
    """A line of a résumé and the section that it belongs to."""

    kind: SectionKind
    content: Slice
    """Without the label before it; it may be empty."""
    label: str = ""
    """The label before it, in lower case."""
    heading: bool = False


def section_lines(text: str) -> Iterator[SectionLine]:
    """Yield the lines of a text with their sections.

    A heading begins a section, which goes on until the next one. A label with something behind it
    ("Skills: Java") begins one that goes on until an empty line or the next label. Wishes, places
    and personal data behind a label end with the line.
    """
    section = SectionKind.PREAMBLE
    labelled: SectionKind | None = None
    for line in lines_of(text):
        if kind := heading_kind(line.text):
            section, labelled = kind, None
            yield SectionLine(kind, line, heading=True)
            continue
        labels = _labels(line, section)
        if not labels:
            labelled = labelled if line.text else None
            yield SectionLine(labelled or section, line)
            continue
        before = line.cut(0, labels[0].start)
        if any(map(str.isalnum, before.text)):
            yield SectionLine(labelled or section, before)
        for label in labels:
            yield SectionLine(HEADINGS[label.label], label.content, label.label)
        last = HEADINGS[labels[-1].label]
        labelled = None if last in _SHORT else last


def _labels(line: Slice, section: SectionKind) -> list[Labelled]:
    """Return the labels of a line that begin a section of their own."""
    if match := _WISH_WITHOUT_COLON.match(line.text):
        return [Labelled(match["label"], line.cut(match.end()), 0)]
    several = section in _LABELS_OF_LINE
    labels = find_labels(line, _ALL_LABELS)
    if not labels or (not several and not _leads(line, labels[0], _LEADING_LABELS[section])):
        return []
    long = next((label for label in labels if HEADINGS[label.label] not in _SHORT), None)
    if long is None:
        return labels
    # "Languages: Java" behind "Skills:" is a group of skills, but "Phone: 1" ends the list.
    rest = Slice(line.source, long.content.start, line.end)
    after = find_labels(rest, _SHORT_LABELS)
    content = rest.cut(0, after[0].start) if after else rest.stripped()
    offset = rest.start - line.start
    moved = [Labelled(label.label, label.content, label.start + offset) for label in after]
    before = labels[: labels.index(long)]
    return [*before, Labelled(long.label, content, long.start), *moved]


def _leads(line: Slice, label: Labelled, kinds: set[SectionKind]) -> bool:
    """Return whether a label of certain kinds begins a line."""
    if any(map(str.isalnum, line.text[: label.start])) or label.label in _OF_POSITIONS:
        return False
    return HEADINGS[label.label] in kinds or label.label.startswith(_ABOUT_ONESELF)
