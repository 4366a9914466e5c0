"""A scorer asked for every case, its places turned into metrics with bootstrap intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from streaming.errors import ModelError
from training.benchmark.protocols.observer import Observer
from training.benchmark.protocols.training_view import Cases, OnProgress, Scorer, batches
from training.evaluation.ranking_metrics import METRICS, of_places, places

CHOSEN_BY = "ndcg@10"
"""The metric on the validation part by which baselines are chosen."""

GROUPS = ("", "seen/", "unseen/")
"""Prefixes: all users, those whose target is seen, those whose target is not."""

_BATCH = 256
_DRAWS = 1000
_DRAWS_AT_ONCE = 50


@dataclass(frozen=True, eq=False)
class Quality:
    """How one scorer did on U cases."""

    values: np.ndarray
    """(U, number of `METRICS`) float64."""
    seen: np.ndarray
    """(U,) bool: the target is seen."""
    lists: Mapping[str, float]
    """What the observers reported."""

    def mean(self, metric: str = CHOSEN_BY) -> float:
        """Average a metric over all users; 0 where there are none."""
        column = self.values[:, METRICS.index(metric)]
        return float(column.mean()) if len(column) else 0.0


def measure(
    scorer: Scorer,
    cases: Cases,
    on_progress: OnProgress = lambda *_: None,
    *,
    observers: Sequence[Observer] = (),
) -> Quality:
    """Rank every target.

    Args:
        scorer: what to measure.
        cases: what to ask it.
        on_progress: told the share of the cases done.
        observers: fresh ones, of what else is to be measured.

    Raises:
        ModelError: a score is not finite, or there is not one for each item.
    """
    values, done = [np.zeros((0, len(METRICS)))], 0
    for histories in batches(cases.histories, _BATCH):
        scores = scorer.scores(histories)
        _check(scores, len(histories), len(cases.pools))
        targets = cases.targets[done : done + len(histories)]
        values.append(of_places(places(scores, histories, targets, cases.pools)))
        for observer in observers:
            observer.see(scores, histories, targets)
        done += len(histories)
        on_progress("evaluating", done / len(cases))
    lists = {key: value for observer in observers for key, value in observer.report().items()}
    return Quality(np.concatenate(values), cases.seen[cases.targets], lists)


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % bootstrap interval over users."""

    estimate: float
    low: float
    high: float


def intervals(qualities: Mapping[str, Quality], seed: int) -> dict[str, Interval]:
    """Estimate every metric of some scorers on the same cases.

    All are resampled together, so that differences of one with another are paired.

    Args:
        qualities: prefix such as `baselines/als/` to how it did; the first is compared with every
            other, under `difference/PREFIX`.
        seed: of the bootstrap.

    Returns:
        Keys such as `seen/hr@10` and `baselines/als/hr@10`; a group without users has none.
    """
    prefixes = list(qualities)
    seen = qualities[prefixes[0]].seen
    groups = {"": np.ones(len(seen), dtype=bool), "seen/": seen, "unseen/": ~seen}
    stacked = np.stack([quality.values for quality in qualities.values()], axis=1)  # (U, R, M)
    found: dict[str, Interval] = {}
    for group in (name for name in GROUPS if groups[name].any()):
        values = stacked[groups[group]]
        drawn = _bootstrap(values, seed)  # (draws, R, M)
        for place, prefix in enumerate(prefixes):
            found |= _of_columns(f"{prefix}{group}", values[:, place], drawn[:, place])
        for place, prefix in enumerate(prefixes[1:], start=1):
            found |= _of_columns(
                f"difference/{prefix}{group}",
                values[:, 0] - values[:, place],
                drawn[:, 0] - drawn[:, place],
            )
    return found


def _bootstrap(values: np.ndarray, seed: int) -> np.ndarray:
    """Average over resampled users.

    Args:
        values: (U, R, M), U at least 1.
        seed: of the draws.

    Returns:
        (draws, R, M).
    """
    users, chance = len(values), np.random.default_rng(seed)
    flat = values.reshape(users, -1)
    means = []
    for _ in range(0, _DRAWS, _DRAWS_AT_ONCE):
        # How often each user is drawn says all about a bootstrap sample.
        often = chance.multinomial(users, np.full(users, 1 / users), size=_DRAWS_AT_ONCE)
        means.append(often.astype(np.float64) @ flat / users)
    return np.concatenate(means).reshape(-1, *values.shape[1:])


def _of_columns(prefix: str, values: np.ndarray, drawn: np.ndarray) -> dict[str, Interval]:
    means = values.mean(axis=0)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return {
        f"{prefix}{metric}": Interval(float(means[m]), float(low[m]), float(high[m]))
        for m, metric in enumerate(METRICS)
    }


def _check(scores: np.ndarray, users: int, items: int) -> None:
    if scores.shape != (users, items):
        raise ModelError(
            f"the model gave scores of shape {scores.shape} for {users} histories and {items} "
            "items; correct its method scores"
        )
    if not np.isfinite(scores).all():
        wrong = scores[~np.isfinite(scores)]
        raise ModelError(
            f"the model gave {len(wrong)} scores that are not finite, such as {wrong[0]}; a list "
            "cannot be ordered by them: train again with a lower learning rate or another preset"
        )
