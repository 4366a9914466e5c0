"""Faithfulness of reasons: whether the step that a model names carries the posting into the list.

The test takes users with three steps or more and the first item of their list. It removes the named
step from the history, and in comparison a random other step. The item's log-probability, by a
softmax over the scores of everything that the whole history does not hold, should fall by more
without the named step. The named step alone should also keep the item among the first ten more
often than the random one. DeYoung and others (ERASER, 2020) call the two comprehensiveness and
sufficiency.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from scipy.special import logsumexp

from training.benchmark.protocols.competitors import without_history
from training.benchmark.protocols.training_view import Cases, History, OnProgress, Scorer, batches
from training.evaluation.bootstrap import mean_interval

LEAST_STEPS = 3
PLACES = 10
_MOST_USERS = 500
_BATCH = 128
_DRAWS = 1_000


@runtime_checkable
class Explainer(Protocol):
    """A scorer that names reasons."""

    def reasons(self, histories: Sequence[History], items: np.ndarray) -> np.ndarray:
        """Name the step that contributes most to each history's item: (B,) int64 places."""


def faithfulness(
    scorer: Scorer, cases: Cases, seed: int, on_progress: OnProgress
) -> dict[str, float]:
    """Test the reasons of a scorer.

    Returns:
        `reasons/users`; `reasons/win_rate`: how often the removal of the named step costs more, a
        draw counting half; `reasons/drop`: by how much more, in nats; `reasons/keeps` and
        `reasons/keeps_at_random`: how often the named step alone, and the random one, keeps the
        item among the first ten; `reasons/keeps_more`: the difference. `…/low` and `…/high` are
        95 % bootstrap intervals over users. Empty where the scorer names no reasons or no user has
        three steps.
    """
    usable = [history for history in cases.histories if len(history) >= LEAST_STEPS]
    if not isinstance(scorer, Explainer) or not usable:
        return {}
    random = np.random.default_rng(seed)
    chosen = np.sort(random.permutation(len(usable))[:_MOST_USERS])
    histories = [usable[place] for place in chosen]
    parts, done = [], 0
    for batch in batches(histories, _BATCH):
        parts.append(_compare(scorer, scorer, batch, random))
        done += len(batch)
        on_progress("testing reasons", done / len(histories))
    without_named, without_other, named_alone, other_alone = np.concatenate(parts).T
    drop = without_named - without_other
    measured = {
        "win_rate": np.where(drop == 0, 0.5, drop > 0),
        "drop": drop,
        "keeps": named_alone,
        "keeps_at_random": other_alone,
        "keeps_more": named_alone - other_alone,
    }
    report: dict[str, float] = {"reasons/users": len(drop)}
    for name, values in measured.items():
        report |= mean_interval(values, draws=_DRAWS, seed=seed).flat(f"reasons/{name}")
    return report


def _compare(
    scorer: Scorer, explainer: Explainer, histories: Sequence[History], random: np.random.Generator
) -> np.ndarray:
    """Remove and isolate the named step and a random other one, (B, 4) float64.

    The columns are the drops of the log-probability without either step, and whether either alone
    keeps the item.
    """
    rows = np.arange(len(histories))
    whole = without_history(scorer.scores(histories), histories)
    items = whole.argmax(axis=1)
    named = explainer.reasons(histories, items)
    lengths = np.array([len(history) for history in histories])
    # Each other step with equal probability.
    other = (named + 1 + random.integers(0, lengths - 1)) % lengths
    before = _log_probabilities(whole)[rows, items]

    def rescored(places: np.ndarray, *, alone: bool) -> np.ndarray:
        changed = [
            history.take(np.flatnonzero((np.arange(len(history)) == place) == alone))
            for history, place in zip(histories, places.tolist(), strict=True)
        ]
        # Whatever the whole history holds stays out, also where a step was removed.
        return without_history(scorer.scores(changed), histories)

    drops = [
        before - _log_probabilities(rescored(places, alone=False))[rows, items]
        for places in (named, other)
    ]
    keeps = []
    for places in (named, other):
        scores = rescored(places, alone=True)
        better = (scores > scores[rows, items][:, None]).sum(axis=1)
        keeps.append((better < PLACES).astype(np.float64))
    return np.stack([*drops, *keeps], axis=1)


def _log_probabilities(scores: np.ndarray) -> np.ndarray:
    return np.asarray(scores - logsumexp(scores, axis=1, keepdims=True))
