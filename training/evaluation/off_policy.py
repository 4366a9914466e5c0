"""Off-policy evaluation: clicks a list that a re-ranking policy would get, from shuffled lists.

A policy reorders the first K items of a list. Both estimators are of Li, Abbasi-Yadkori, Kveton,
Muthukrishnan, Vinay and Wen, 2018, Offline evaluation of ranking policies with click models. The
propensity of a whole order is 1 / K!, by which no click could be divided; so both weigh clicks one
by one, with what a click is assumed to depend on.

- Position-based, the default: a click is looking times liking. A click counts by how likely its
  item is looked at where the policy puts it, over the mean of all places. Every click counts, no
  weight exceeds K, and the variance is about that of counting clicks.
- Item-position: a click depends on the item and its place. Only those clicks count, K-fold, whose
  item stood where the policy puts it: one in K, so the variance is about K times as large. It
  assumes less, and tells whether the default goes wrong.

Neither sees that an item is clicked less beside better ones.
"""

from collections.abc import Callable
from enum import StrEnum

import numpy as np

from training.evaluation.bootstrap import Interval, percentile_interval, resampled_means
from training.evaluation.position_bias import DRAWS
from training.evaluation.shuffled_lists import ShuffledLists


class ClickModel(StrEnum):
    """What a click is assumed to depend on."""

    POSITION_BASED = "position-based"
    ITEM_POSITION = "item-position"


def policy_value(
    lists: ShuffledLists,
    places: np.ndarray,
    model: ClickModel = ClickModel.POSITION_BASED,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Estimate the clicks a list among its first K items, if a policy orders these.

    Candidates are resampled with all their lists, and how places are looked at is estimated again
    from each sample.

    Args:
        lists: what people clicked in shuffled lists.
        places: (L, K) int64, for the item at each shown place its place by the policy, from 0. The
            policy must not know what was clicked.
        model: what is assumed of clicks.
        draws: samples of the bootstrap.
        seed: of the bootstrap.
    """
    clicks = lists.clicks.astype(np.float64)
    count = clicks.shape[1]
    if model is ClickModel.ITEM_POSITION:
        rewards = count * (clicks * (places == np.arange(count))).sum(axis=1)
        sums = lists.sums_by_owner(np.stack([np.ones(len(rewards)), rewards], axis=1))
        return _interval(sums, lambda means: means[:, 1] / means[:, 0], draws, seed)
    placed = np.zeros_like(clicks)  # (L, K): the same clicks, by the policy's places
    np.put_along_axis(placed, places, clicks, axis=1)
    columns = np.concatenate([np.ones((len(clicks), 1)), clicks, placed], axis=1)
    # Looking is proportional to the clicks of the shown places, so a click's weight is theirs over
    # their mean.
    return _interval(
        lists.sums_by_owner(columns),
        lambda m: (
            (m[:, 1 : count + 1] * m[:, count + 1 :]).sum(axis=1)
            / (m[:, 1 : count + 1].mean(axis=1) * m[:, 0])
        ),
        draws,
        seed,
    )


def _interval(
    sums: np.ndarray, value: Callable[[np.ndarray], np.ndarray], draws: int, seed: int
) -> Interval:
    estimate = float(value(sums.sum(axis=0, keepdims=True))[0])
    with np.errstate(invalid="ignore"):  # a draw without a click
        return percentile_interval(estimate, value(resampled_means(sums, draws=draws, seed=seed)))
