"""Position bias: how likely a place of a list is looked at, against the first place.

In lists in a random order every place shows equally good items on average, so the clicks of two
places differ by how often these are looked at and by nothing else (result randomisation: Wang,
Bendersky, Metzler and Najork, 2016, Learning to rank with selection bias in personal search;
Joachims, Swaminathan and Schnabel, 2017, Unbiased learning-to-rank with biased feedback). This
holds where a click is looking times liking; where people also compare items with each other, it is
the average pull of a place.
"""

import numpy as np

from training.evaluation.bootstrap import Interval, percentile_interval, resampled_means
from training.evaluation.shuffled_lists import ShuffledLists

DRAWS = 1_000


def examination(lists: ShuffledLists, *, draws: int = DRAWS, seed: int = 0) -> list[Interval]:
    """Estimate for each place the probability that it is looked at, divided by that of the first.

    Candidates are resampled with all their lists.
    """
    clicks = lists.clicks.sum(axis=0)
    means = resampled_means(lists.sums_by_owner(lists.clicks), draws=draws, seed=seed)
    with np.errstate(divide="ignore", invalid="ignore"):  # a draw may have no click at the first
        resampled = np.where(means[:, :1] > 0, means / means[:, :1], np.nan)
    return [
        percentile_interval(float(own / clicks[0]), column)
        for own, column in zip(clicks, resampled.T, strict=True)
    ]
