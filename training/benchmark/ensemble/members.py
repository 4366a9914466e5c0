"""The members of the ensemble: scorers that it can blend.

A member has one scorer for selection and one for the final ensemble. The first is trained on the
histories that selection may use; `finish` returns the second, trained on the final histories with
the settings that were selected. Where both sets of histories are the same, so are the scorers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from training.benchmark.baselines.content import ONE_TEXT
from training.benchmark.baselines.grid_search import Baseline
from training.benchmark.baselines.item_knn import ITEM_KNN
from training.benchmark.protocols.competitors import mean_metric
from training.benchmark.protocols.training_view import Cases, History, OnProgress, TrainingView
from training.sequence_scorer.attention_scorer import SequenceScorer
from training.sequence_scorer.neighbour_scorer import log_scale
from training.sequence_scorer.sequence_encoder import ItemAttributes, scorer_of
from training.sequence_scorer.sequence_training import SequenceConfig, train

_VALIDATIONS = 6
"""How often a sequence model is measured on the validation part during its training."""


class MemberScorer(Protocol):
    """What the ensemble needs of a member's scorer."""

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories: (B, N) float32."""

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return everything that was learned."""


@dataclass(frozen=True, eq=False)
class Member:
    """One of the scorers that are blended."""

    name: str
    selection: MemberScorer
    """Trained on the histories that selection may use."""
    finish: Callable[[], MemberScorer]
    """Returns the scorer that is trained on the final histories."""
    choices: Mapping[str, Any] = field(default_factory=dict)
    curve: Sequence[float] = ()
    """NDCG@10 on the validation part over epochs."""


@dataclass(frozen=True, eq=False)
class RescaledScorer:
    """A scorer whose scores are rescaled so that they can be added to those of others."""

    inner: MemberScorer
    rescale: Callable[[np.ndarray], np.ndarray]

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories: (B, N) float32."""
        return self.rescale(self.inner.scores(histories))

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return everything that was learned."""
        return self.inner.weights()


def _maximum_scale(scores: np.ndarray) -> np.ndarray:
    highest = np.maximum(scores.max(axis=1, keepdims=True), 1e-12)
    return np.asarray(scores / highest, dtype=np.float32)


_BASELINES: Mapping[str, tuple[Baseline, Callable[[np.ndarray], np.ndarray]]] = {
    "item-knn": (ITEM_KNN, log_scale),
    "attributes": (ONE_TEXT, _maximum_scale),
}


@dataclass(frozen=True, eq=False)
class _SequenceMember:
    """A sequence model over the rows of a training view."""

    inner: SequenceScorer

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        queries = np.stack([self.inner.query(history.items) for history in histories])
        return np.asarray(queries @ self.inner.vectors.T)

    def weights(self) -> Mapping[str, np.ndarray]:
        return {**self.inner.network, "vectors": self.inner.vectors}


def baseline_member(
    name: str, training: TrainingView, seed: int, on_progress: OnProgress
) -> Member:
    """Prepare `item-knn` on a logarithmic scale, or `attributes` scaled to a maximum of 1."""
    baseline, rescale = _BASELINES[name]
    selection = baseline(
        replace(training, final_histories=training.histories), seed=seed, on_progress=on_progress
    )
    choices = selection.summary.choices

    def finish() -> MemberScorer:
        if training.final_histories is training.histories:
            return RescaledScorer(selection, rescale)
        fixed = Baseline(baseline.prepare, {name: (value,) for name, value in choices.items()})
        return RescaledScorer(fixed(training, seed=seed, on_progress=on_progress), rescale)

    return Member(name, RescaledScorer(selection, rescale), finish, choices)


def sequence_member(
    name: str,
    config: SequenceConfig,
    training: TrainingView,
    cases: Cases,
    *,
    seed: int,
    on_progress: OnProgress,
) -> Member:
    """Train a sequence model to the epoch with the best NDCG@10 on validation cases."""
    attributes = None
    if training.attributes is not None and any(training.attributes):
        attributes = ItemAttributes([[str(n) for n in own] for own in training.attributes])
    best: dict[str, Any] = {"value": -1.0, "epoch": 0, "scorer": None}
    curve: list[float] = []

    def validate(epoch: int, epochs: int, model: Any, averaged: Any) -> bool:
        on_progress(f"training the {name}", epoch / epochs)
        if epoch == epochs or epoch % max(1, epochs // _VALIDATIONS) == 0:
            scorer = _SequenceMember(scorer_of(model, averaged, training.item_names))
            value = mean_metric(lambda rows: scorer.scores(cases.histories[rows]), cases)
            curve.append(value)
            if value >= best["value"]:
                best.update(value=value, epoch=epoch, scorer=scorer)
        return True

    def fit(histories: Sequence[History], on_epoch: Callable[..., bool]) -> None:
        items = [history.items for history in histories]
        train(config, items, training.items, attributes, seed=seed, on_epoch=on_epoch)

    fit(training.histories, validate)

    def finish() -> MemberScorer:
        if training.final_histories is training.histories:
            scorer: MemberScorer = best["scorer"]
            return scorer
        scorers: list[MemberScorer] = []

        def keep_best(epoch: int, epochs: int, model: Any, averaged: Any) -> bool:
            on_progress(f"training the {name} again", epoch / epochs)
            if epoch == best["epoch"]:
                scorers.append(_SequenceMember(scorer_of(model, averaged, training.item_names)))
            return not scorers

        fit(training.final_histories, keep_best)
        return scorers[0]

    return Member(name, best["scorer"], finish, {"epoch": best["epoch"]}, curve)
