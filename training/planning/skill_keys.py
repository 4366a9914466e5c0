"""Keys of skills: the concept that a text names, or the folded text where it names none.

So a plan also knows skills that the taxonomy lacks, wherever they are written the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from streaming.contract.learning.course import Course, CourseSkill, SkillLevel
from streaming.taxonomy.concept import ConceptKind
from training.planning.course_graph import CourseOffer
from training.planning.level import Level
from training.taxonomy.mapper import Mapper
from training.text.tokenizer import clean


@dataclass(frozen=True, eq=False)
class SkillKeys:
    """Maps texts to keys, and remembers the first text of each key that is no concept."""

    mapper: Mapper
    language: str | None
    """In which names are shown; None: the taxonomy's first."""
    _texts: dict[str, str] = field(default_factory=dict)

    def in_language(self, language: str | None) -> "SkillKeys":
        """Return the same keys with names in a language; what it learns does not come back."""
        return SkillKeys(self.mapper, language, dict(self._texts))

    def key(self, text: str) -> str:
        """Return the id of the skill that a text names, or `text:` and the folded text."""
        found = self.mapper.best(text, ConceptKind.SKILL)
        if found:
            return found.concept.concept_id
        key = f"text:{' '.join(clean(text).split())}"
        self._texts.setdefault(key, text)
        return key

    def keys(self, texts: Iterable[str]) -> list[str]:
        """Return the keys of some texts, each once, in their order."""
        return list(dict.fromkeys(map(self.key, texts)))

    def name(self, key: str) -> str:
        """Return a name of a skill for people."""
        concept = self.mapper.taxonomy.by_id.get(key)
        if concept is None:
            return self._texts.get(key, key)
        return concept.name_in(self.language)

    def offer(self, course: Course) -> CourseOffer:
        """Return a course as a plan sees it."""
        return CourseOffer(
            course_id=course.course_id,
            needs=self._levels(course.needs, None),
            gives=self._levels(course.gives, course.level),
            hours=course.duration_hours,
        )

    def levels(self, skills: Sequence[CourseSkill]) -> dict[str, Level]:
        """Return what somebody has, each skill at its highest level."""
        return self._levels(skills, None)

    def _levels(
        self, skills: Iterable[CourseSkill], default: SkillLevel | None
    ) -> dict[str, Level]:
        found: dict[str, Level] = {}
        for skill in skills:
            key, level = self.key(skill.skill), Level.of(skill.level or default)
            found[key] = max(level, found.get(key, level))
        return found
