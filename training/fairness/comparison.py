"""Which groups a challenger is unfair to: the rule of the gate.

The rate of each group is divided by that of all others of known group. A group fails where two
things hold beyond chance: the ratio is below the threshold (four fifths, by default), and it is
lower than by the champion. The second keeps the gate from refusing a challenger for what the
champion does as well, such as lists that are harder to make for one group. Exposure to well-paid
postings is first divided by the share of such postings in what the group itself turned to.

Chance is judged by resampling candidates. Both conditions are sums of products of rates, without a
quotient, and are compared with their bootstrap standard error (Fieller, 1954). The larger of both
p-values is that of the group (an intersection-union test; Berger, 1982). Over all groups and
figures they are adjusted by Holm's method (1979), so that a challenger that is fair to everybody is
refused by chance with a probability of at most `SIGNIFICANCE`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from streaming.settings import FairnessSettings
from training.evaluation.bootstrap import Interval
from training.fairness.group_rates import (
    Figure,
    GroupSums,
    divided,
    group_candidates,
    group_sums,
    intervals,
)
from training.fairness.groups import known_groups

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Compared:
    """A figure by both models."""

    name: str
    challenger: Figure
    champion: Figure
    wanted: Figure | None = None
    """What the rate is relative to; None: nothing."""


@dataclass(frozen=True)
class GroupComparison:
    """What a figure says of one group."""

    figure: str
    attribute: str
    group: str
    candidates: int
    rate: Interval
    """By the challenger."""
    champion_rate: Interval
    ratio: Interval | None
    """To the rate of all others, by the challenger; None: too few people to say."""
    champion_ratio: Interval | None
    p: float
    """Adjusted for the number of comparisons; that the group is treated well enough."""

    @property
    def fails(self) -> bool:
        """Whether the group is treated too badly, beyond chance."""
        return self.p < SIGNIFICANCE


def compare_groups(
    figures: Iterable[Compared], labels: Mapping[str, np.ndarray], settings: FairnessSettings
) -> list[GroupComparison]:
    """Compare the groups of all attributes by all figures; `labels` are those of `Groups`."""
    every = list(figures)
    found = [
        comparison
        for attribute, own in labels.items()
        for figure in every
        for comparison in _compared(figure, attribute, own, settings)
    ]
    told = [place for place, one in enumerate(found) if one.ratio is not None]
    adjusted = holm([found[place].p for place in told])
    for place, p in zip(told, adjusted, strict=True):
        found[place] = replace(found[place], p=p)
    return found


def holm(values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number (Holm, A Simple Sequentially Rejective Procedure, 1979)."""
    adjusted, highest = [1.0] * len(values), 0.0
    for done, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - done) * values[place]))
        adjusted[place] = highest
    return adjusted


def _compared(
    figure: Compared, attribute: str, labels: np.ndarray, settings: FairnessSettings
) -> Iterator[GroupComparison]:
    groups = known_groups(labels)
    candidates = group_candidates(figure.challenger, labels, groups)
    own, champion = (
        group_sums(one, labels, groups) for one in (figure.challenger, figure.champion)
    )
    wanted = None if figure.wanted is None else group_sums(figure.wanted, labels, groups)
    p = _p_values(own, champion, wanted, settings.threshold)
    rates, champion_rates = intervals(own.rates), intervals(champion.rates)
    ratios, champion_ratios = (intervals(_ratios(one, wanted)) for one in (own, champion))
    for place, group in enumerate(groups):
        rate, champion_rate = rates[place], champion_rates[place]
        if rate is None or champion_rate is None:
            continue
        others = sum(candidates) - candidates[place]
        tells = min(candidates[place], others) >= settings.fewest
        ratio = ratios[place] if tells else None
        yield GroupComparison(
            figure=figure.name,
            attribute=attribute,
            group=group,
            candidates=candidates[place],
            rate=rate,
            champion_rate=champion_rate,
            ratio=ratio,
            champion_ratio=champion_ratios[place] if tells else None,
            p=1.0 if ratio is None else p[place],
        )


def _ratios(own: GroupSums, wanted: GroupSums | None) -> np.ndarray:
    """Return the rate of each group divided by that of the others, (1 + D, G)."""
    ratios = divided(own.rates, own.others.rates)
    return ratios if wanted is None else divided(ratios, _ratios(wanted, None))


def _p_values(
    own: GroupSums, champion: GroupSums, wanted: GroupSums | None, threshold: float
) -> list[float]:
    rates, others = own.rates, own.others.rates
    wish, others_wish = (1.0, 1.0) if wanted is None else (wanted.rates, wanted.others.rates)
    enough = rates * others_wish - threshold * others * wish
    as_before = rates * champion.others.rates - champion.rates * others
    return np.maximum(_p_not_below(enough), _p_not_below(as_before)).tolist()  # type: ignore[no-any-return]


def _p_not_below(contrasts: np.ndarray) -> np.ndarray:
    """Return how probable (1 + D, G) contrasts would be if they were 0 in truth, one-sided."""
    estimate = contrasts[0]
    error = np.array([_deviation(column[1:]) for column in contrasts.T])
    z = estimate / np.where(error > 0, error, 1.0)
    without_error = np.where(estimate < 0, 0.0, 1.0)  # no resample differs from the sample
    return np.where(np.isnan(z), 1.0, np.where(error > 0, ndtr(z), without_error))


def _deviation(values: np.ndarray) -> float:
    own = values[~np.isnan(values)]
    return float(own.std()) if len(own) else 0.0
