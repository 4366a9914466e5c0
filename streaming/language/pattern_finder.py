"""Finds words of closed lists, and names of a vocabulary, in a folded text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from streaming.language.wish_values import Strength, WishContent, WishField

LATIN_EDGE = r"(?:(?<![a-z0-9])|(?![a-z0-9]))"
"""A place that is not within a word of Latin letters."""


@dataclass(frozen=True)
class Mention:
    """A place of a text that says a value; strengths come later."""

    start: int
    end: int
    field: WishField
    value: WishContent | None = None
    """None where it is the words themselves."""
    rank: int = 0
    """Of two that overlap, the one with the higher rank counts, and then the longer one."""
    strength: Strength | None = None
    """How its own words mean it: "at least"; None where the words around it say that."""


def compile_table(table: Mapping[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Compile a table of values and their regexes, held to whole words."""
    return tuple((value, whole_words(regex)) for value, regex in table.items())


def whole_words(regex: str) -> re.Pattern[str]:
    """Compile a regex that neither begins nor ends within a word of Latin letters."""
    return re.compile(f"{LATIN_EDGE}(?:{regex}){LATIN_EDGE}")


def find_values(
    folded: str, table: tuple[tuple[str, re.Pattern[str]], ...], field: WishField, rank: int
) -> Iterator[Mention]:
    """Yield where a text names a value of a closed list."""
    for value, pattern in table:
        for match in pattern.finditer(folded):
            if match.end() > match.start():
                yield Mention(match.start(), match.end(), field, value, rank)
