"""Maps texts to concepts: by names first, then by likeness of words and meaning.

    score(text, concept) = (words + 2 · meaning) / 3

`words` is the largest likeness of the text to one of the concept's names (`word_windows`), and
`meaning` the cosine with its prototype (`meanings`). Without a language model `words` stands alone.
A text that is a name of a concept has the score 1.
"""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Self

import numpy as np

from streaming.taxonomy.concept import EMBEDDED, Concept, ConceptKind, Taxonomy
from training.taxonomy.meanings import Meanings
from training.taxonomy.word_windows import WordWindows, without_parentheses
from training.text.language_model import LanguageModel, from_pretrained
from training.text.pretrained import BUNDLED, has_bundled_model
from training.text.tokenizer import clean

MEANING_WEIGHT = 2.0
"""Of a meaning beside words. From 1 to 3 recall at 5 of skills is .642, .681 and .668."""
THRESHOLDS: MappingType[ConceptKind, float] = {
    ConceptKind.OCCUPATION: 0.6,
    ConceptKind.SKILL: 0.5,
}
"""Scores from which a text is mapped. On titles of vacancies 62 % are, and the annotators' own
occupation is the first of 3,039 for .36 of these; on sentences 71 % are, .63 of them to a skill
that the annotators found (`careerstream benchmark taxonomy`)."""
WORDS_ALONE = 0.75
"""The same without a language model."""
_FILE = "taxonomy.jsonl.gz"
_CACHED_TEXTS = 65_536


class MappingSource(StrEnum):
    """How a concept was found."""

    NAME = "name"
    ALTERNATIVE_NAME = "alternative name"
    LIKENESS = "likeness"


@dataclass(frozen=True)
class Mapping:
    """A concept that a text names."""

    concept: Concept
    score: float
    """From 0 to 1, which is the text itself."""
    source: MappingSource


@dataclass(frozen=True, eq=False)
class ConceptIndex:
    """The C concepts of one kind and their L names."""

    concepts: Sequence[Concept]
    windows: WordWindows
    meanings: Meanings | None

    @classmethod
    def of(
        cls,
        concepts: Sequence[Concept],
        encoder: LanguageModel | None,
        on_progress: Callable[[float], None],
    ) -> Self:
        """Index concepts; without an encoder their words alone are compared."""
        names = [label.text for concept in concepts for label in concept.labels]
        index = cls(concepts, WordWindows.of(names), None)
        if encoder is None or not names:
            return index
        plain = [without_parentheses(name) for name in names]
        meanings = Meanings.of(plain, index.owners, encoder, on_progress)
        return cls(concepts, index.windows, meanings)

    @cached_property
    def owners(self) -> np.ndarray:
        """(L,) int64: the concept of each name, ascending."""
        return np.repeat(np.arange(len(self.concepts)), [len(one.labels) for one in self.concepts])

    @cached_property
    def by_name(self) -> MappingType[str, tuple[int, MappingSource]]:
        """Folded names, the first concept that has each, and whether it is its preferred one."""
        found: dict[str, tuple[int, MappingSource]] = {}
        for source in (MappingSource.NAME, MappingSource.ALTERNATIVE_NAME):
            for row, concept in enumerate(self.concepts):
                preferred = _preferred(concept)
                for place, label in enumerate(concept.labels):
                    if (place in preferred) == (source is MappingSource.NAME):
                        found.setdefault(_fold(label.text), (row, source))
                        found.setdefault(_fold(without_parentheses(label.text)), (row, source))
        return found

    def scores(self, text: str) -> np.ndarray:
        """Return the score of a text for each concept, (C,) float32."""
        likeness = self.windows.likeness(text)
        words = np.maximum.reduceat(likeness, np.flatnonzero(np.diff(self.owners, prepend=-1)))
        if self.meanings is None:
            return np.asarray(words)
        both = words + MEANING_WEIGHT * self.meanings.likeness(text)
        return np.asarray(both / (1 + MEANING_WEIGHT))

    def ranked(self, text: str, count: int) -> list[Mapping]:
        """Return the most likely concepts of a text, the best first; equal ones by id."""
        if not self.concepts:
            return []
        scores = self.scores(text)
        named = self.by_name.get(_fold(text))
        if named is not None:
            scores[named[0]] = np.inf
        best = np.argsort(-scores, kind="stable")[:count]
        return [
            Mapping(self.concepts[row], 1.0, named[1])
            if named is not None and row == named[0]
            else Mapping(self.concepts[row], float(scores[row]), MappingSource.LIKENESS)
            for row in best.tolist()
        ]


