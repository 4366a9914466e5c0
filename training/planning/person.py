"""What is known of a person before a plan: skills at levels, occupations held, wishes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streaming.importing.parsers.skill_levels import parse_needs
from streaming.taxonomy.concept import Concept, ConceptKind
from training.planning.level import Level
from training.planning.skill_bits import Levels
from training.planning.skill_keys import SkillKeys


@dataclass(frozen=True, kw_only=True)
class Person:
    """What somebody's profile says, as concepts."""

    stated: Levels
    """Skills that were stated, also those that are in no taxonomy."""
    implied: Levels
    """Skills that the occupations held need, as a beginner, where they were not stated."""
    held: Sequence[Concept]
    """Occupations of the positions held, oldest first."""
    wishes: Sequence[Concept]

    @property
    def have(self) -> Levels:
        """All skills."""
        return {**self.implied, **self.stated}


def person_of(profile: Mapping[str, Any], keys: SkillKeys) -> Person:
    """Read a value of the topic `profiles`."""
    stated = profile.get("stated") or {}
    skills = [skill for text in stated.get("skills") or () for skill in parse_needs(text)]
    levels = keys.levels(skills)
    held = career_of(stated, keys)
    implied = {skill: Level.of(None) for own in held for skill in needed_skills(own)}
    return Person(
        stated=levels,
        implied={skill: level for skill, level in implied.items() if skill not in levels},
        held=held,
        wishes=_occupations(stated.get("wishes") or (), keys),
    )


def career_of(stated: Mapping[str, Any], keys: SkillKeys) -> list[Concept]:
    """Return the occupations of the positions held that are known, oldest first."""
    positions = sorted(
        stated.get("experience") or (),
        # a position without a beginning is taken as the oldest, one without an end is still held
        key=lambda own: (own.get("start_date") or "", own.get("end_date") or "9999"),
    )
    return _occupations([own.get("title") or "" for own in positions], keys)


def needed_skills(occupation: Concept) -> list[str]:
    """Return what an occupation needs: its essential skills, else the optional ones."""
    return occupation.essential_skills or occupation.optional_skills


def _occupations(texts: Sequence[str], keys: SkillKeys) -> list[Concept]:
    found = (keys.mapper.best(text, ConceptKind.OCCUPATION) for text in texts)
    return [one.concept for one in found if one]
