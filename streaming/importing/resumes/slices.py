"""Parts of a text that know their place: what is found in a résumé is cut out of its text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class Slice:
    """The characters `start` to `end` of a text; the end is excluded."""

    source: str = field(repr=False)
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters."""
        return self.source[self.start : self.end]

    def cut(self, start: int, end: int | None = None) -> Self:
        """Return a part by offsets from the start of this one, without blanks around it."""
        last = self.end if end is None else self.start + end
        return type(self)(self.source, self.start + start, last).stripped()

    def stripped(self, characters: str | None = None) -> Self:
        """Return the slice without blanks, or without other characters, at both ends."""
        text = self.text
        kept = text.lstrip(characters)
        start = self.end - len(kept)
        return type(self)(self.source, start, start + len(kept.rstrip(characters)))

    def split(self, separator: re.Pattern[str]) -> list[Self]:
        """Return the parts between the matches of a pattern, without blanks and empty ones."""
        text, start, parts = self.text, 0, []
        for match in separator.finditer(text):
            parts.append(self.cut(start, match.start()))
            start = match.end()
        parts.append(self.cut(start))
        return [part for part in parts if part.text]

    def group(self, match: re.Match[str], name: str | int = 0) -> Self:
        """Return what a group of a match within this slice's text holds."""
        return self.cut(*match.span(name))


def lines_of(text: str) -> Iterator[Slice]:
    """Yield the lines of a text without blanks around them; empty ones too."""
    start = 0
    for line in text.split("\n"):
        yield Slice(text, start, start + len(line)).stripped()
        start += len(line) + 1