@dataclass(frozen=True, eq=False)
class Mapper:
    """Maps texts to the concepts of one taxonomy. Equal texts have equal mappings everywhere."""

    taxonomy: Taxonomy
    indices: MappingType[ConceptKind, ConceptIndex]

    @classmethod
    def of(
        cls,
        taxonomy: Taxonomy,
        *,
        meanings: bool,
        on_progress: Callable[[ConceptKind, float], None] = lambda *_: None,
    ) -> Self:
        """Index a taxonomy.

        Args:
            taxonomy: occupations and skills.
            meanings: whether meanings are compared beside words. The language model reads each
                name once on a machine, in 13 ms.
            on_progress: called with the share of the names of a kind that were read.

        Raises:
            MissingDependencyError: the package of the language model is not installed.
        """
        encoder = from_pretrained(BUNDLED) if meanings else None
        kinds = {kind: taxonomy.of_kind(kind) for kind in ConceptKind}
        return cls(
            taxonomy,
            {
                kind: ConceptIndex.of(own, encoder, partial(on_progress, kind))
                for kind, own in kinds.items()
                if own
            },
        )

    @classmethod
    def of_training(cls, taxonomy: Taxonomy | None) -> "Mapper | None":
        """Index the taxonomy of a training.

        The embedded one names few occupations: meanings would find one where there is none.
        """
        if taxonomy is None:
            return None
        return cls.of(taxonomy, meanings=taxonomy.source != EMBEDDED and has_bundled_model())

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages needed to load it, beyond those that every model needs."""
        has_meanings = any(index.meanings for index in self.indices.values())
        return ("scipy", BUNDLED) if has_meanings else ("scipy",)

    @cached_property
    def best(self) -> Callable[[str, ConceptKind], Mapping | None]:
        """Returns the concept that a text names, or None where none is likely enough."""
        return lru_cache(_CACHED_TEXTS)(self._find)

    def _find(self, text: str, kind: ConceptKind) -> Mapping | None:
        index = self.indices.get(kind)
        if index is None or not text.strip():
            return None
        if named := index.by_name.get(_fold(text)):
            return Mapping(index.concepts[named[0]], 1.0, named[1])
        [found] = index.ranked(text, 1)
        threshold = THRESHOLDS[kind] if index.meanings else WORDS_ALONE
        return found if found.score >= threshold else None

    def save(self, folder: Path) -> None:
        """Write everything but the language model into a new folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.taxonomy.write(folder / _FILE)
        for kind, index in self.indices.items():
            if index.meanings:
                (folder / kind).mkdir(exist_ok=True)
                index.meanings.save(folder / kind)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            MissingDependencyError: it compares meanings, and the package of the language model is
                not installed.
        """
        taxonomy = Taxonomy.read(folder / _FILE)
        indices = {}
        encoder = from_pretrained(BUNDLED) if list(folder.glob("*/*")) else None
        for kind in ConceptKind:
            if own := taxonomy.of_kind(kind):
                names = [label.text for concept in own for label in concept.labels]
                meanings = Meanings.load(folder / kind, encoder) if encoder else None
                indices[kind] = ConceptIndex(own, WordWindows.of(names), meanings)
        return cls(taxonomy, indices)


def _preferred(concept: Concept) -> set[int]:
    """Return the places of a concept's preferred names: the first one of each language."""
    first: dict[str, int] = {}
    for place, label in enumerate(concept.labels):
        first.setdefault(label.language, place)
    return set(first.values())


def _fold(text: str) -> str:
    return " ".join(clean(text).split())
