"""Sets of skills at levels as the bits of one whole number, so that comparing sets is quick.

Each skill has a bit for each level. To have a skill at a level sets its bits up to that level; to
need it at a level asks for the bit of that level alone. So `need & ~have` is what is missing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from training.planning.level import Level

Levels = Mapping[str, Level]
"""Skills by their ids, and at which level."""


def set_bits(mask: int) -> Iterator[int]:
    """Yield the places of the bits that are set, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


@dataclass(frozen=True)
class SkillBits:
    """The place of each skill."""

    skills: tuple[str, ...]
    """Ascending."""
    places: Mapping[str, int]

    @classmethod
    def of(cls, *sets: Iterable[str]) -> Self:
        """Number the skills of some sets."""
        skills = tuple(sorted(set().union(*sets)))
        return cls(skills, {skill: place for place, skill in enumerate(skills)})

    def needed(self, levels: Levels) -> int:
        """Return the bits of exactly these levels."""
        mask = 0
        for skill, level in levels.items():
            mask |= 1 << (self.places[skill] * len(Level) + level - 1)
        return mask

    def had(self, levels: Levels) -> int:
        """Return the bits of these levels and of all below them."""
        mask = 0
        for skill, level in levels.items():
            mask |= ((1 << level) - 1) << (self.places[skill] * len(Level))
        return mask

    def levels(self, mask: int) -> dict[str, Level]:
        """Return the skills of some bits, each at its highest level."""
        found: dict[str, Level] = {}
        for bit in set_bits(mask):
            place, level = divmod(bit, len(Level))
            found[self.skills[place]] = Level(level + 1)
        return found
