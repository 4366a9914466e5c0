"""Rates of groups, and their intervals by resampling candidates.

A rate is a quotient of sums, such as hits by turns. Resamples of the same candidates draw the same
people (`bootstrap.resampled_means`), so that rates of two models are paired.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.bootstrap import Interval, percentile_interval, resampled_means

DRAWS = 2000
SEED = 7


@dataclass(frozen=True, eq=False)
class Figure:
    """What is averaged: T values with their weights, each of a candidate."""

    values: np.ndarray
    """(T,) float64."""
    weights: np.ndarray
    """(T,) float64."""
    owners: np.ndarray
    """(T,) int64, places of the candidates in the labels."""

    @classmethod
    def mean(cls, values: np.ndarray, owners: np.ndarray) -> "Figure":
        """Return the plain mean of values."""
        return cls(values.astype(np.float64), np.ones(len(values)), owners)


@dataclass(frozen=True, eq=False)
class GroupSums:
    """Sums of a figure by group, (1 + D, G): of the sample, and of D resamples."""

    values: np.ndarray
    weights: np.ndarray

    @property
    def others(self) -> "GroupSums":
        """The sums of all other groups, by group."""
        total = [part.sum(axis=1, keepdims=True) for part in (self.values, self.weights)]
        return GroupSums(total[0] - self.values, total[1] - self.weights)

    @property
    def rates(self) -> np.ndarray:
        """(1 + D, G); NaN where nobody is."""
        return divided(self.values, self.weights)


def group_sums(figure: Figure, labels: np.ndarray, groups: Sequence[str]) -> GroupSums:
    """Sum a figure by group; `labels`, (P,) of str, are those of the candidates."""
    owners, places = np.unique(figure.owners, return_inverse=True)
    sums = np.stack(
        [np.bincount(places, part, len(owners)) for part in (figure.values, figure.weights)]
    )  # (2, U)
    member = np.array([labels[owners] == group for group in groups]).T  # (U, G)
    columns = np.concatenate([sums[0][:, None] * member, sums[1][:, None] * member], axis=1)
    drawn = resampled_means(columns, draws=DRAWS, seed=SEED)
    both = np.concatenate([columns.mean(axis=0, keepdims=True), drawn])
    return GroupSums(both[:, : len(groups)], both[:, len(groups) :])


def group_candidates(figure: Figure, labels: np.ndarray, groups: Sequence[str]) -> list[int]:
    """Count the candidates of each group that a figure says something of."""
    own = labels[np.unique(figure.owners[figure.weights > 0])]
    return [int((own == group).sum()) for group in groups]


def divided(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide where that is possible, and return NaN elsewhere."""
    quotients = np.full(np.shape(above), np.nan)
    np.divide(above, below, out=quotients, where=below > 0)
    return quotients


def intervals(rates: np.ndarray) -> list[Interval | None]:
    """Return the interval of each column of (1 + D, G) rates; None where nothing can be said."""
    return [
        None if np.isnan(own[0]) else percentile_interval(float(own[0]), own[1:]) for own in rates.T
    ]
