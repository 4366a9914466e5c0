"""Which open postings somebody meets the requirements of, by the share of their skills."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

IN_REACH = 0.8
"""Share of a posting's skills from which it is in reach. Postings ask for more than they need."""
_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class OpenPostings:
    """P open postings that ask for skills, by E pairs of posting and skill."""

    rows: np.ndarray
    """(E,) int64: the posting of each pair, 0 to P - 1."""
    skills: Sequence[str]
    """(E,): the key of its skill."""
    counts: np.ndarray
    """(P,) int64: skills of each posting."""
    without_skills: int
    """Open postings that name no skill; nobody can say whether they are in reach."""

    @classmethod
    def of(cls, postings: Iterable[Collection[str]]) -> Self:
        """Take the skills of each posting."""
        named, empty = list[list[str]](), 0
        for posting in postings:
            if posting:
                named.append(list(dict.fromkeys(posting)))
            else:
                empty += 1
        counts = np.array([len(skills) for skills in named], dtype=np.int64)
        pairs = [skill for skills in named for skill in skills]
        return cls(np.repeat(np.arange(len(named)), counts), pairs, counts, empty)

    def __len__(self) -> int:
        return len(self.counts)

    def in_reach(self, have: Collection[str]) -> int:
        """Return the number of postings of whose skills somebody has a share of IN_REACH."""
        known = np.fromiter((skill in have for skill in self.skills), bool, len(self.skills))
        had = np.bincount(self.rows[known], minlength=len(self))
        return int((had >= IN_REACH * self.counts - _TOLERANCE).sum())

    def demand(self) -> Counter[str]:
        """Return how many postings ask for each skill."""
        return Counter(self.skills)
