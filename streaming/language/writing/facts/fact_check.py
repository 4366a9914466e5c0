"""Compares the facts of a rewritten text with those of the posting.

A text passes if

- every fact of the posting stands in it, and every fact of it stands in the posting,
- a skill or condition is not moved between must-haves and nice-to-haves,
- a number stands beside no other skill than in the posting ("3 years of Java, 5 of Python").
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streaming.contract.rewrite import SectionKind
from streaming.language.writing.facts.fact import Fact, FactKind
from streaming.language.writing.facts.fact_finder import FactFinder
from streaming.language.writing.statements import Statement


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a text; nothing, if all is empty."""

    lost: tuple[Fact, ...]
    invented: tuple[Fact, ...]
    moved: tuple[Fact, ...]
    """Facts that became a must-have or stopped being one."""
    rejoined: tuple[tuple[Fact, Fact], ...]
    """Numbers beside a skill that they do not belong to."""
    facts: int
    """How many facts the source has."""

    @property
    def passed(self) -> bool:
        """Whether the text says what the posting says."""
        return not (self.lost or self.invented or self.moved or self.rejoined)

    def problems(self) -> list[str]:
        """Return what is wrong, one line each."""
        return [
            *(f"lost: {fact}" for fact in self.lost),
            *(f"invented: {fact}" for fact in self.invented),
            *(f"moved between must-haves and nice-to-haves: {fact}" for fact in self.moved),
            *(f"joined: {number} with {skill}" for number, skill in self.rejoined),
        ]


@dataclass(frozen=True)
class FoundStatement:
    """A sentence with what it is about, its facts, and its Latin words."""

    kind: SectionKind
    facts: frozenset[Fact]
    words: frozenset[str]


def found_statements(finder: FactFinder, statements: Iterable[Statement]) -> list[FoundStatement]:
    """Return the facts of each statement."""
    return [
        FoundStatement(own.kind, finder.find(own.text), finder.words(own.text))
        for own in statements
    ]


def compare(
    source: Sequence[FoundStatement],
    text: Sequence[FoundStatement],
    *,
    given: Sequence[FoundStatement] = (),
    across_languages: bool = False,
) -> Verdict:
    """Compare a text with its source.

    Args:
        source: the statements of the posting's description.
        text: the statements of the rewritten text.
        given: what the posting's fields say, which stands above the text.
        across_languages: whether it is a translation. Capitalised words then prove nothing.
    """
    ignored = {FactKind.WORD} if across_languages else set[FactKind]()
    before, after = _all(source, ignored), _all(text, ignored)
    fields, known_pairs = _all(given, ignored), _pairs([*source, *given])
    return Verdict(
        tuple(sorted(_absent(before - after - fields, text))),
        tuple(sorted(_absent(after - before - fields, source))),
        tuple(sorted(_moved(source, text))),
        tuple(sorted(pair for pair in _pairs(text) - known_pairs if set(pair) <= before)),
        len(before),
    )


def _absent(facts: set[Fact], statements: Sequence[FoundStatement]) -> set[Fact]:
    """Leave out capitalised words that stand in statements: the first word proves no capital."""
    words = {word for own in statements for word in own.words}
    return {fact for fact in facts if fact.kind is not FactKind.WORD or fact.value not in words}


def _all(statements: Sequence[FoundStatement], ignored: set[FactKind]) -> set[Fact]:
    return {fact for own in statements for fact in own.facts if fact.kind not in ignored}


def _moved(source: Sequence[FoundStatement], text: Sequence[FoundStatement]) -> set[Fact]:
    """Return the facts that are demanded in one of both, and are only nice to have in the other."""
    return (_of(source, SectionKind.MUST) & _only_nice(text)) | (
        _only_nice(source) & _of(text, SectionKind.MUST)
    )


def _only_nice(statements: Sequence[FoundStatement]) -> set[Fact]:
    elsewhere = {
        fact for own in statements if own.kind is not SectionKind.NICE for fact in own.facts
    }
    return _of(statements, SectionKind.NICE) - elsewhere


def _of(statements: Sequence[FoundStatement], kind: SectionKind) -> set[Fact]:
    kinds = {FactKind.SKILL, FactKind.CONDITION, FactKind.NAME}
    return {
        fact for own in statements if own.kind is kind for fact in own.facts if fact.kind in kinds
    }


def _pairs(statements: Sequence[FoundStatement]) -> set[tuple[Fact, Fact]]:
    return {
        (number, other)
        for own in statements
        for number in own.facts
        if number.kind is FactKind.NUMBER
        for other in own.facts
        if other.kind in (FactKind.SKILL, FactKind.NAME)
    }
