"""What people clicked in lists whose first items stood in a random order."""

from dataclasses import dataclass

import numpy as np

from streaming.errors import InputError


@dataclass(frozen=True, eq=False)
class ShuffledLists:
    """L lists of which the first K items stood in an order drawn uniformly."""

    clicks: np.ndarray
    """(L, K) bool: whether the item at each place was clicked, however often."""
    order: np.ndarray
    """(L, K) int64: at each place the item's place by the model, from 0."""
    owners: np.ndarray
    """(L,) int64: the candidates. Lists of one candidate are alike, so candidates are what varies.
    """

    def __post_init__(self) -> None:
        """Check that it is possible to estimate anything.

        Raises:
            InputError: there is no list, or the first place was never clicked.
        """
        if not self.clicks.size:
            raise InputError(
                "there is no shuffled list; set recommend.shuffle_share, such as 0.02, and give "
                "archive some time"
            )
        if not self.clicks[:, 0].any():
            raise InputError(
                f"in {len(self.clicks):,} shuffled lists nobody clicked the first place, with "
                "which the others are compared; do events name recommendation_id?"
            )

    def sums_by_owner(self, values: np.ndarray) -> np.ndarray:
        """Sum up (L, M) values by candidate, (U, M) float64."""
        places = np.unique(self.owners, return_inverse=True)[1]
        sums = np.zeros((int(places.max()) + 1, values.shape[1]))
        np.add.at(sums, places, values)
        return sums
