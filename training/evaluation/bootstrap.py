"""Bootstrap intervals of means over users or candidates (Efron and Tibshirani, 1993)."""

from dataclasses import dataclass

import numpy as np

_LEVEL = (0.025, 0.975)
_DRAWS_AT_ONCE = 50


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % percentile bootstrap interval."""

    estimate: float
    low: float
    high: float

    def flat(self, name: str) -> dict[str, float]:
        """Return the values by the keys of reports: NAME, NAME/low and NAME/high."""
        return {name: self.estimate, f"{name}/low": self.low, f"{name}/high": self.high}


def resampled_means(values: np.ndarray, *, draws: int, seed: int) -> np.ndarray:
    """Average the values of resampled users, (draws, M) float64.

    Columns are resampled together, so that differences between columns are paired by user. Values
    are (U, M), U at least 1.
    """
    users, random = len(values), np.random.default_rng(seed)
    means = []
    for start in range(0, draws, _DRAWS_AT_ONCE):
        size = min(_DRAWS_AT_ONCE, draws - start)
        # A bootstrap sample is described by how often it draws each user.
        counts = random.multinomial(users, np.full(users, 1 / users), size=size)
        means.append(counts.astype(np.float64) @ values / users)
    return np.concatenate(means)


def column_intervals(
    values: np.ndarray, *, draws: int, seed: int, owners: np.ndarray | None = None
) -> list[Interval]:
    """Estimate the mean of each column of (V, M) values, V at least 1.

    `owners`, (V,) int64, are the users that the values belong to. Users are resampled, each with
    all values (a cluster bootstrap); default: every value has a user of its own.
    """
    places = np.arange(len(values))
    if owners is not None:
        places = np.unique(owners, return_inverse=True)[1]
    columns = [*values.T, np.ones(len(values))]
    sums = np.stack([np.bincount(places, column) for column in columns], axis=1)  # (U, M + 1)
    resampled = resampled_means(sums, draws=draws, seed=seed)
    low, high = np.quantile(resampled[:, :-1] / resampled[:, -1:], _LEVEL, axis=0).tolist()
    return [Interval(*ends) for ends in zip(values.mean(axis=0).tolist(), low, high, strict=True)]


def percentile_interval(estimate: float, resampled: np.ndarray) -> Interval:
    """Return the interval of an estimate from (D,) resampled ones; NaN among them are left out."""
    low, high = np.nanquantile(resampled, _LEVEL).tolist()
    return Interval(estimate, low, high)


def mean_interval(
    values: np.ndarray, *, draws: int, seed: int, owners: np.ndarray | None = None
) -> Interval:
    """Estimate the mean of (V,) values; see `column_intervals`."""
    return column_intervals(values[:, None], draws=draws, seed=seed, owners=owners)[0]
