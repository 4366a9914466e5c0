"""How much of what a posting asks for somebody has: the employer's half of a match.

Share = (m + 1) / (n + 2), where the posting asks for n skills and m of them are among the person's
(Laplace's rule of succession: a posting that asks for nothing says .5, and nobody is excluded by a
skill that they did not state). A person's skills are those they state, and those that are essential
to occupations that they held. Where a model has no taxonomy, skills are compared by their words.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from streaming.serving.ranker import Profile, Requirement
from streaming.taxonomy.concept import Concept, ConceptKind
from training.taxonomy.entry_concepts import stated_concepts
from training.taxonomy.mapper import Mapper
from training.text.tokenizer import clean


def skills_of_person(profile: Profile, mapper: Mapper | None) -> frozenset[str]:
    """Return the ids of a person's skills, and the folded texts of those that are no concept."""
    stated = profile.get("stated") or {}
    texts = [text for text in stated.get("skills") or () if text]
    known = {_fold(text) for text in texts}
    if mapper is None:
        return frozenset(known)
    for text in texts:
        known |= {one.concept_id for one in stated_concepts("skill", text, mapper)}
    for position in stated.get("experience") or ():
        for held in stated_concepts("experience", position.get("title") or "", mapper):
            known |= set(held.essential_skills)
    return frozenset(known)


def requirement(
    posting: Mapping[str, Any], person: frozenset[str], mapper: Mapper | None
) -> Requirement:
    """Compare what a posting asks for with a person's skills (`skills_of_person`)."""
    met, missing = list[str](), list[str]()
    for text in dict.fromkeys(posting.get("skills") or ()):
        concept = _skill(text, mapper)
        has = _fold(text) in person or (concept is not None and concept.concept_id in person)
        (met if has else missing).append(text)
    return Requirement((len(met) + 1) / (len(met) + len(missing) + 2), tuple(met), tuple(missing))


def requirements(
    postings: Sequence[Mapping[str, Any]], profile: Profile, mapper: Mapper | None
) -> list[Requirement]:
    """Compare what each of some postings asks for with what a profile says."""
    person = skills_of_person(profile, mapper)
    return [requirement(posting, person, mapper) for posting in postings]


def _skill(text: str, mapper: Mapper | None) -> Concept | None:
    found = mapper.best(text, ConceptKind.SKILL) if mapper else None
    return found.concept if found else None


def _fold(text: str) -> str:
    return " ".join(clean(text).split())
