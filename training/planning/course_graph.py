"""Courses by what they need and give, and which of them can be taken one after the other.

Taking a course takes nothing away (planning without delete effects, Bylander 1994). So what can be
reached at all is the closure: take whatever can be taken, until nothing is new.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from training.planning.skill_bits import Levels, SkillBits, set_bits


@dataclass(frozen=True, kw_only=True)
class CourseOffer:
    """A course as a plan sees it."""

    course_id: str
    needs: Levels = field(default_factory=dict)
    gives: Levels = field(default_factory=dict)
    hours: float | None = None
    """How long it lasts; None: not known."""


@dataclass(frozen=True, eq=False)
class CourseGraph:
    """C courses, by id, as bits beyond what a person has, and the bits of a goal."""

    ids: tuple[str, ...]
    needs: tuple[int, ...]
    gives: tuple[int, ...]
    hours: tuple[float, ...]
    """Courses of unknown length count as the mean."""
    goal: int

    @classmethod
    def of(cls, bits: SkillBits, offers: Iterable[CourseOffer], have: Levels, goal: Levels) -> Self:
        """Put offers into the order of their ids; of equal ids the last one counts."""
        own = bits.had(have)
        ordered = sorted({offer.course_id: offer for offer in offers}.items())
        known = [offer.hours for _, offer in ordered if offer.hours is not None]
        mean = sum(known) / len(known) if known else 0.0
        return cls(
            tuple(course_id for course_id, _ in ordered),
            tuple(bits.needed(offer.needs) & ~own for _, offer in ordered),
            tuple(bits.had(offer.gives) & ~own for _, offer in ordered),
            tuple(mean if offer.hours is None else offer.hours for _, offer in ordered),
            bits.needed(goal) & ~own,
        )

    @cached_property
    def givers(self) -> Mapping[int, list[int]]:
        """The courses that give each bit."""
        found: dict[int, list[int]] = {}
        for course, gives in enumerate(self.gives):
            for bit in set_bits(gives):
                found.setdefault(bit, []).append(course)
        return found

    def closure(self, courses: Iterable[int]) -> tuple[int, list[int]]:
        """Take whatever of some courses can be taken.

        Returns:
            The bits reached, and the courses in an order in which each one's needs are met.
        """
        reached, order, waiting = 0, list[int](), sorted(courses)
        while True:
            taken = [course for course in waiting if not self.needs[course] & ~reached]
            if not taken:
                return reached, order
            for course in taken:
                reached |= self.gives[course]
            order += taken
            done = set(taken)
            waiting = [course for course in waiting if course not in done]

    def covers(self, courses: Sequence[int]) -> bool:
        """Return whether some courses lead to the goal, in some order."""
        return not self.goal & ~self.closure(courses)[0]

    def length(self, courses: Iterable[int]) -> float:
        """Return the hours of some courses together."""
        return sum(self.hours[course] for course in sorted(courses))

    def needing_themselves(self) -> Iterator[int]:
        """Yield the courses that need what no other course gives but they themselves do."""
        for course, needs in enumerate(self.needs):
            own = set_bits(needs & self.gives[course])
            if any(self.givers[bit] == [course] for bit in own):
                yield course
