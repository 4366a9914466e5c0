"""The concepts of a taxonomy: occupations and skills, with their names and relations."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import Field

from streaming.contract.records import Record, to_json

EMBEDDED = "careerstream"
"""The source of the small taxonomy that is used where none was imported."""


class ConceptKind(StrEnum):
    """What a concept is."""

    OCCUPATION = "occupation"
    SKILL = "skill"


class Label(Record):
    """A name of a concept."""

    text: str
    language: str = Field(description="ISO 639-1 code")


class Concept(Record):
    """An occupation or a skill."""

    concept_id: str = Field(description="ESCO's URI, `onet:` and O*NET's code, or our own")
    kind: ConceptKind
    source: str = Field(description="the taxonomy that it belongs to, such as ESCO")
    labels: list[Label] = Field(description="its names, the preferred ones first")
    description: str | None = None
    code: str | None = Field(default=None, description="ISCO group or O*NET-SOC code")
    broader: list[str] = Field(default=[], description="ids of the concepts or groups above it")
    essential_skills: list[str] = Field(default=[], description="ids; of an occupation")
    optional_skills: list[str] = Field(default=[], description="ids; of an occupation")
    related: list[str] = Field(default=[], description="ids, the nearest first")
    job_zone: int | None = Field(default=None, description="O*NET: preparation needed, 1 to 5")

    @property
    def name(self) -> str:
        """The first preferred name."""
        return self.labels[0].text

    def name_in(self, language: str | None) -> str:
        """Return the first name in a language, or the first of all."""
        return next((own.text for own in self.labels if own.language == language), self.name)


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """Occupations and skills of one source."""

    source: str
    concepts: Sequence[Concept]
    """Sorted by kind and id."""

    @classmethod
    def of(cls, source: str, concepts: Iterable[Concept]) -> "Taxonomy":
        """Make a taxonomy of concepts in any order."""
        return cls(source, sorted(concepts, key=lambda one: (one.kind, one.concept_id)))

    @cached_property
    def by_id(self) -> dict[str, Concept]:
        """The concepts by their ids."""
        return {concept.concept_id: concept for concept in self.concepts}

    def of_kind(self, kind: ConceptKind) -> list[Concept]:
        """Return the concepts of a kind, by id."""
        return [concept for concept in self.concepts if concept.kind is kind]

    def write(self, file: Path) -> None:
        """Write it as a compressed file; equal taxonomies make equal files."""
        lines = [json.dumps({"source": self.source}).encode()]
        lines += map(to_json, self.concepts)
        file.write_bytes(gzip.compress(b"\n".join(lines), mtime=0))

    @classmethod
    def read(cls, file: Path) -> "Taxonomy":
        """Read what `write` wrote."""
        first, *lines = gzip.decompress(file.read_bytes()).splitlines()
        concepts = [Concept.model_validate_json(line) for line in lines]
        return cls(json.loads(first)["source"], concepts)

    @cached_property
    def version(self) -> str:
        """A hash of the content: equal files make equal versions."""
        digest = hashlib.blake2b(digest_size=8)
        for concept in self.concepts:
            digest.update(to_json(concept) + b"\n")
        return digest.hexdigest()
