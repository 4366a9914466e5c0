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


def mean_interval(values: np.ndarray, *, draws: int, seed: int) -> Interval:
    """Estimate the mean of (U,) values, U at least 1."""
    low, high = np.quantile(resampled_means(values, draws=draws, seed=seed), _LEVEL)
    return Interval(float(values.mean()), float(low), float(high))


def column_intervals(values: np.ndarray, resampled: np.ndarray) -> list[Interval]:
    """Estimate the mean of each column of (U, M) values from `resampled_means`, (draws, M)."""
    low, high = np.quantile(resampled, _LEVEL, axis=0)
    columns = zip(values.mean(axis=0).tolist(), low.tolist(), high.tolist(), strict=True)
    return [Interval(*column) for column in columns]
