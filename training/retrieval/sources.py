"""Stage one: the few hundred postings that stage two scores, from several sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True, eq=False)
class Retrieved:
    """K postings in the order of their rows."""

    rows: np.ndarray
    """(K,) int64."""
    sources: tuple[str, ...]
    """For each posting, the source that names it first."""

    @classmethod
    def of(cls, ranked: Mapping[str, np.ndarray]) -> Self:
        """Join the rows that each source gives, its best first."""
        best: dict[int, tuple[int, str]] = {}
        for name, rows in ranked.items():
            for place, row in enumerate(rows.tolist()):
                if row not in best or place < best[row][0]:
                    best[row] = place, name
        found = sorted(best)
        return cls(np.array(found, dtype=np.int64), tuple(best[row][1] for row in found))
