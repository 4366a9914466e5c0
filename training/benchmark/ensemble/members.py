"""The scorers that `best()` blends, each with one for choosing and one for good.

A member is prepared on the histories that are trained on while choosing; `finish` gives it as
trained on the final histories, with what was chosen. Under a protocol where validation items never
train the two are the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from training.benchmark.baselines.content import ONE_TEXT
from training.benchmark.baselines.grid_search import Recipe
from training.benchmark.baselines.item_knn import ITEM_KNN
from training.benchmark.ensemble.blending import logarithm
from training.benchmark.ensemble.sequence_encoder import Words
from training.benchmark.ensemble.sequence_training import SequenceConfig, SequenceScorer, train
from training.benchmark.protocols.training_view import Cases, History, OnProgress, TrainingView
from training.evaluation.ranking_metrics import METRICS, of_places, places

_PEEKS = 6
"""So often is a sequence model tried on the validation part while it trains."""


class Scores(Protocol):
    """What the blend needs of a scorer."""

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories: (B, N) float32."""

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return all that was learned."""


@dataclass(frozen=True, eq=False)
class Member:
    """One of the scorers that are blended."""

    name: str
    choosing: Scores
    finish: Callable[[], Scores]
    choices: Mapping[str, Any] = field(default_factory=dict)
    curve: Sequence[float] = ()


@dataclass(frozen=True, eq=False)
class Reshaped:
    """A scorer whose scores are brought to a scale on which they add up with others."""

    inner: Scores
    shape: Callable[[np.ndarray], np.ndarray]

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories: (B, N) float32."""
        return self.shape(self.inner.scores(histories))

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return all that was learned."""
        return self.inner.weights()


def together(training: TrainingView, seed: int, on_progress: OnProgress) -> Member:
    """Prepare item-kNN: what stood together in histories."""
    return _from_recipe(
        "together", ITEM_KNN, logarithm, training, seed=seed, on_progress=on_progress
    )


def meanings(training: TrainingView, seed: int, on_progress: OnProgress) -> Member:
    """Prepare the likeness of attributes."""
    return _from_recipe(
        "attributes", ONE_TEXT, _by_highest, training, seed=seed, on_progress=on_progress
    )


def _by_highest(scores: np.ndarray) -> np.ndarray:
    highest = np.maximum(scores.max(axis=1, keepdims=True), 1e-12)
    return np.asarray(scores / highest, dtype=np.float32)


def _from_recipe(
    name: str,
    recipe: Recipe,
    shape: Callable[[np.ndarray], np.ndarray],
    training: TrainingView,
    *,
    seed: int,
    on_progress: OnProgress,
) -> Member:
    chosen = recipe(
        replace(training, final_histories=training.histories), seed=seed, on_progress=on_progress
    )
    fixed = Recipe(recipe.prepare, {k: (v,) for k, v in chosen.account.choices.items()})

    def finish() -> Scores:
        if training.final_histories is training.histories:
            return Reshaped(chosen, shape)
        return Reshaped(fixed(training, seed=seed, on_progress=on_progress), shape)

    return Member(name, Reshaped(chosen, shape), finish, chosen.account.choices)


def sequence(
    name: str,
    config: SequenceConfig,
    training: TrainingView,
    cases: Cases,
    *,
    seed: int,
    on_progress: OnProgress,
) -> Member:
    """Prepare a sequence model: trained to the epoch that is best on the validation part."""
    words = None
    if training.attributes is not None and any(training.attributes):
        words = Words(training.attributes)
    best: dict[str, Any] = {"value": -1.0, "epoch": 0, "scorer": None}
    curve: list[float] = []

    def watch(epoch: int, rounds: int, model: Any, averaged: Any, loss: float) -> None:
        on_progress(f"training the {name} (loss {loss:.2f})", epoch / rounds)
        if epoch == rounds or epoch % max(1, rounds // _PEEKS) == 0:
            scorer = SequenceScorer.of(model, averaged)
            value = ndcg(scorer, cases)
            curve.append(value)
            if value >= best["value"]:
                best.update(value=value, epoch=epoch, scorer=scorer)

    train(config, _items(training.histories), training.items, words, seed=seed, each_epoch=watch)

    def finish() -> Scores:
        if training.final_histories is training.histories:
            scorer: SequenceScorer = best["scorer"]
            return scorer
        kept: list[SequenceScorer] = []

        def keep(epoch: int, rounds: int, model: Any, averaged: Any, loss: float) -> None:
            on_progress(f"training the {name} again (loss {loss:.2f})", epoch / rounds)
            if epoch == best["epoch"]:
                kept.append(SequenceScorer.of(model, averaged))

        final = _items(training.final_histories)
        train(config, final, training.items, words, seed=seed, each_epoch=keep)
        return kept[0]

    return Member(name, best["scorer"], finish, {"epoch": best["epoch"]}, curve)


def _items(histories: Sequence[History]) -> list[np.ndarray]:
    return [history.items for history in histories]


def ndcg(scorer: Scores, cases: Cases) -> float:
    """NDCG@10 on some cases."""
    total = 0.0
    for start in range(0, len(cases), 500):
        rows = slice(start, start + 500)
        scores = scorer.scores(cases.histories[rows])
        found = places(scores, cases.histories[rows], cases.targets[rows], cases.pools)
        total += float(of_places(found)[:, METRICS.index("ndcg@10")].sum())
    return total / max(len(cases), 1)
