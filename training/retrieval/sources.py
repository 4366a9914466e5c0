"""Stage one: the few hundred postings that stage two scores, from several sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from training.retrieval.employer_cap import capped_top_rows


@dataclass(frozen=True, eq=False)
class Retrieved:
    """K postings in the order of their rows."""

    rows: np.ndarray
    """(K,) int64."""
    sources: tuple[str, ...]
    """For each posting, the source that names it first."""

    @classmethod
    def of(
        cls,
        scores: Mapping[str, np.ndarray],
        sizes: Mapping[str, int],
        allowed: np.ndarray,
        employers: np.ndarray,
    ) -> Self:
        """Take so many of the best of each source, under the cap on employers.

        Args:
            scores: (N,) float by source; minus infinity for what a source does not know.
            sizes: how many postings a source gives at most; a source without one gives none.
            allowed: (N,) bool, the postings that the list may hold.
            employers: (N,) int64, as in `employer_cap.capped_top_rows`.
        """
        best: dict[int, tuple[int, str]] = {}
        for name in [name for name in scores if name in sizes]:
            own = scores[name]
            rows = capped_top_rows(own, allowed & (own > -np.inf), employers, sizes[name])
            for place, row in enumerate(rows.tolist()):
                if row not in best or place < best[row][0]:
                    best[row] = place, name
        found = sorted(best)
        return cls(np.array(found, dtype=np.int64), tuple(best[row][1] for row in found))
