"""Bootstrap intervals of means over users or candidates (Efron and Tibshirani, 1993)."""

from dataclasses import dataclass

import numpy as np

_LEVEL = (0.025, 0.975)


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % percentile bootstrap interval."""

    estimate: float
    low: float
    high: float

    def flat(self, name: str) -> dict[str, float]:
        """Return the values by the keys of reports: NAME, NAME/low and NAME/high."""
        return {name: self.estimate, f"{name}/low": self.low, f"{name}/high": self.high}


def resampled_means(
    values: np.ndarray, *, draws: int, seed: int, chunk: int | None = None
) -> np.ndarray:
    """Average the values of resampled users, (draws, ...) float64.

    Columns are resampled together, so that differences between columns are paired by user. Values
    are (U, ...), U at least 1. `chunk` samples, (chunk, U) float64, are held in memory at a time;
    default: all.
    """
    users, random = len(values), np.random.default_rng(seed)
    flat = values.reshape(users, -1) if values.ndim > 1 else values
    means = []
    for start in range(0, draws, chunk or draws):
        size = min(chunk or draws, draws - start)
        # A bootstrap sample is described by how often it draws each user.
        counts = random.multinomial(users, np.full(users, 1 / users), size=size)
        means.append(counts.astype(np.float64) @ flat / users)
    return np.concatenate(means).reshape(draws, *values.shape[1:])


def mean_interval(
    values: np.ndarray, *, draws: int, seed: int, owners: np.ndarray | None = None
) -> Interval:
    """Estimate the mean of (V,) values, V at least 1.

    `owners`, (V,) int64, are the users that the values belong to. Users are resampled, each with
    all values (a cluster bootstrap); default: every value has a user of its own.
    """
    places = np.arange(len(values))
    if owners is not None:
        places = np.unique(owners, return_inverse=True)[1]
    sums = np.stack([np.bincount(places, values), np.bincount(places)], axis=1)  # (U, 2)
    total, count = resampled_means(sums, draws=draws, seed=seed).T
    low, high = np.quantile(total / count, _LEVEL)
    return Interval(float(values.mean()), float(low), float(high))


def column_intervals(values: np.ndarray, resampled: np.ndarray) -> list[Interval]:
    """Estimate the mean of each column of (U, M) values from `resampled_means`, (draws, M)."""
    low, high = np.quantile(resampled, _LEVEL, axis=0)
    columns = zip(values.mean(axis=0).tolist(), low.tolist(), high.tolist(), strict=True)
    return [Interval(*column) for column in columns]
