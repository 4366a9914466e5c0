"""Names that are looked up in texts: of occupations, skills, places, industries and employers."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Self

from streaming.language.lexicon.employers import EMPLOYERS
from streaming.language.lexicon.industries import industry_names
from streaming.language.lexicon.occupations import ALONE, words
from streaming.language.lexicon.places import place_names
from streaming.language.lexicon.skills import CASE_MATTERS, skill_names
from streaming.language.pattern_finder import Mention
from streaming.language.text_folding import fold
from streaming.language.wish_values import WishField
from streaming.taxonomy.concept import ConceptKind, Taxonomy

_MAX_WORDS = 6
_MAX_CHINESE = 12
"""Characters of a Chinese name that is looked up."""
_MIN_LENGTH = {WishField.SKILL: 1}
_WORD = re.compile(r"[a-zà-öø-ÿ0-9][a-zà-öø-ÿ0-9+#&./'-]*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_RANKS = {
    WishField.OCCUPATION: 2,
    WishField.SKILL: 2,
    WishField.PLACE: 2,
    WishField.INDUSTRY: 1,
    WishField.EMPLOYER: 3,
}


@dataclass(frozen=True)
class Vocabulary:
    """Names by their folded form, each with what it may be."""

    fields: Mapping[str, tuple[WishField, ...]]
    as_written: frozenset[str] = field(default=frozenset())
    """Names that count only in this case: Go, R."""

    @classmethod
    def of(cls, names: Mapping[WishField, Iterable[str]]) -> Self:
        """Make a vocabulary; the words that are always known are added."""
        known: defaultdict[str, dict[WishField, None]] = defaultdict(dict)
        for source in (_own_names(), names):
            for kind, texts in source.items():
                for text in texts:
                    folded = " ".join(fold(text).split())
                    if len(folded) >= _MIN_LENGTH.get(kind, 2):
                        known[folded].setdefault(kind)
        return cls({name: tuple(kinds) for name, kinds in known.items()}, CASE_MATTERS)

    def find(self, text: str, folded: str) -> Iterator[Mention]:
        """Yield the names in a text, the longest at each place."""
        yield from self._latin(text, folded)
        yield from self._chinese(folded)

    def _latin(self, text: str, folded: str) -> Iterator[Mention]:
        tokens = [(m.start(), m.end()) for m in _WORD.finditer(folded)]
        for first, (start, _) in enumerate(tokens):
            for _, end in reversed(tokens[first : first + _MAX_WORDS]):
                for cut in (0, 1):  # a full stop or a slash may end a sentence
                    name = folded[start : end - cut]
                    if cut and (not name or folded[end - 1] not in "./'-"):
                        continue
                    kinds = self.fields.get(" ".join(name.split()))
                    if kinds and self._in_case(text[start : end - cut]):
                        yield from _mentions(kinds, start, end - cut)
                        break
                else:
                    continue
                break

    def _chinese(self, folded: str) -> Iterator[Mention]:
        for start, character in enumerate(folded):
            if not _HAN.match(character) and not character.isalnum():
                continue
            for end in range(min(len(folded), start + _MAX_CHINESE), start + 1, -1):
                name = folded[start:end]
                if _HAN.search(name) and name in self.fields:
                    yield from _mentions(self.fields[name], start, end)
                    break

    def _in_case(self, written: str) -> bool:
        named = {name.lower() for name in self.as_written}
        return written.lower() not in named or written in self.as_written


def taxonomy_names(taxonomy: Taxonomy) -> dict[WishField, list[str]]:
    """Return all names of a taxonomy's occupations and skills."""
    kinds = {
        WishField.OCCUPATION: ConceptKind.OCCUPATION,
        WishField.SKILL: ConceptKind.SKILL,
    }
    return {
        kind: [label.text for concept in taxonomy.of_kind(own) for label in concept.labels]
        for kind, own in kinds.items()
    }


def posting_names(postings: Iterable[Mapping[str, object]]) -> dict[WishField, list[str]]:
    """Return the places, industries and employers of some postings (`records.Posting`)."""
    found: dict[WishField, dict[str, None]] = {
        kind: {} for kind in (WishField.PLACE, WishField.INDUSTRY, WishField.EMPLOYER)
    }
    for posting in postings:
        place = posting.get("place")
        parts = place.values() if isinstance(place, Mapping) else ()
        own = {
            WishField.PLACE: [*parts],
            WishField.INDUSTRY: [posting.get("industry")],
            WishField.EMPLOYER: [posting.get("employer")],
        }
        for kind, texts in own.items():
            found[kind].update((str(text), None) for text in texts if text)
    return {kind: [*texts] for kind, texts in found.items()}


@cache
def _own_names() -> dict[WishField, tuple[str, ...]]:
    return {
        WishField.OCCUPATION: words(ALONE),
        WishField.SKILL: skill_names(),
        WishField.PLACE: place_names(),
        WishField.INDUSTRY: industry_names(),
        WishField.EMPLOYER: words(EMPLOYERS),
    }


def _mentions(kinds: Iterable[WishField], start: int, end: int) -> Iterator[Mention]:
    for kind in kinds:
        yield Mention(start, end, kind, rank=_RANKS[kind])
