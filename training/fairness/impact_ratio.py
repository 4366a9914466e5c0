"""Selection rates, scoring rates and impact ratios, as New York City defines them.

Source: Local Law 144 of 2021 (N.Y.C. Administrative Code § 20-870 and following) and the rules of
its Department of Consumer and Worker Protection, 6 RCNY § 5-300 (definitions) and § 5-301 (bias
audit). In the words of this module:

- **Selection rate**: of the people in a category who were assessed, the share that was selected to
  move forward, or was given a classification by the tool.
- **Scoring rate**: of the people in a category, the share whose score is above the sample's median
  score. The median is that of the full sample (§ 5-301 (c) (1)), people of unknown category
  included.
- **Impact ratio**: the selection rate of a category divided by that of the most selected category;
  or its scoring rate divided by that of the highest scoring category.

§ 5-301 asks for both by sex, by race and ethnicity, and by their intersections, and for the number
of people whose category is unknown; these enter no rate. § 5-301 (d) lets an auditor leave out a
category of less than 2 % of the data. We leave out a category of fewer than a stated number of
people: its rate is given, its impact ratio is not, and no other is divided by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.fairness.groups import known_groups


@dataclass(frozen=True)
class Category:
    """What was found of one category."""

    people: int
    rate: float
    """Its selection rate or scoring rate."""
    impact_ratio: float | None
    """None: it has too few people to say, or nobody was selected in any category."""


def selection_rates(
    labels: np.ndarray, selected: np.ndarray, fewest: int = 1
) -> dict[str, Category]:
    """Return selection rates and impact ratios by category.

    Args:
        labels: the category of each of P people, (P,) of str; `UNKNOWN` ones enter no rate.
        selected: who was selected, (P,) bool.
        fewest: people below which a category is left out of impact ratios.
    """
    members = {group: labels == group for group in known_groups(labels)}
    people = {group: int(own.sum()) for group, own in members.items()}
    rates = {group: float(selected[own].mean()) for group, own in members.items()}
    ratios = impact_ratios({group: r for group, r in rates.items() if people[group] >= fewest})
    return {group: Category(people[group], rates[group], ratios.get(group)) for group in members}


def scoring_rates(labels: np.ndarray, scores: np.ndarray, fewest: int = 1) -> dict[str, Category]:
    """Return scoring rates and impact ratios by category, from scores, (P,) float.

    Scores equal to the median are not above it.
    """
    median = float(np.median(scores)) if len(scores) else 0.0
    return selection_rates(labels, scores > median, fewest)


def impact_ratios(rates: Mapping[str, float]) -> dict[str, float]:
    """Divide rates by the greatest of them; none where that is 0."""
    highest = max(rates.values(), default=0.0)
    return {group: rate / highest for group, rate in rates.items()} if highest > 0 else {}
