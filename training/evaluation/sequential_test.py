"""A sequential test for harm: may be looked at as often as one likes, with one error for all looks.

The mixture sequential probability ratio test (Robbins 1970, Statistical methods related to the law
of the iterated logarithm; Johari, Koomen, Pekelis and Walsh 2017, Peeking at A/B tests), one-sided:
the effect under the alternative is half-normal towards harm. If nothing is worse, the ratio ever
exceeds 1/alpha with probability at most alpha. Lists of one person are alike, so what varies are
people: the variance of a rate is that of a ratio of sums over people (clusters).
"""

import math

import numpy as np

RELATIVE_EFFECT = 0.5
"""The scale of the mixture, as a share of the rate: harm of about this size is seen soonest."""
MAX_LISTS = 10
"""One person counts as this many lists at most: else the few most active ones say it all, and the
variance of what so few say is large."""
MIN_PEOPLE = 30
"""In each arm, before anything is said: the variance of fewer is not known."""


def evidence_of_harm(champion: np.ndarray, challenger: np.ndarray) -> float:
    """Return the likelihood ratio of "the challenger's rate is lower" against "it is equal".

    Args:
        champion: (people, 2) float64, for each person the lists and those with a success.
        challenger: (people, 2), the same for the people of the other arm.

    Returns:
        The ratio; 1.0 where it is too early to say. At 1/alpha or more, the challenger is worse.
    """
    if min(len(champion), len(challenger)) < MIN_PEOPLE:
        return 1.0
    champion, challenger = _limited(champion), _limited(challenger)
    lists, successes = champion.sum(axis=0) + challenger.sum(axis=0)
    rate = successes / lists
    if rate in {0.0, 1.0}:
        return 1.0
    # Under the hypothesis of equal rates, each person's surplus has the mean 0 in both arms, and
    # the same variance a list: few people with few successes seem to vary less than they do.
    arms = (champion, challenger)
    surplus = [arm[:, 1] - rate * arm[:, 0] for arm in arms]
    counts = [arm[:, 0].sum() for arm in arms]
    variance_per_list = sum(float((own**2).sum()) for own in surplus) / lists
    variance = variance_per_list * sum(1 / count for count in counts)
    means = [own.sum() / count for own, count in zip(surplus, counts, strict=True)]
    harm, scale = float(means[0] - means[1]), float(RELATIVE_EFFECT * rate)
    both = variance + scale**2
    steps = harm * scale / math.sqrt(variance * both)
    log_ratio = 0.5 * math.log(variance / both) + 0.5 * steps**2
    return 2 * math.exp(min(log_ratio, 700.0)) * 0.5 * math.erfc(-steps / math.sqrt(2))


def _limited(people: np.ndarray) -> np.ndarray:
    """Scale down the lists and successes of the most active people."""
    return people * np.minimum(1.0, MAX_LISTS / people[:, :1])
