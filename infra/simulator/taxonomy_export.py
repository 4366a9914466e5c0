"""The simulated market's occupations and skills as a taxonomy, in Chinese and English."""

from functools import cache

from infra.simulator.vocabulary.occupation import LANGUAGES, Occupation
from infra.simulator.vocabulary.occupations import OCCUPATIONS
from streaming.taxonomy.concept import EMBEDDED, Concept, ConceptKind, Label, Taxonomy


@cache
def embedded_taxonomy() -> Taxonomy:
    """Return the taxonomy that is used where none was imported."""
    pairs = dict.fromkeys(pair for occupation in OCCUPATIONS for pair in _skills(occupation))
    skills = (
        Concept(
            concept_id=_skill_id(english),
            kind=ConceptKind.SKILL,
            source=EMBEDDED,
            labels=[Label(text=chinese, language="zh"), Label(text=english, language="en")],
        )
        for chinese, english in pairs
    )
    return Taxonomy.of(EMBEDDED, [*map(_occupation, OCCUPATIONS), *skills])


def _occupation(occupation: Occupation) -> Concept:
    names = [Label(text=occupation.wording(own).name, language=own) for own in LANGUAGES]
    titles = [
        Label(text=title, language=own)
        for own in LANGUAGES
        for title in occupation.wording(own).titles
    ]
    skills = [_skill_id(english) for _, english in _skills(occupation)]
    characteristic = len(occupation.stated("en"))
    return Concept(
        concept_id=_occupation_id(occupation.key),
        kind=ConceptKind.OCCUPATION,
        source=EMBEDDED,
        labels=[*names, *titles],
        essential_skills=skills[:characteristic],
        optional_skills=skills[characteristic:],
        related=[_occupation_id(key) for key in occupation.neighbours],
    )


def _skills(occupation: Occupation) -> list[tuple[str, str]]:
    """Return the Chinese and English names of an occupation's skills."""
    return list(zip(occupation.zh.skills, occupation.en.skills, strict=True))


def _occupation_id(key: str) -> str:
    return f"{EMBEDDED}:{key}"


def _skill_id(english: str) -> str:
    return f"{EMBEDDED}:skill/{english.casefold()}"
