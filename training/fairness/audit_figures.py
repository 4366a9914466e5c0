"""The figures of an audit: rates and impact ratios of every group, with intervals."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from streaming.contract.audit_groups import UNKNOWN
from training.evaluation.bootstrap import Interval
from training.fairness.group_rates import (
    Figure,
    divided,
    group_candidates,
    group_sums,
    intervals,
)
from training.fairness.groups import known_groups


def audit_figures(
    figures: Mapping[str, Figure], labels: Mapping[str, np.ndarray], fewest: int
) -> list[dict[str, Any]]:
    """Return a row for each attribute, figure and group.

    A row has attribute, figure, group, candidates, rate, rate/low, rate/high; and, unless the group
    has fewer than `fewest` candidates, impact_ratio with its ends: the rate divided by the greatest
    rate of such groups. Intervals resample candidates, while that group stays the reference. The
    group `unknown` has candidates alone.
    """
    return [
        row
        for attribute, own in labels.items()
        for name, figure in figures.items()
        for row in _rows({"attribute": attribute, "figure": name}, figure, own, fewest)
    ]


def _rows(
    about: Mapping[str, str], figure: Figure, labels: np.ndarray, fewest: int
) -> list[dict[str, Any]]:
    groups = known_groups(labels)
    counts = group_candidates(figure, labels, [*groups, UNKNOWN])
    rates = group_sums(figure, labels, groups).rates if groups else np.zeros((1, 0))  # (1 + D, G)
    told = [place for place, count in enumerate(counts[:-1]) if count >= fewest]
    ratios: list[Interval | None] = [None] * len(groups)
    if told:
        reference = max(told, key=lambda place: rates[0, place])
        every = intervals(divided(rates, rates[:, [reference]]))
        ratios = [ratio if place in told else None for place, ratio in enumerate(every)]
    rows = []
    for group, count, rate, ratio in zip(groups, counts, intervals(rates), ratios, strict=False):
        row: dict[str, Any] = {**about, "group": group, "candidates": count}
        row |= {} if rate is None else rate.flat("rate")
        row |= {} if ratio is None else ratio.flat("impact_ratio")
        rows.append(row)
    return [*rows, {**about, "group": UNKNOWN, "candidates": counts[-1]}]
