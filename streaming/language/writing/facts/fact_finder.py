"""Finds the facts of a sentence in the context of one posting."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from streaming.contract.records import Posting
from streaming.language.writing.facts.conditions import conditions_in
from streaming.language.writing.facts.fact import Fact, FactKind
from streaming.language.writing.facts.numbers import numbers_in
from streaming.language.writing.facts.phrase_index import PhraseIndex
from streaming.language.writing.facts.vocabulary import Vocabulary, place_id, place_names

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ][A-Za-zÀ-ÖØ-öø-ÿ0-9]*(?:[.&'’-][A-Za-z0-9]+)*(?:\+\+|#)?")
_SHOUTED = 0.6
"""Share of capitals, or of capitalised words, from which capitals mark no names."""
_UNTOLD_WORDS = (
    "i i'm i'd i'll ok the a an and or of to in for with at by on as we you our your if this that"
    " it is are be please job role"
)
_UNTOLD = frozenset(_UNTOLD_WORDS.split())


@dataclass(frozen=True, eq=False)
class FactFinder:
    """Looks for the facts of one posting."""

    vocabulary: Vocabulary
    own_places: PhraseIndex
    own_skills: PhraseIndex

    @classmethod
    def of(cls, vocabulary: Vocabulary, posting: Posting) -> "FactFinder":
        """Look with a vocabulary, and with the skills and places in a posting's fields."""
        names = place_names(posting)
        return cls(
            vocabulary,
            PhraseIndex((name, place_id(name)) for name in names),
            PhraseIndex((skill, skill.casefold()) for skill in posting.skills),
        )

    def find(self, sentence: str) -> frozenset[Fact]:
        """Return the facts of a sentence."""
        return frozenset(self._facts(sentence))

    def words(self, sentence: str) -> frozenset[str]:
        """Return the Latin words of a sentence, folded."""
        return frozenset(map(str.casefold, _latin_words(sentence)))

    def _facts(self, sentence: str) -> Iterator[Fact]:
        for value in numbers_in(sentence):
            yield Fact(FactKind.NUMBER, value)
        for index in (self.vocabulary.skills, self.own_skills):
            for meaning, _, _ in index.find(sentence):
                yield Fact(FactKind.SKILL, meaning)
        for index in (self.vocabulary.places, self.own_places):
            for meaning, start, _ in index.find(sentence):
                if not sentence[start].islower():  # "reading" is no town, "Reading" is one
                    yield Fact(FactKind.PLACE, meaning)
        for condition in conditions_in(sentence):
            yield Fact(FactKind.CONDITION, condition)
        yield from _names(sentence)


def _names(sentence: str) -> Iterator[Fact]:
    words = _latin_words(sentence)
    if _HAN.search(sentence):
        yield from (Fact(FactKind.NAME, word.casefold()) for word in words)
        return
    letters = [letter for letter in sentence if letter.isalpha()]
    shouted = sum(map(str.isupper, letters)) > _SHOUTED * len(letters)
    titled = sum(word[0].isupper() for word in words) > _SHOUTED * len(words)
    for place, word in enumerate(words):
        if word.casefold() in _UNTOLD:
            continue
        if not shouted and (word[1:] != word[1:].lower() or not word[1:].isalpha()) and word[1:]:
            yield from _name(word)
        elif place and word[0].isupper() and not titled:
            yield Fact(FactKind.WORD, word.casefold())


def _latin_words(sentence: str) -> list[str]:
    return [found[0].removesuffix("'s").removesuffix("’s") for found in _LATIN.finditer(sentence)]


def _name(word: str) -> Iterator[Fact]:
    """A hyphenated word of plain parts is no product: "full-time"."""
    if not re.fullmatch(r"[A-Za-z]?[a-z]+(?:[-'’.&][a-z]+)*", word):
        yield Fact(FactKind.NAME, word.casefold())
