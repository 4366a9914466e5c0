"""Evaluation of scorers: targets are ranked; metrics get bootstrap intervals over users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from streaming.errors import ModelError
from training.benchmark.protocols.competitors import SELECTION_METRIC, target_ranks
from training.benchmark.protocols.training_view import Cases, History, OnProgress, Scorer, batches
from training.evaluation.bootstrap import Interval, column_intervals, resampled_means
from training.evaluation.ranking_metrics import METRICS, expected_metrics

GROUPS = ("", "seen/", "unseen/")
"""Prefixes: all users, those whose target is seen, those whose target is not."""

_BATCH = 256
_DRAWS = 1000
_DRAWS_AT_ONCE = 50


class Observer(Protocol):
    """A metric that takes in the scores of every batch once, and reports at the end."""

    def see(self, scores: np.ndarray, histories: Sequence[History], targets: np.ndarray) -> None:
        """Take in the scores, (B, N), of B cases."""

    def report(self) -> dict[str, float]:
        """Return the metrics, by the report's keys."""


@dataclass(frozen=True, eq=False)
class ScorerQuality:
    """What was measured of one scorer on U cases."""

    values: np.ndarray
    """(U, number of `METRICS`) float64."""
    seen: np.ndarray
    """(U,) bool: the target is seen."""
    lists: Mapping[str, float]
    """What the observers reported."""

    def mean(self, metric: str = SELECTION_METRIC) -> float:
        """Average a metric over all users; 0 where there are none."""
        column = self.values[:, METRICS.index(metric)]
        return float(column.mean()) if len(column) else 0.0


def evaluate_scorer(
    scorer: Scorer,
    cases: Cases,
    on_progress: OnProgress = lambda *_: None,
    *,
    observers: Sequence[Observer] = (),
) -> ScorerQuality:
    """Rank every target.

    `on_progress` gets the share of the cases that is done; observers must be fresh ones.

    Raises:
        ModelError: a score is not finite, or there is not one score for each item.
    """
    values, done = [np.zeros((0, len(METRICS)))], 0
    for histories in batches(cases.histories, _BATCH):
        scores = scorer.scores(histories)
        _check(scores, len(histories), len(cases.pools))
        targets = cases.targets[done : done + len(histories)]
        values.append(expected_metrics(target_ranks(scores, histories, targets, cases.pools)))
        for observer in observers:
            observer.see(scores, histories, targets)
        done += len(histories)
        on_progress("evaluating", done / len(cases))
    lists = {key: value for observer in observers for key, value in observer.report().items()}
    return ScorerQuality(np.concatenate(values), cases.seen[cases.targets], lists)


def intervals(qualities: Mapping[str, ScorerQuality], seed: int) -> dict[str, Interval]:
    """Estimate every metric of several scorers on the same cases.

    All scorers are resampled together, so that their differences are paired by user. Their names
    are prefixes such as `baselines/als/`; the first is compared with every other, under
    `difference/PREFIX`.

    Returns:
        Keys such as `seen/hr@10` and `baselines/als/hr@10`; a group without users has none.
    """
    prefixes = list(qualities)
    seen = qualities[prefixes[0]].seen
    groups = {"": np.ones(len(seen), dtype=bool), "seen/": seen, "unseen/": ~seen}
    stacked = np.stack([quality.values for quality in qualities.values()], axis=1)  # (U, R, M)
    report: dict[str, Interval] = {}
    for group in (name for name in GROUPS if groups[name].any()):
        values = stacked[groups[group]]
        resampled = resampled_means(values, draws=_DRAWS, seed=seed, chunk=_DRAWS_AT_ONCE)
        for place, prefix in enumerate(prefixes):
            estimates = column_intervals(values[:, place], resampled[:, place])
            report |= _named(f"{prefix}{group}", estimates)
        for place, prefix in enumerate(prefixes[1:], start=1):
            estimates = column_intervals(
                values[:, 0] - values[:, place], resampled[:, 0] - resampled[:, place]
            )
            report |= _named(f"difference/{prefix}{group}", estimates)
    return report


def _named(prefix: str, estimates: Sequence[Interval]) -> dict[str, Interval]:
    return {f"{prefix}{metric}": i for metric, i in zip(METRICS, estimates, strict=True)}


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
