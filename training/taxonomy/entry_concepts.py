"""The concepts that postings and stated entries name."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from streaming.taxonomy.concept import Concept, ConceptKind
from training.taxonomy.mapper import Mapper

CONCEPT_OCCUPATION, CONCEPT_SKILLS = "concept occupation", "concept skills"
"""Names of the fields of a posting that hold its concepts."""
_KINDS = {
    "skill": (ConceptKind.SKILL, ConceptKind.OCCUPATION),
    "wish": (ConceptKind.OCCUPATION,),
    "experience": (ConceptKind.OCCUPATION,),
}
"""By kind of a stated entry what it may name, the likelier first: 'Accounting' may be the skill or
the occupation of that name."""


def concept_word(concept: Concept) -> str:
    """Return a word that stands for a concept and is no word of any language."""
    digest = hashlib.blake2b(concept.concept_id.encode(), digest_size=8).hexdigest()
    return f"concept{digest}"


def occupation_of(posting: Mapping[str, Any], mapper: Mapper) -> Concept | None:
    """Return the occupation of a posting: by its field of that name, else by its title."""
    for field in ("occupation", "title"):
        found = mapper.best(posting.get(field) or "", ConceptKind.OCCUPATION)
        if found:
            return found.concept
    return None


def skills_of(posting: Mapping[str, Any], mapper: Mapper) -> list[Concept]:
    """Return the skills that a posting asks for, in its order."""
    texts = posting.get("skills") or ()
    found = (mapper.best(text, ConceptKind.SKILL) for text in texts)
    return list({one.concept.concept_id: one.concept for one in found if one}.values())


def concept_fields(posting: Mapping[str, Any], mapper: Mapper) -> dict[str, str]:
    """Return the concepts of a posting as fields; what it does not name is left out."""
    occupation, skills = occupation_of(posting, mapper), skills_of(posting, mapper)
    fields = {
        CONCEPT_OCCUPATION: concept_word(occupation) if occupation else "",
        CONCEPT_SKILLS: " ".join(map(concept_word, skills)),
    }
    return {name: text for name, text in fields.items() if text}


def stated_concepts(kind: str, text: str, mapper: Mapper) -> Iterator[Concept]:
    """Yield the concepts that a stated entry of a kind names, at most one of each kind."""
    for concept_kind in _KINDS.get(kind, ()):
        found = mapper.best(text, concept_kind)
        if found:
            yield found.concept
