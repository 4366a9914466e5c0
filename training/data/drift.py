"""Drift: do people turn to other postings than those that a model was trained on?

The statistic is the population stability index of a field's values among events, before and after a
time: Σ (a - b) ln(a / b) over the shares b and a of each value (Siddiqi, Credit Risk Scorecards,
2006). By custom less than 0.1 is no change, and more than 0.25 a large one.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from streaming.timestamps import parse_timestamp
from training.data.dataset import Dataset
from training.data.posting_fields import flatten_fields

_FIELDS = ("occupation", "industry", "employment_type", "region", "locality", "employer")
_VALUES = 20
"""The most common values of a field before; all others are one value."""
_ENOUGH = 1_000
"""Events before and after without which nothing is measured: the events of one person are alike, so
that 400 of a market that does not change were seen to differ by 0.23."""


@dataclass(frozen=True)
class Drift:
    """The events after a time, against those before."""

    before: int
    """Events up to the time."""
    after: int
    """Later events."""
    stability: dict[str, float]
    """By field the population stability index; empty where there are too few events."""

    @classmethod
    def since(cls, dataset: Dataset, time: str) -> "Drift":
        """Compare the events after a time with those up to it."""
        moment = np.datetime64(parse_timestamp(time).replace(tzinfo=None), "us").astype(np.int64)
        later = dataset.times > moment
        after = int(later.sum())
        before = len(later) - after
        if min(before, after) < _ENOUGH:
            return cls(before, after, {})
        rows = np.unique(dataset.postings)
        fields = [flatten_fields(row) for row in dataset.catalogue.table.take(rows).to_pylist()]
        places = np.searchsorted(rows, dataset.postings)
        stability = {}
        for name in _FIELDS:
            values = np.array([own.get(name, "") for own in fields], dtype=object)[places]
            if len({*values}) > 1:
                stability[name] = population_stability(values[~later], values[later])
        return cls(before, after, stability)

    @property
    def largest(self) -> tuple[str, float]:
        """The field that changed most, and its index; `none` and 0 where nothing was measured."""
        return max(self.stability.items(), key=lambda own: own[1], default=("none", 0.0))


def population_stability(before: np.ndarray, after: np.ndarray) -> float:
    """Return the population stability index of values, after against before; neither is empty.

    Half a case is added to each value, so that one that is absent has no infinite weight.
    """
    counts, later = Counter(before.tolist()), Counter(after.tolist())
    common = [value for value, _ in counts.most_common(_VALUES)]
    tables = [[own[value] for value in common] for own in (counts, later)]
    seen = np.array([[*table, 0.0] for table in tables])
    seen[:, -1] = [len(before), len(after)] - seen.sum(axis=1)
    shares = (seen + 0.5) / (seen + 0.5).sum(axis=1, keepdims=True)
    was, now = shares
    return float(((now - was) * np.log(now / was)).sum())
