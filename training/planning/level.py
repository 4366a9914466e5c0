"""Levels of a skill as numbers, and what an unknown one counts as.

A higher level includes the lower ones. Whoever needs a skill at an unknown level is content with
any, and whoever has it at an unknown level has it as a beginner: a plan promises no more than is
known.
"""

from enum import IntEnum
from typing import Self

from streaming.contract.learning.course import SkillLevel


class Level(IntEnum):
    """How well somebody knows a skill."""

    BEGINNER = 1
    INTERMEDIATE = 2
    EXPERT = 3

    @classmethod
    def of(cls, level: SkillLevel | None) -> Self:
        """Return the number of a level; unknown is the lowest, as a need and as a possession."""
        return cls[level.name] if level else cls(cls.BEGINNER)
