"""The audit groups of people, by attribute and by each pair of attributes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np

from streaming.contract.audit_groups import UNKNOWN, GroupMembership

CROSS = " and "
"""Between the parts of an intersection: `race and sex` has the group `white and male`."""


@dataclass(frozen=True)
class Groups:
    """The audit groups of people."""

    by_attribute: Mapping[str, Mapping[str, str]]
    """Attribute → candidate → group; who is not in it is of unknown group."""

    @classmethod
    def of(cls, memberships: Iterable[GroupMembership]) -> Self:
        """Collect the rows of Δ groups."""
        found: dict[str, dict[str, str]] = {}
        for row in sorted(memberships, key=lambda row: (row.attribute, row.candidate_id)):
            found.setdefault(row.attribute, {})[row.candidate_id] = row.group
        return cls(found)

    def __bool__(self) -> bool:
        return any(self.by_attribute.values())

    def labels(self, candidate_ids: Sequence[str]) -> dict[str, np.ndarray]:
        """Return the group of each of P candidates by attribute, (P,) of str; `UNKNOWN` for none.

        Each pair of attributes is one, too (LL144 asks for sex with race and ethnicity). Who is of
        unknown group by one of them is so by the pair.
        """
        single = {
            name: np.array([own.get(one, UNKNOWN) for one in candidate_ids], dtype=object)
            for name, own in self.by_attribute.items()
        }
        return single | {
            f"{one}{CROSS}{other}": _crossed(single[one], single[other])
            for one, other in combinations(single, 2)
        }


def known_groups(labels: np.ndarray) -> list[str]:
    """Return the groups in labels, sorted, without the unknown."""
    return sorted({*labels.tolist()} - {UNKNOWN})


def _crossed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    pairs = zip(one.tolist(), other.tolist(), strict=True)
    return np.array(
        [UNKNOWN if UNKNOWN in pair else CROSS.join(pair) for pair in pairs], dtype=object
    )
